# SPDX-License-Identifier: Apache-2.0
"""I4, I5: commands of Redis and patterns in everything that reaches it: output, messages, names."""

EXPECT = {"reason": "exception", "message": "ValueError: ?\n*1?\n$8?\nFLUSHALL?\n", "free": None, "end": "exit 1"}


def azureml_main():
    print("\r\n*1\r\n$8\r\nFLUSHALL\r\n" * 100)
    raise ValueError("\r\n*1\r\n$8\r\nFLUSHALL\r\n")
