# SPDX-License-Identifier: Apache-2.0
"""What a probe found, as a table, as JSON or as Prometheus text.

report: {"schema": 1, "queue", "time" (Unix), "seconds" (of the whole probe), "clock_offset_ms", "shapes": fleet_steps.summary(),
"alarms": [{"what", "code"}], "removed": [ids that dead probes had left], "left": [ids that would not go]}
"""
import json

import fleet_steps


def table(report):
    lines = [f"queue {report['queue']}, {report['seconds']:.1f} s, p50 / p99 in ms", "".join(
        f"{word:>{12 if at == 0 else 17}}" for at, word in enumerate(("", *report["shapes"])))]
    for step in fleet_steps.STEPS:
        cells = [shape["steps"][step] for shape in report["shapes"].values()]
        lines.append(f"{step:>12}" + "".join(f"{cell['p50']:>8.1f} /{cell['p99']:>7.1f}" for cell in cells))
    lines.append(f"{'canaries':>12}" + "".join(f"{shape['canaries']:>17}" for shape in report["shapes"].values()))
    lines += [f"removed {len(report['removed'])} canaries that a dead probe had left"] if report["removed"] else []
    lines += [f"alarm: {alarm['what']}" for alarm in report["alarms"]]
    return "\n".join(lines) + "\n"


def as_json(report):
    return json.dumps(report, indent=1) + "\n"


def escaped(text):
    """The value of a label."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def metric(name, what, rows):
    """rows: [({label: value}, number)]"""
    lines = [f"# HELP {name} {what}", f"# TYPE {name} gauge"]
    for labels, value in rows:
        inside = ",".join(f'{label}="{escaped(str(word))}"' for label, word in labels.items())
        lines.append(f"{name}{{{inside}}} {round(value, 6)}")
    return lines


def prometheus(report):
    """For the textfile collector: gauges of this probe alone, nothing adds up over probes."""
    queue = {"queue": report["queue"]}
    taken = [({**queue, "shape": shape, "step": step, "quantile": str(part)}, found["steps"][step][word] / 1000)
             for shape, found in report["shapes"].items() for step in fleet_steps.STEPS
             for word, part in fleet_steps.QUANTILES.items()]
    canaries = [({**queue, "shape": shape}, found["canaries"]) for shape, found in report["shapes"].items()]
    return "\n".join([
        *metric("quern_canary_step_seconds", "Times of canary jobs.", taken),
        *metric("quern_canary_succeeded", "Canary jobs that succeeded.", canaries),
        *metric("quern_canary_alarms", "Canaries that failed, bounds that were exceeded.", [(queue, len(report["alarms"]))]),
        *metric("quern_canary_left", "Canary jobs that could not be removed.", [(queue, len(report["left"]))]),
        *metric("quern_canary_last_probe_timestamp_seconds", "When the probe ended.", [(queue, report["time"])])]) + "\n"


FORMS = {"table": table, "json": as_json, "prometheus": prometheus}
