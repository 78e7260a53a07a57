# SPDX-License-Identifier: Apache-2.0
"""The Arrow project's golden files, decoded and compared with the values in their JSON, or refused by their message."""
import decimal
import gzip
import json
import struct

import pytest

import arrow_file
from segments import FIXTURES, dump, dump_many

GOLDEN = FIXTURES / "arrow-golden"
INT64_MAX = 2**63 - 1
NOT_A_TIME = -2**63  # pandas has no other missing time
NS = {"SECOND": 10**9, "MILLISECOND": 10**6, "MICROSECOND": 10**3, "NANOSECOND": 1, "DAY": 86400 * 10**9}
UNITS = {"SECOND": ("s", 1), "MILLISECOND": ("ms", 1), "MICROSECOND": ("us", 1), "NANOSECOND": ("ns", 1),
         "DAY": ("s", 86400)}
WHOLE = ["2.0.0-compression/generated_zstd", "2.0.0-compression/generated_uncompressible_zstd",
         "2.0.0-compression/generated_lz4", "2.0.0-compression/generated_uncompressible_lz4",
         "1.0.0-littleendian/generated_dictionary", "1.0.0-littleendian/generated_dictionary_unsigned",
         "1.0.0-littleendian/generated_primitive_large_offsets", "1.0.0-littleendian/generated_primitive",
         "1.0.0-littleendian/generated_primitive_zerolength", "1.0.0-littleendian/generated_primitive_no_batches",
         "1.0.0-littleendian/generated_extension", "1.0.0-littleendian/generated_null",
         "1.0.0-littleendian/generated_null_trivial", "1.0.0-littleendian/generated_decimal"]
PARTS = [f"1.0.0-littleendian/generated_{name}" for name in
         ["datetime", "interval", "duplicate_fieldnames", "custom_metadata"]]
TEXT = "give each element a column or a row, or store it as text"
REFUSED = {
    "1.0.0-littleendian/generated_custom_metadata":
        f'column "list_with_odd_values": list is not supported by datasets; {TEXT}',
    "1.0.0-littleendian/generated_datetime":
        'column "f0": row 7 holds -719162 days since 1970, which nanoseconds cannot hold (they reach from 1677 to 2262)',
    "1.0.0-littleendian/generated_duplicate_fieldnames":
        'column "struct": struct is not supported by datasets; give each field a column',
    "1.0.0-littleendian/generated_interval":
        'column "f5": interval is not supported by datasets; store its parts as integers',
    "1.0.0-littleendian/generated_map":
        'column "map_nullable": map is not supported by datasets; give each key a column, or store it as text',
    "1.0.0-littleendian/generated_map_non_canonical":
        'column "map_other_names": map is not supported by datasets; give each key a column, or store it as text',
    "1.0.0-littleendian/generated_nested":
        f'column "list_nullable": list is not supported by datasets; {TEXT}',
    "1.0.0-littleendian/generated_nested_dictionary":
        f'column "list_dict": list is not supported by datasets; {TEXT}',
    "1.0.0-littleendian/generated_nested_large_offsets":
        f'column "large_list_nullable": large list is not supported by datasets; {TEXT}',
    "1.0.0-littleendian/generated_recursive_nested":
        f'column "lists_list": list is not supported by datasets; {TEXT}',
    "1.0.0-littleendian/generated_union":
        'column "sparse": union is not supported by datasets; give each type a column',
}


def read_golden(name):
    """(bytes of the file, its JSON)."""
    with gzip.open(GOLDEN / f"{name}.json.gz") as lines:
        return (GOLDEN / f"{name}.arrow_file").read_bytes(), json.load(lines)


def cells(column, kind):
    """The values of a JSON column with None for nulls; numbers as int or float."""
    def cell(value):
        return int(value) if kind["name"] in ("int", "date", "timestamp", "duration", "time") else value
    if kind["name"] == "null":
        return [None] * column["count"]
    return [cell(v) if ok else None for v, ok in zip(column["DATA"], column["VALIDITY"])]


def golden_values(golden, index):
    """All values of one column, over the batches, dictionaries looked up."""
    described = golden["schema"]["fields"][index]
    encoding, values = described.get("dictionary"), []
    for batch in golden["batches"]:
        column = batch["columns"][index]
        values += cells(column, encoding["indexType"] if encoding else described["type"])
    if not encoding:
        return values
    (found,) = [d for d in golden["dictionaries"] if d["id"] == encoding["id"]]
    words = cells(found["data"]["columns"][0], described["type"])
    return [None if v is None else words[v] for v in values]


def times(values, described, profile):
    """(unit, values) as the profile wants them."""
    unit = described["unit"]
    word, scale = ("ns", NS[unit]) if profile == "ns" else UNITS[unit]
    return word, [None if v in (None, NOT_A_TIME) else v * scale for v in values]


def single(value):
    return None if value is None else struct.unpack("<f", struct.pack("<f", value))[0]


