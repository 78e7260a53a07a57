# SPDX-License-Identifier: Apache-2.0
"""Golden files of the Arrow project through `quern run`: their JSON comes back, the nested ones are refused.

tests/e2e/test_golden.py looks at all of them, column by column, without pyarrow.
"""
import gzip
import json
import pathlib

import pyarrow.ipc as ipc
import pytest

from conftest import IDENTITY, ROOT, identity, quern_run

GOLDEN = ROOT / "tests" / "fixtures" / "arrow-golden"
FLAT = ["2.0.0-compression/generated_zstd", "2.0.0-compression/generated_uncompressible_zstd",
        "2.0.0-compression/generated_lz4", "2.0.0-compression/generated_uncompressible_lz4",
        "1.0.0-littleendian/generated_dictionary", "1.0.0-littleendian/generated_dictionary_unsigned",
        "1.0.0-littleendian/generated_primitive_large_offsets", "1.0.0-littleendian/generated_null"]
NESTED = {
    "generated_nested": "list", "generated_nested_large_offsets": "large list", "generated_union": "union",
    "generated_map": "map", "generated_recursive_nested": "list", "generated_nested_dictionary": "list",
    "generated_interval": "interval",
}


def values(golden, index):
    """The JSON's values of one column over all batches, None where one is missing, words of dictionaries looked up."""
    field, found = golden["schema"]["fields"][index], []
    for batch in golden["batches"]:
        column = batch["columns"][index]
        if field["type"]["name"] == "null":
            found += [None] * column["count"]
            continue
        found += [value if valid else None for value, valid in zip(column["DATA"], column["VALIDITY"])]
    if "dictionary" not in field:
        return [cell(value, field["type"]["name"]) for value in found]
    words, = [d["data"]["columns"][0] for d in golden["dictionaries"] if d["id"] == field["dictionary"]["id"]]
    words = [cell(word, field["type"]["name"]) if valid else None for word, valid in zip(words["DATA"], words["VALIDITY"])]
    return [None if code is None else words[code] for code in found]


def cell(value, kind):
    if value is None:
        return None
    return bytes.fromhex(value) if "binary" in kind else int(value) if kind == "int" else value


@pytest.fixture(scope="module")
def flat(tmp_path_factory):
    """{name: Returned}, by one job."""
    paths = [GOLDEN / f"{name}.arrow_file" for name in FLAT]
    links = []
    for i, path in enumerate(paths):
        links.append(tmp_path_factory.mktemp("golden") / f"golden{i}.arrow")
        links[-1].write_bytes(path.read_bytes())
    return dict(zip(FLAT, identity(tmp_path_factory.mktemp("jobs") / "flat", links)))


@pytest.mark.parametrize("name", FLAT)
def test_b_golden_file_comes_back_with_its_json(name, flat):
    golden = json.loads(gzip.decompress((GOLDEN / f"{name}.json.gz").read_bytes()))
    table = ipc.open_file(flat[name].path).read_all()
    fields = golden["schema"]["fields"]
    assert table.column_names == [field["name"] for field in fields]
    for i in range(len(fields)):
        assert table.column(i).to_pylist() == values(golden, i), fields[i]["name"]


@pytest.mark.parametrize("name", NESTED)
def test_b_nested_golden_file_is_refused_by_column_and_type(name, tmp_path):
    path = tmp_path / "golden.arrow"
    path.write_bytes((GOLDEN / "1.0.0-littleendian" / f"{name}.arrow_file").read_bytes())
    done, out = quern_run(pathlib.Path(tmp_path / "job"), [path], IDENTITY)
    job = json.loads((out / "job.json").read_text())
    first = ipc.open_file(path).schema
    refused = next(field.name for field in first if not plain(field.type))
    assert (done.returncode, job["state"], job["reason"]) == (1, "failed", "bad_input")
    assert job["message"].startswith(f'golden.arrow: column "{refused}": {NESTED[name]} is not supported by datasets; ')
    assert not list(out.glob("*.arrow"))


def plain(kind):
    """Whether datasets take the type; of the types that stand in these files."""
    return str(kind).split("[")[0].split("<")[0] in ("int8", "int16", "int32", "int64", "duration", "string", "double", "float", "bool")
