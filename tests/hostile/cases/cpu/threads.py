# SPDX-License-Identifier: Apache-2.0
"""C6: as many threads as a library makes for 64 processors, all of them busy."""
import threading

from attack import say

EXPECT = {"found": {"threads": 64}, "free": {"threads": 64}}


def azureml_main():
    import numpy as np
    done = []

    def work():
        np.linalg.svd(np.random.rand(20, 20))  # more would spin for minutes where every instruction is computed
        done.append(1)

    threads = [threading.Thread(target=work) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    say({"threads": len(done)})
