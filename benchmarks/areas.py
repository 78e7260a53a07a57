# SPDX-License-Identifier: Apache-2.0
"""The areas: which programs measure each, how large and how often, and beside what their numbers stand.

An area is made by a function of Places and returns an Area. `beside` gives for a pattern of labels (fnmatch) the label
that they are compared with.
"""
import os
import pathlib
import subprocess
from typing import NamedTuple

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
SYSTEM = "/usr/bin/python3"
ORACLES = str(ROOT / "build" / "venv-oracles" / "bin" / "python")


class Places(NamedTuple):
    scratch: str  # a directory of the area's own
    builds: dict  # name -> directory with quern; the first is this build
    benches: str  # directory with bench_*
    quick: bool


class Area(NamedTuple):
    title: str
    measurers: list  # commands; a round goes through them in this order
    rounds: int
    beside: dict


def script(python, name, *arguments):
    return [python, str(HERE / name), *map(str, arguments)]


def codec(places):
    megabytes, file = (4 if places.quick else 80), f"{places.scratch}/codec.arrow"
    return Area(
        f"{megabytes} MB of columns as an Arrow file with zstd level 1: into a fresh segment, and back; two threads each",
        [[f"{places.benches}/bench_codec", str(megabytes), file], script(ORACLES, "codec_peers.py", file)],
        2 if places.quick else 15,
        {"decode, *": "decode, libzstd alone", "encode, *": "encode, libzstd alone"})


def dataset(places):
    rows = 10_000 if places.quick else 1_000_000
    made = subprocess.run(script(ORACLES, "dataset_files.py", rows, places.scratch), check=True, stdout=subprocess.PIPE, text=True)
    names = made.stdout.splitlines()
    triples = [word for name in names for word in (name, f"{places.scratch}/{name}.arrow", f"{places.scratch}/{name}.buffers")]
    return Area(
        f"{rows:,} rows of each kind of column: Arrow file with zstd → fresh segment, and back; all cores",
        [[f"{places.benches}/bench_dataset", *triples], script(ORACLES, "dataset_peers.py", places.scratch, *names)],
        2 if places.quick else 7,
        {f"{name}, {way}, *": f"{name}, {way}, libzstd alone" for name in names for way in ("decode", "encode")})


def show(places):
    rows = 100_000 if places.quick else 10_000_000
    made = subprocess.run(script(ORACLES, "show_files.py", rows, places.scratch), check=True, stdout=subprocess.PIPE, text=True)
    names, builds = made.stdout.splitlines(), [f"{name}={path}" for name, path in places.builds.items()]
    first, *others = places.builds
    table = {f"{name}: {mine}": f"{name}: DuckDB" for name in names for mine in (first, "polars")}
    return Area(
        f"`quern dataset show` of {rows:,} rows as an Arrow file, from start to end; the peers in a program that runs already",
        [script(SYSTEM, "show.py", places.scratch, *builds, "--", *names),
         script(ORACLES, "show_peers.py", places.scratch, *names)],
        2 if places.quick else 5,
        table | {f"{name}: {other}": f"{name}: {first}" for name in names for other in others})


def frames(places):
    rows = 10_000 if places.quick else 1_000_000
    os.environ.setdefault("QUERN_GLUE_MODULE", str(pathlib.Path(places.benches).parent / "ops" / "python"))
    return Area(
        f"{rows:,} rows: a mapped segment as a frame, its first sum, and back to a sealed segment",
        [script(SYSTEM, "frames.py", rows), script(ORACLES, "frames_peers.py", rows, places.scratch)],
        2 if places.quick else 7,
        {"10 float64: map": "10 float64, np.load(mmap): map", "10 float64: back": "10 float64, write_feather: back",
         "10 float64, one block: back": "10 float64, write_feather: back",
         "10 float64: sum": "10 float64, np.load(mmap): sum",
         "text, 500 distinct: map": "text, 500 distinct, read_feather, str objects: map",
         "text, 500 distinct: back": "text, 500 distinct, write_feather: back",
         "text, all distinct: map": "text, all distinct, read_feather, str objects: map",
         "text, all distinct: back": "text, all distinct, write_feather: back"})


