# SPDX-License-Identifier: Apache-2.0
"""The job decoder and schemas/job.schema.json say the same.

Every document of the corpus is judged by both. What JSON Schema cannot say is listed apart: there the schema says yes
and the decoder no.
"""
import copy
import json
import os
import pathlib
import subprocess

import jsonschema
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = pathlib.Path(os.environ.get("QUERN_BIN", ROOT / "build/dev/bin")) / "job_check_tool"
VALIDATOR = jsonschema.Draft202012Validator(json.loads((ROOT / "schemas/job.schema.json").read_text()))

BASE = {"schema": 1, "id": "j1", "script": {"url": "file:/a.py", "name": "a.py"}}
INPUT = {"port": 1, "format": "arrow", "url": "patients", "name": "patients"}
GONE = object()


def changed(*path_and_value):
    """BASE with one value set, or removed when it is GONE; the path makes objects as needed."""
    document = copy.deepcopy(BASE)
    *path, last, value = path_and_value
    place = document
    for name in path:
        place = place.setdefault(name, {})
    if value is GONE:
        del place[last]
    else:
        place[last] = value
    return document


def with_input(**fields):
    """BASE with one input, some of whose fields differ; None removes."""
    entry = {name: value for name, value in {**INPUT, **fields}.items() if value is not None}
    return changed("inputs", [entry])


def decode(texts):
    """The decoder's verdict on each text (bytes): "good" or its message."""
    stdin = b"".join(b"%d\n%s" % (len(text), text) for text in texts)
    done = subprocess.run([TOOL], input=stdin, capture_output=True, check=True)
    verdicts = done.stdout.decode().splitlines()
    assert len(verdicts) == len(texts), done.stderr
    return verdicts


KEYS = ["a", "a/b", "job:01J/dataset1", "job:x", "a b", "\u00e4/\u20ac", "...", ".a", "a/..b", "x" * 255, "job:..", "/".join("x" * 4)]
BAD_KEYS = ["", "/", "/a", "a/", "a//b", ".", "..", "a/..", "../a", "a/./b", "a:b", "job:", "job:/a", "job:a:b", "s3:a",
            "a\n", "a\x7fb", "a\u0085b", "x" * 256, "a/" * 512 + "b" * 2, "file:", "file:a", "file:\x01"]

GOOD = [BASE, with_input(), with_input(format="csv"), with_input(format="tsv", version="sha256-00"), with_input(format="arff"), with_input(port=64),
        with_input(format="csv", no_header=True), with_input(format="tsv", no_header=True), with_input(no_header=False),
        with_input(name="a/b c"), with_input(columns=["a"]), with_input(columns=["", "a\n", "x" * 4095]),
        with_input(columns=["a"] * 10000), changed("decimals", "text"), changed("decimals", "float"), changed("inputs", []), changed("params", {}),
        *(changed(name, [key, key + "/"]) for key in KEYS if len(key) < 1024 for name in ("read", "write")),
        {**with_input(url="a/b"), "read": ["a"]}, {**with_input(url="job:j1/x"), "read": ["a"]},
        changed("outputs", {"*": "scores"}), changed("outputs", {}),
        changed("limits", {}), changed("bundle", {"url": "b", "version": "1", "name": "b.zip"}),
        changed("params", {"k": "v", "\u00e4": "", "x": "y\n\x01"}), changed("params", {"k": "x" * 4095}),
        changed("params", {f"p{i}": "" for i in range(256)}), changed("id", "x" * 64),
        changed("outputs", {"dataset1": "k", "my plot": "file:/tmp/x"}), changed("debug", True),
        changed("environment", "py-3.11_a"), changed("limits", "memory_bytes", 1 << 50), changed("limits", "memory_bytes", 1 << 20), changed("limits", "open_files", 16),
        changed("limits", "processes", 1 << 20), changed("limits", "time_ms", 31622400000),
        changed("limits", "bundle_ratio", 1), changed("limits", "picture_pixels", 1 << 28), changed("limits", "bundle_entries", 1 << 20),
        *[changed("dialect", word) for word in ("classic", "studio", "designer", "quern")], changed("strict", True), changed("strict", False),
        *[with_input(url=key) for key in KEYS], with_input(url="file:/" + "x" * 4094)]

