# SPDX-License-Identifier: Apache-2.0
"""What speaks of limits speaks of those of schemas/limits.def, all of them, with their bounds."""
import json
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROW = re.compile(r'^(?:JAIL_)?LIMIT\((\w+), "(\w+)", "([\w-]+)", \w+, ([^,]+), ([^,]+), [^,]+, "(\w+)", ', re.MULTILINE)
SIZES = {"LIMITS_MIB": 1 << 20, "LIMITS_GIB": 1 << 30, "LIMITS_MOST_BYTES": 1 << 50}


def number(text):
    return eval(re.sub(r"(?<=\d)u(ll)?|(?<=\d)ull", "", text), {}, SIZES)  # pylint: disable=eval-used


ROWS = [(name, key, flag, number(least), number(most), shown) for name, key, flag, least, most, shown
        in ROW.findall((ROOT / "schemas/limits.def").read_text())]


def text_of(path):
    return (ROOT / path).read_text()


def test_b_the_table_is_read_whole():
    assert len(ROWS) == len(re.findall(r"^(?:JAIL_)?LIMIT\(", text_of("schemas/limits.def"), re.MULTILINE)) > 10


def test_b_the_schema_of_jobs_has_them_with_their_bounds():
    schema = json.loads(text_of("schemas/job.schema.json"))
    limits = {name: schema["$defs"]["bytes"] if "$ref" in value else value
              for name, value in schema["properties"]["limits"]["properties"].items()}
    assert {(name, value["minimum"], value["maximum"]) for name, value in limits.items()} == {
        (name, least, most) for name, _, _, least, most, _ in ROWS}


@pytest.mark.parametrize("member", ["limits", "limits_from"])
def test_b_the_schema_of_records_has_them(member):
    patterns = json.loads(text_of("schemas/manifest.schema.json"))["properties"][member]["patternProperties"]
    assert list(patterns) == [f"^({'|'.join(row[0] for row in ROWS)})$"]


def test_b_the_settings_of_quernd_tell_them_with_what_is_usual():
    section = re.search(r"^\[defaults\]$(.*?)^\[limits\]$", text_of("deploy/quernd.ini"), re.MULTILINE | re.DOTALL).group(1)
    assert re.findall(r"^;(\w+) = (\w+)$", section, re.MULTILINE) == [(key, shown) for _, key, _, _, _, shown in ROWS]