def fork(places):
    return Area(
        "one child of a warm zygote: asked for → READY, COMMIT → DONE of an empty script, → exited",
        [[f"{places.benches}/bench_fork"]], 5 if places.quick else 200,
        {f"{pages}: {part}": f"small pages: {part}" for pages in ("huge pages",)
         for part in ("ready", "job", "first line", "end", "total", "cpu")})


def dispatch(places):
    return Area(
        "asked for a child that stands by → the first line of the script, by the clock of all processes",
        [[f"{places.benches}/bench_dispatch"]], 5 if places.quick else 200,
        {f"{when}: {what}": f"{when}: python3" for when in ("idle", "busy") for what in ("first line", "expected", "told")})


def pictures(places):
    files = [f"{places.scratch}/{number}.png" for number in range(4)]
    subprocess.run(script(SYSTEM, "plots.py", *files), check=True)
    return Area(
        "four plots of 640x480 pixels joined into one picture",
        [[f"{places.benches}/bench_pictures", *files], script(SYSTEM, "pictures.py", *files)],
        2 if places.quick else 21,
        {"join": "Pillow, level 6", "decode and encode": "Pillow, level 6", "Pillow, level 1": "Pillow, level 6"})


def jail(places):
    return Area("the walls around programs and children of a small C program: what each adds, from fork to reaping, and all together",
                [[f"{places.benches}/bench_jail"]], 1 if places.quick else 20,
                {"spawn, isolated, *": "spawn, plain, to its end", "idle: all together": "idle: bare fork",
                 "busy: all together": "busy: bare fork"})


def jobs(places, area):
    named = [f"{name}={path}" for name, path in places.builds.items()]
    return script(SYSTEM, "jobs.py", places.scratch, area, *named)


def across_builds(builds, peer):
    """The first build beside the peer, every other build beside the first."""
    first, *others = builds
    table = {f"{first}: whole": f"{peer}: whole"}
    parts = ["whole", *(f"step {name}" for name in ("claim", "load", "run", "collect", "publish"))]
    return table | {f"{name}: {part}": f"{first}: {part}" for name in others for part in parts}


def noop(places):
    return Area("`quern run` of an empty script, cold: interpreter, imports, jail, job, record",
                [jobs(places, "noop")], 2 if places.quick else 21,
                across_builds(places.builds, "python3 -c 'import pandas'"))


def large(places):
    rows = 10_000 if places.quick else 1_000_000
    subprocess.run(script(ORACLES, "large_table.py", rows, f"{places.scratch}/large.arrow"), check=True)
    return Area(f"`quern run`, cold, over {rows:,} x 10 float64 as an Arrow file, changed and written again",
                [jobs(places, "large")], 2 if places.quick else 11,
                across_builds(places.builds, "python3, read_feather, to_feather"))


def queue(places):
    few, many = 1000, 20_000 if places.quick else 1_000_000
    parts = [f"{step}, {part}" for step in ("submit", "claim", "complete") for part in ("p50", "p99")]
    return Area(
        f"a queue of {few:,} jobs and one of {many:,}: one connection to a private Redis each, 500 cycles a round",
        [[f"{places.benches}/bench_queue", str(few), str(many)]], 2 if places.quick else 21,
        {f"{many} queued: {part}": f"{few} queued: {part}" for part in (*parts, "submit, claim and complete")})


def store(places):
    mebibytes = 8 if places.quick else 64
    return Area(
        f"{mebibytes} MiB into a store on a private Redis and back, on a unix socket",
        [[f"{places.benches}/bench_store", str(mebibytes)]], 2 if places.quick else 21,
        {"put, store": "put, hiredis alone", "get, store": "get, hiredis alone"})


def fleet(places):
    rows = 10_000 if places.quick else 1_000_000
    programs = next(iter(places.builds.values()))
    return Area(
        f"canary jobs from `quern submit` to the result seen, on a private `quern up`; {rows:,} rows",
        [script(SYSTEM, "fleet_private.py", places.scratch, programs, rows)], 1 if places.quick else 21, {})


AREAS = {made.__name__: made for made in (codec, dataset, show, frames, fork, dispatch, pictures, jail, noop, large, queue, store,
                                    fleet)}