def nearest(value, scale):
    """The double of a decimal, whose coefficient the JSON has as text."""
    return None if value is None else float(decimal.Decimal(value).scaleb(-scale, decimal.Context(prec=80)))


KINDS = {"null": "null", "floatingpoint": "double", "bool": "bool", "utf8": "string", "largeutf8": "string", "binary": "binary",
         "largebinary": "binary", "fixedsizebinary": "binary"}


def check_column(column, described, values, profile):
    """Compares one dumped column with the golden values."""
    kind = described["type"]
    assert column["name"] == described["name"]
    if described.get("dictionary"):
        assert column["kind"] == "dictionary" and len(set(column["dictionary"])) == len(column["dictionary"])
        assert [None if c < 0 else column["dictionary"][c] for c in column["values"]] == values
    elif kind["name"] in ("timestamp", "date", "duration"):
        assert column["kind"] == ("duration" if kind["name"] == "duration" else "timestamp")
        unit, expected = times(values, kind, profile)
        assert (column["unit"], column["values"]) == (unit, expected)
        assert column["zone"] == kind.get("timezone", "")
        values = expected
    elif kind["name"] == "time":
        values = [None if v is None else v * NS[kind["unit"]] for v in values]
        assert (column["kind"], column["values"]) == ("time", values)
    elif kind["name"] == "decimal":
        assert (column["kind"], column["values"]) == ("double", [nearest(v, kind["scale"]) for v in values])
    elif kind["name"] == "int" and None in values:
        assert column["kind"] == "double"
        assert column["values"] == [None if v is None else float(v) for v in values]
    elif kind["name"] == "int":
        assert column["kind"] == ("" if kind["isSigned"] else "u") + f"int{kind['bitWidth']}"
        assert column["values"] == values
    elif kind["name"] == "floatingpoint" and kind["precision"] == "SINGLE":
        assert column["values"] == [single(v) for v in values]
    else:
        assert column["values"] == values and column["kind"] == KINDS[kind["name"]]
    assert column["nulls"] == values.count(None)


def check_file(raw, golden, kept, profile, tmp_path):
    table, columns = dump(raw, tmp_path, profile)
    assert table["rows"] == sum(batch["count"] for batch in golden["batches"])
    assert len(columns) == len(kept)
    for column, index in zip(columns, kept):
        check_column(column, golden["schema"]["fields"][index], golden_values(golden, index), profile)


@pytest.mark.parametrize("profile", ["ns", "units"])
@pytest.mark.parametrize("name", WHOLE)
def test_b_golden_file_gives_its_json(name, profile, tmp_path):
    raw, golden = read_golden(name)
    check_file(raw, golden, range(len(golden["schema"]["fields"])), profile, tmp_path)


NAMES = {"null", "int", "floatingpoint", "utf8", "bool", "date", "timestamp", "largeutf8", "binary", "largebinary", "fixedsizebinary",
         "duration", "time"}


def in_range(golden, index, profile):
    """Whether nanoseconds can hold the column, and a day its times: some of the golden ones are 24:00."""
    described = golden["schema"]["fields"][index]["type"]
    if described["name"] == "time":
        return all(v is None or v * NS[described["unit"]] < NS["DAY"] for v in golden_values(golden, index))
    if profile != "ns" or described["name"] not in ("date", "timestamp", "duration"):
        return True
    return all(v is None or abs(v) <= INT64_MAX for v in times(golden_values(golden, index), described, "ns")[1])


@pytest.mark.parametrize("profile", ["ns", "units"])
@pytest.mark.parametrize("name", PARTS)
def test_b_supported_columns_of_a_golden_file_give_its_json(name, profile, tmp_path):
    raw, golden = read_golden(name)
    fields = golden["schema"]["fields"]
    kept = [i for i, f in enumerate(fields) if f["type"]["name"] in NAMES and in_range(golden, i, profile)]
    assert kept
    names = iter(range(len(fields)))
    check_file(arrow_file.project(raw, lambda kind, _: next(names) in kept), golden, kept, profile, tmp_path)


@pytest.mark.parametrize("name", REFUSED)
def test_b_golden_file_is_refused_by_name(name, tmp_path):
    raw, _ = read_golden(name)
    assert dump(raw, tmp_path) == "bad_input: " + REFUSED[name]


def test_b_every_golden_file_is_named_here():
    found = {str(path.relative_to(GOLDEN))[:-len(".arrow_file")] for path in GOLDEN.glob("*/*.arrow_file")}
    assert found == set(WHOLE) | set(PARTS) | set(REFUSED)


@pytest.mark.parametrize("name", WHOLE)
def test_f_truncated_golden_file_is_refused(name, tmp_path):
    raw, _ = read_golden(name)
    paths = []
    for size in range(0, len(raw), 64):
        paths.append(tmp_path / str(size))
        paths[-1].write_bytes(raw[:size])
    for size, said in zip(range(0, len(raw), 64), dump_many(paths)):
        expected = "the Arrow IPC file is cut: it begins with ARROW1 but does not end with it"
        assert said == (expected if size else "expected an Arrow IPC file, found an empty file")