BAD = [*(changed(name, [key]) for key in BAD_KEYS if key != "a/" for name in ("read", "write")),
       changed("read", []), changed("write", "a"), changed("write", ["a"] * 65), changed("read", ["a//"]),
       [], 1, "x", None, {}, changed("schema", 2), changed("schema", "1"), changed("schema", GONE), changed("id", GONE),
       changed("script", GONE), changed("script", None), changed("script", "url", GONE), changed("script", "name", GONE),
       changed("script", "nme", "x"), changed("script", "version", None), changed("script", "version", ""),
       changed("script", "version", "a b"), changed("script", "version", "x" * 128), changed("script", "name", "a/b"),
       changed("script", "name", ".."), changed("script", "name", ""), changed("script", "name", "a\n"),
       changed("script", "name", "x" * 256), changed("extra", 1), changed("id", ""), changed("id", "x" * 65),
       changed("id", "a.b"), changed("id", "a\n"), changed("id", 7), changed("dialect", "r"), changed("dialect", 4), changed("strict", 1), changed("strict", "yes"),
       changed("environment", ""), changed("environment", ".a"), changed("environment", "a/b"),
       changed("environment", "a" * 65), changed("environment", "a\n"), changed("bundle", None), changed("bundle", {}),
       changed("inputs", {}), changed("inputs", [[]]), changed("inputs", [with_input()["inputs"][0]] * 65),
       with_input(port=0), with_input(port=65), with_input(port="1"), with_input(port=True), with_input(port=1.5),
       with_input(port=None), with_input(format="parquet"), with_input(format=None), with_input(url=None),
       with_input(name=None), with_input(rows=3), with_input(no_header=True), with_input(format="arff", no_header=True),
       with_input(format="csv", no_header=1), with_input(format="csv", no_header="yes"), with_input(columns=[]), with_input(columns="a"), with_input(columns=[1]),
       with_input(columns=[None]), with_input(columns=["x" * 4096]), with_input(columns=["\0"]),
       with_input(columns=["a"] * 10001), with_input(columns={}), changed("decimals", "exact"), changed("decimals", 1), with_input(port=4294967297), with_input(port=-1),
       changed("params", []), changed("params", {"k": 1}), changed("params", {"": "v"}), changed("params", {"a\n": "v"}),
       changed("params", {"k": "x" * 4096}), changed("params", {"k": "\0"}), changed("params", {"k": None}),
       changed("params", {f"p{i}": "" for i in range(257)}), changed("outputs", {"a/b": "k"}),
       changed("outputs", {"..": "k"}), changed("outputs", {"dataset1": ""}), changed("outputs", {"dataset1": 1}),
       changed("outputs", {f"o{i}": f"k{i}" for i in range(65)}), changed("limits", []), changed("limits", "wall", 1),
       changed("limits", "memory_bytes", 0), changed("limits", "memory_bytes", (1 << 20) - 1), changed("limits", "memory_bytes", (1 << 50) + 1),
       changed("limits", "memory_bytes", "2G"), changed("limits", "memory_bytes", 1 << 70),
       changed("limits", "processes", (1 << 20) + 1), changed("limits", "pictures", 201), changed("limits", "pictures", 0),
       changed("limits", "cpu_seconds", 31622401), changed("limits", "time_ms", 0),
       {**changed("limits", "time_ms", 0), "debug": True}, changed("limits", "time_ms", 31622400001),
       changed("limits", "output_bytes", (1 << 40) + 1), changed("limits", "work_files", (1 << 20) + 1), changed("limits", "work_bytes", (1 << 20) - 1),
       changed("limits", "open_files", 15), changed("limits", "bundle_ratio", 0), changed("limits", "picture_pixels", (1 << 28) + 1), changed("debug", 1), changed("debug", None),
       changed("outputs", {"a": "job:j2/dataset1"}), changed("outputs", {"a": "job:j1/a"}),
       *[with_input(url=key) for key in BAD_KEYS], with_input(url="file:/" + "x" * 4095)]

ONLY_THE_DECODER_REFUSES = [
    (changed("inputs", [INPUT, {**INPUT, "url": "b"}]), "inputs[1].port: expected another port than inputs[0], found 1"),
    (changed("outputs", {"a": "k", "b": "k"}), "outputs.b: expected another key than that of a, found the same"),
    (changed("script", "name", "\u20ac" * 86), "script.name: expected 1 to 255 bytes, found 258"),
    ({**with_input(url="ab"), "read": ["a", "ab/c"]}, 'inputs[0].url: expected a key that `read` covers, found "ab"'),
    ({**changed("script", "url", "k"), "read": ["a"]}, 'script.url: expected a key that `read` covers, found "k"'),
    ({**changed("bundle", {"url": "k", "name": "k"}), "read": ["a"]}, 'bundle.url: expected a key that `read` covers, found "k"'),
    (with_input(port=1.0), "inputs[0].port: expected a positive integer, found 1.0"),
]


def test_b_decoder_and_schema_take_the_good():
    verdicts = decode([json.dumps(document).encode() for document in GOOD])
    for document, verdict in zip(GOOD, verdicts):
        VALIDATOR.validate(document)
        assert verdict == "good", document


def test_f_decoder_and_schema_refuse_the_bad():
    verdicts = decode([json.dumps(document).encode() for document in BAD])
    for document, verdict in zip(BAD, verdicts):
        assert verdict != "good", document
        assert not VALIDATOR.is_valid(document), document


@pytest.mark.parametrize("document, message", ONLY_THE_DECODER_REFUSES)
def test_f_decoder_refuses_what_the_schema_cannot_say(document, message):
    VALIDATOR.validate(document)
    assert decode([json.dumps(document).encode()]) == [message]


def test_f_text_that_is_not_json_is_refused():
    texts = [b"", b"{", b'{"schema":1,"schema":1}', b'{"id":"\xff"}', b"[" * 5000, b'{"a":NaN}', json.dumps(BASE).encode() + b"x"]
    assert all(verdict.startswith("job: expected ") for verdict in decode(texts))


def test_b_the_schema_itself_is_valid():
    jsonschema.Draft202012Validator.check_schema(VALIDATOR.schema)
