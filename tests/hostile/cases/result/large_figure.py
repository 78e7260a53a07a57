# SPDX-License-Identifier: Apache-2.0
"""A4: a figure of matplotlib that is larger than memory."""

EXPECT = {"reason": "exception",
          "message": "ValueError: Image size of 10000000x10000000 pixels is too large. It must be less than 2^16 in each direction.",
          "free": None, "end": "exit 1"}


def azureml_main():
    import matplotlib.pyplot as plt
    plt.figure(figsize=(1e5, 1e5))
    plt.plot([1, 2])
    plt.savefig("large.png")
