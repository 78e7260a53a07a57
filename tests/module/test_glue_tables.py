# SPDX-License-Identifier: Apache-2.0
"""Random text tables before the check and before pandas' parser and Python's own: what is accepted loses nothing."""
import csv
import io
import random
import re
import warnings

import pandas as pd
import pytest

import glue_job  # noqa: F401: finds _quern

import _quern

PIECES = ["a", "bc", " ", "\t", ",", ",", '"', '"', '""', "\n", "\n", "\r\n", "\r\n", "é", "1", "2.5", "x y", "NA"]
SEEDS = 1500


def check(path, text, separator=",", header=True):
    """None, or what is wrong with the table."""
    path.write_bytes(text.encode())
    with open(path, "rb") as file:
        try:
            _quern.check_table(file.fileno(), separator, header)
        except _quern.Failure as failure:
            return str(failure)
    return None


def typed(text, separator):
    """(frame, warnings) as pandas has them, or the error."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            return pd.read_csv(io.BytesIO(text.encode()), sep=separator, index_col=False, low_memory=False), caught
        except ValueError as error:
            return None, error


def behind_the_names(text, separator):
    """The cells that have no name, as Python's own reader sees them."""
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if row]
    solid = [row for row in rows if len(row) > 1 or row[0].strip(" \t")]
    return [cell for row in solid for cell in row[len(solid[0]):]]


@pytest.mark.parametrize("separator", [",", "\t"])
def test_f_what_is_accepted_is_typed_without_loss(tmp_path, separator):
    dice, accepted, refused = random.Random(separator), 0, {"quote": 0, "more": 0}
    for _ in range(SEEDS):
        text = "".join(dice.choice(PIECES) for _ in range(dice.randrange(1, 14))).replace(",", separator)
        if text.lstrip().startswith('"'):
            continue  # a name that is empty and quoted looks like no row to Python
        wrong = check(tmp_path / "t.csv", text, separator)
        frame, said = typed(text, separator)
        if wrong is None:
            assert frame is not None or re.search("No columns to parse|Expected [0-9]+ fields", str(said)), (text, said)
            assert not any(behind_the_names(text, separator)), text
            accepted += frame is not None
        elif "quote" in wrong:
            assert frame is None, (text, wrong)
            refused["quote"] += 1
        else:
            assert "found more" in wrong and behind_the_names(text, separator), (text, wrong)
            refused["more"] += 1
    assert accepted > SEEDS // 4 and min(refused.values()) > SEEDS // 50, (accepted, refused)


def test_m_cells_are_counted_as_the_csv_module_counts_them(tmp_path):
    dice, more = random.Random(3), 0
    for _ in range(SEEDS):
        width = dice.randrange(1, 5)
        rows = [["".join(dice.choice(['x', '"', ",", "\n", " ", "ü"]) for _ in range(dice.randrange(3))) + "z"
                 for _ in range(width if number == 0 else dice.randrange(1, 6))] for number in range(3)]
        out = io.StringIO()
        csv.writer(out, lineterminator=dice.choice(["\n", "\r\n"])).writerows(rows)
        wrong = check(tmp_path / "t.csv", out.getvalue(), ",", dice.random() < 0.5)
        too_wide = any(len(row) > width for row in rows)
        assert (wrong is not None) == too_wide, (out.getvalue(), wrong)
        more += too_wide
    assert SEEDS // 10 < more < SEEDS


@pytest.mark.parametrize("text, wrong", [
    ("a,b\r1,2\r", "line 1, column 4: a carriage return without a line feed (in a cell it has to be quoted)"),
    ("a,b\n1,é\rx\n", "line 2, column 4: a carriage return without a line feed (in a cell it has to be quoted)"),
    ("a,b\r\n\r\r\n", "line 2, column 1: a carriage return without a line feed (in a cell it has to be quoted)"),
    ("a,b\n1,\"x\ry\"\r\n3,4\r", None)])
def test_m_carriage_returns(tmp_path, text, wrong):
    assert check(tmp_path / "t.csv", text) == wrong


def test_l_pieces_of_a_large_file(tmp_path):
    """The place is right behind a mebibyte, too, in the middle of whose border a character stands."""
    body = "a,b\n" + "é,\"ü\n\"\n" * 200_000
    assert check(tmp_path / "t.csv", body) is None
    assert check(tmp_path / "t.csv", body + "1,é,x\n") == (
        "line 400002, column 5: expected 2 cells, as there are names, found more")
    assert check(tmp_path / "t.csv", body[1:] + "é\0") == "line 400002, column 2: a NUL byte, which no text has"
