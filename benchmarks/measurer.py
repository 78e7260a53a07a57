# SPDX-License-Identifier: Apache-2.0
"""What a measurer in Python shares with rounds.h: one round per line read, `LABEL <TAB> UNIT <TAB> VALUE` per sample."""
import resource
import subprocess
import sys
import time


def ms(work):
    """Milliseconds that `work()` takes. What it makes is dropped after the clock has stopped."""
    start = time.perf_counter()
    made = work()
    taken = (time.perf_counter() - start) * 1000
    del made
    return taken


def both(label, work):
    """Two samples: milliseconds of the clock, and of all threads of this process on a core, kernel included."""
    start = time.process_time()
    taken = ms(work)
    return [(label, "ms", taken), (label, "cpu ms", (time.process_time() - start) * 1000)]


def timed(label, command):
    """The same two of a program that must succeed, with all that it starts and waits for."""
    start, used = time.perf_counter(), children_ms()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    wall, cpu = (time.perf_counter() - start) * 1000, children_ms() - used
    if done.returncode != 0:
        sys.exit(f"{label}: {done.stderr}")
    return [(label, "ms", wall), (label, "cpu ms", cpu)]


def children_ms():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (used.ru_utime + used.ru_stime) * 1000


def serve(samples):
    """Calls samples() -> [(label, unit, value)] for each round that is wanted."""
    for _ in sys.stdin:
        for label, unit, value in samples():
            print(f"{label}\t{unit}\t{value:.6g}")
        print(flush=True)


def serve_works(works):
    """The same for {label: function}: both() of each, one after the other."""
    serve(lambda: [sample for label, work in works.items() for sample in both(label, work)])
