#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Probes a living fleet: a few canary jobs, and how long each step of them takes. `quern` does the work, as for any user.

Exit codes, those of `quern help errors`: 0 all is well; that of the first canary that failed; 124 too late: a canary, or a
threshold was exceeded; 75 a canary could not be removed, the next probe tries again; 2 usage; 69 Redis cannot be reached.
"""
import argparse
import os
import random
import signal
import sys
import time

sys.dont_write_bytecode = True

import fleet_bounds
import fleet_canaries
import fleet_client
import fleet_report
import fleet_steps
import fleet_traces

MOST_ROUNDS = 100


def checked(parse, check=lambda value: True, expected=""):
    """An argument's type whose ValueErrors are shown as they are."""
    def convert(text):
        try:
            value = parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None
        if not check(value):
            raise argparse.ArgumentTypeError(f"expected {expected}, found '{text}'")
        return value
    return convert


def shapes(text):
    return [fleet_bounds.one_of(word, list(fleet_canaries.SHAPES), "shape") for word in text.split(",")]


def parse(words=None):
    parser = argparse.ArgumentParser(
        prog="fleet.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="from a timer:\n  fleet.py -q default --max empty.p99=500ms --max frame.load.p99=2s --form prometheus > canary.prom.new\n"
               "  mv canary.prom.new /var/lib/prometheus/node-exporter/canary.prom")
    seconds = checked(lambda text: fleet_bounds.duration_ms(text) / 1000, lambda value: value >= 1, "1s or more")
    parser.add_argument("-q", "--queue", metavar="NAME", help="as of `quern submit`")
    parser.add_argument("--queue-url", metavar="URL", help="as of `quern submit`")
    parser.add_argument("--rounds", type=checked(int, lambda value: 1 <= value <= MOST_ROUNDS, f"1 to {MOST_ROUNDS}"), default=5,
                        metavar="N", help=f"canaries of each shape, one after the other, at most {MOST_ROUNDS} (5)")
    parser.add_argument("--shapes", type=checked(shapes), default=list(fleet_canaries.SHAPES), metavar="A,B,...",
                        help=" ".join(fleet_canaries.SHAPES) + "; all of them without it")
    parser.add_argument("--rows", type=checked(int, lambda value: value >= 1, "1 or more"), default=fleet_canaries.ROWS,
                        metavar="N", help="of the frame and the strings (1000000: 80 MB)")
    parser.add_argument("--max", action="append", type=checked(fleet_bounds.parse), default=[], metavar="SHAPE[.STEP].p99=DURATION",
                        help="a threshold; p50 or p99, without a step of total; may be repeated")
    parser.add_argument("--timeout", type=seconds, default=300.0, metavar="DURATION",
                        help="of the whole probe; what has not ended then is cancelled (5m)")
    parser.add_argument("--form", choices=fleet_report.FORMS, default="table", help="of what is printed (table)")
    parser.add_argument("--quern", default=fleet_client.find(), metavar="PATH", help="the program")
    given = parser.parse_args(words)
    if not given.quern or not os.access(given.quern, os.X_OK):
        parser.error("--quern: expected the path of quern, found no such program")
    return given


def stop(number, _frame):
    """Cleans up, and ends with the code of a program that the signal ended. A second signal changes nothing."""
    for ignored in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ignored, signal.SIG_IGN)
    sys.exit(128 + number)


def probe(quern, given):
    """(Probe, ids that dead probes had left, ids that would not go)"""
    run = fleet_canaries.Probe(quern, random.getrandbits(32), given.timeout, given.rows)
    removed, left = [], []
    try:
        try:
            removed = fleet_traces.remove_left(quern, time.time())
        except fleet_client.Refused as refused:
            run.failures.append(fleet_canaries.Failure(str(refused), refused.code))
        for _ in range(given.rounds):
            run.round(given.shapes)
        if time.monotonic() > run.deadline and not run.failures:
            run.failures.append(fleet_canaries.Failure(f"not done within {given.timeout:.0f} s", fleet_client.LATE))
    finally:
        left = run.clean()
    return run, removed, left


def report(given, begin, run, removed, left):
    found = fleet_steps.summary(run.lives)
    alarms = run.failures + fleet_bounds.exceeded(given.max, found)
    alarms += [fleet_canaries.Failure(f"{job}: could not be removed", fleet_client.AGAIN) for job in left]
    queue = given.queue or os.environ.get("QUERN_QUEUE") or "default"
    return {"schema": 1, "queue": queue, "time": round(time.time(), 3), "seconds": time.monotonic() - begin,
            "clock_offset_ms": fleet_steps.clock_offset(run.lives) * 1000, "shapes": found,
            "alarms": [alarm._asdict() for alarm in alarms], "removed": removed, "left": left}


def main():
    given, begin = parse(), time.monotonic()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    quern = fleet_client.Quern(given.quern, given.queue, given.queue_url)
    found = report(given, begin, *probe(quern, given))
    sys.stdout.write(fleet_report.FORMS[given.form](found))
    return found["alarms"][0]["code"] if found["alarms"] else 0


if __name__ == "__main__":
    sys.exit(main())
