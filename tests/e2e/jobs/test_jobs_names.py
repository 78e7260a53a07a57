# SPDX-License-Identifier: Apache-2.0
"""Hostile words: nothing of them reaches Redis, the disk or the terminal."""
import subprocess

import pytest

from arrow_file import Field, File, int_type, numbers
from fleet import PATIENCE_SECONDS, RELEASE

HOSTILE = ["a\r\nb", "{x}", "a{b}c", "../../etc/passwd", "x" * 4096, "*", "?[a-z]", "%s%n", "", " ", "a b",
           "\u202eevil", "\x1b[31m", "quern:{default}:job:x"]


@pytest.mark.parametrize("word", HOSTILE)
def test_f_hostile_words_are_refused_and_reach_nothing(fleet, word):
    before, files = fleet.keys(), sorted(fleet.directory.rglob("*"))
    flags = [["--id", word], ["-q", word], ["--unique", word], ["--after", f"ok:{word}"], ["-o", word + "//"],
             ["--output", f"dataset1={word}/.."], ["--output", f"a/{word}=key"], ["--dataframe1", f"job:{word}/../x"],
             ["--read", word + "//"], ["--write", f"/{word}"], ["--env", f"{word}/"], ["--retries", word],
             ["--backoff", word, "--retries", "1"], ["--retry-on", word + ",", "--retries", "1"], ["--delay", word]]
    for words in flags:
        code, out, err = fleet.quern("submit", "score.py", *words)
        assert (code, out) == (2, ""), words
        assert err.startswith("error: ") and "\x1b" not in err and "\r" not in err and "\u202e" not in err
    for verb in ("status", "logs", "wait", "inspect", "cancel", "retry", "rm"):
        code, out, err = fleet.quern(verb, word)
        assert (code, out) == (2, ""), verb
        assert "is not a job; expected its number, or its id: 1 to 64 of A-Z a-z 0-9 _ -" in err
        assert "\x1b" not in err and "\r" not in err and "\u202e" not in err
    assert fleet.keys() == before and sorted(fleet.directory.rglob("*")) == files


# What each of them is refused for, as it stands on a terminal. NUL ends a word of any command line.
KEYS = {"a\r\nb": "key: expected UTF-8 without control characters, found other bytes",
        "\x1b[31m": "key: expected UTF-8 without control characters, found other bytes",
        "../../etc/passwd": 'key "../../etc/passwd": expected no part `.` or `..`, found one',
        "x" * 4096: f'key "{"x" * 100}...": expected 1 to 1024 bytes, found more',
        "quern:{default}:job:x": 'key "quern:{default}:job:x": expected no `:` but in the prefix `job:` of a name, found one',
        **{word: f'key "{word}": expected none of {{ }} [ ] * ? % \\, found \'{sign}\'' for word, sign in [
            ("{x}", "{"), ("a}c", "}"), ("*", "*"), ("?[a-z]", "?"), ("a[", "["), ("a]", "]"), ("%s%n", "%"), ("a\\b", "\\")]}}


@pytest.mark.parametrize("word", KEYS)
def test_f_hostile_keys_are_refused_by_name_and_reach_nothing(fleet, word):
    arrow = File([Field("a", int_type(64))]).batch(numbers([1], "q")).bytes()
    (fleet.directory / "patients.arrow").write_bytes(arrow)
    assert fleet.quern("dataset", "put", "patients.arrow", "patients").code == 0
    before, names = fleet.keys(), fleet.redis("ZRANGE", "quern:{default}:names", 0, -1)
    files = sorted(fleet.directory.rglob("*"))
    places = [("KEY", ["dataset", "put", "patients.csv", word]), ("KEY", ["dataset", "cp", "patients", word]),
              ("KEY", ["dataset", "cp", word, "copy"]), ("KEY", ["dataset", "get", word, "out.csv"]),
              ("KEY", ["dataset", "rm", word]), ("-o", ["submit", "score.py", "-o", word]),
              ("--output", ["submit", "score.py", "--output", f"dataset1={word}"]),
              ("--read", ["submit", "score.py", "--read", word]), ("--write", ["submit", "score.py", "--write", word + "/"])]
    if not word.startswith("../"):  # a file for those that take files, too
        places += [("KEY|FILE", ["dataset", "head", word]), ("KEY|FILE", ["dataset", "show", word]),
                   ("--dataframe1", ["run", "score.py", "--dataframe1", word]),
                   ("--dataframe2", ["submit", "score.py", "--dataframe2", word])]
    for name, words in places:
        assert tuple(fleet.quern(*words)) == (2, "", f"error: {name}: {KEYS[word]}\n"), words
    assert fleet.keys() == before and fleet.redis("ZRANGE", "quern:{default}:names", 0, -1) == names
    assert sorted(fleet.directory.rglob("*")) == files


def test_f_the_names_of_a_job_are_its_own(fleet):
    fleet.quern("dataset", "put", "patients.csv", "patients")
    for words in (["put", "patients.csv", "job:x/dataset1"], ["cp", "patients", "job:x/dataset1"],
                  ["rm", "job:x/dataset1"]):
        assert tuple(fleet.quern("dataset", *words)) == (2, "", (
            'error: KEY: key "job:x/dataset1": the names of a job are given by that job alone\n'))


def test_f_what_is_not_utf8_is_refused(fleet):
    before = fleet.keys()
    for words in (["-o", b"a\xffb"], ["--param", b"k=\xff"], ["--read", b"\xc3"]):
        done = subprocess.run([RELEASE / "quern", "submit", "score.py", *words], cwd=fleet.directory, env=fleet.environment,
                              capture_output=True, stdin=subprocess.DEVNULL, timeout=PATIENCE_SECONDS)
        assert (done.returncode, done.stdout) == (2, b"") and done.stderr.startswith(b"error: ")
    assert fleet.keys() == before
