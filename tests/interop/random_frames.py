# SPDX-License-Identifier: Apache-2.0
"""Random tables of every Arrow type that datasets take, as hypothesis strategies.

Of each column hypothesis chooses the type, a few values and where missing ones and batches lie, so that it can find the
smallest example; a seed repeats them over the rows. Cells below nulls hold bytes that mean something else.
"""
import json
import random

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

import meaning

UNITS = ("s", "ms", "us", "ns")
ZONES = ("UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "+02:00", "-09:30")
INTEGERS = (pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64())
FLOATS = (pa.float16(), pa.float32(), pa.float64())
TEXTS = (pa.utf8(), pa.large_utf8(), pa.string_view())
BINARIES = (pa.binary(), pa.large_binary(), pa.binary_view())
TIMES = (pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns"))
DATES = (pa.date32(), pa.date64())
DAY = {"s": 86400, "ms": 86400 * 10**3, "us": 86400 * 10**6, "ns": 86400 * 10**9}
PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
LAST = 9223372036  # seconds that nanoseconds reach

timestamps = st.builds(pa.timestamp, st.sampled_from(UNITS), st.one_of(st.none(), st.sampled_from(ZONES)))
durations = st.builds(pa.duration, st.sampled_from(UNITS))


def decimals_of(make, most):
    return st.integers(1, most).flatmap(lambda digits: st.builds(make, st.just(digits), st.integers(-5, digits)))


decimals = decimals_of(pa.decimal128, 38)
every_decimal = st.one_of(decimals, decimals_of(pa.decimal32, 9), decimals_of(pa.decimal64, 18), decimals_of(pa.decimal256, 76))
fixed_binaries = st.integers(1, 40).map(pa.binary)


def weighted(*strategies):
    """One of them, each as often; one_of() would count those that are made of several more often."""
    return st.sampled_from(strategies).flatmap(lambda strategy: strategy)


words_of = weighted(st.sampled_from(TEXTS), st.sampled_from(INTEGERS), st.sampled_from(FLOATS), timestamps, durations,
                    st.sampled_from(BINARIES), st.sampled_from(DATES), st.sampled_from(TIMES), fixed_binaries)
dictionaries = st.builds(pa.dictionary, st.sampled_from(INTEGERS), words_of, st.booleans())
types = weighted(st.sampled_from(INTEGERS), st.sampled_from(INTEGERS), st.sampled_from(FLOATS), st.sampled_from(TEXTS),
                 st.sampled_from(TEXTS), st.just(pa.bool_()), timestamps, timestamps, st.sampled_from(BINARIES), durations,
                 st.sampled_from(TIMES), st.sampled_from(DATES), every_decimal, fixed_binaries, st.just(pa.null()), dictionaries,
                 dictionaries, dictionaries)
# With --decimals text a dictionary may hold decimals, too.
types_as_text = weighted(types, types, every_decimal, st.builds(pa.dictionary, st.sampled_from(INTEGERS), every_decimal))

# Types that only columns may have which are not wanted, with some cells of each.
STRANGE = {
    pa.list_(pa.int16()): [[1, 2], [], None, [None]],
    pa.large_list(pa.utf8()): [["a"], None, []],
    pa.list_view(pa.int8()): [[1], [], None],
    pa.list_(pa.string_view(), 2): [["a", "longer than twelve"], ["", None]],
    pa.struct([("a", pa.int8()), ("b", pa.list_(pa.binary_view()))]): [{"a": 1, "b": [b"x" * 20]}, {"a": None, "b": None}, None],
    pa.map_(pa.utf8(), pa.dictionary(pa.int8(), pa.utf8())): [[("a", "x")], [], None],
    pa.month_day_nano_interval(): [(1, 2, 3), None],
    pa.run_end_encoded(pa.int32(), pa.utf8()): ["a", "a", None],
    pa.dictionary(pa.int8(), pa.bool_()): [True, None],
    pa.sparse_union([pa.field("a", pa.int8()), pa.field("b", pa.utf8())]): [0, 1],
    pa.dense_union([pa.field("a", pa.int8()), pa.field("b", pa.list_(pa.string_view()))]): [0, 1],
}

words = st.one_of(st.text(max_size=30), st.sampled_from(["", "twelve bytes", "thirteen byte", "NaN", "é" * 50, "x" * 3000]))
blobs = st.one_of(st.binary(max_size=30), st.sampled_from([b"", b"\xff\xfe", b"thirteen byte", b"\0" * 300]))


def cells(kind, wide=False):
    """A strategy of a type's values: integers for numbers of all sorts, as their bits; bytes for texts and binary.

    wide: also times that nanoseconds cannot hold.
    """
    if pa.types.is_integer(kind):
        info = np.iinfo(kind.to_pandas_dtype())
        return st.one_of(st.integers(int(info.min), int(info.max)), st.integers(max(-9, int(info.min)), 9))
    if pa.types.is_floating(kind):
        whole = st.integers(0, 2**kind.bit_width - 1)
        usual = st.floats(width=kind.bit_width).map(lambda value: bits_of(value, kind))
        return st.one_of(usual, whole)
    if pa.types.is_decimal(kind):
        most = 10**kind.precision - 1
        return st.one_of(st.integers(-most, most), st.integers(-min(most, 999), min(most, 999)))
    if pa.types.is_boolean(kind):
        return st.booleans()
    if pa.types.is_fixed_size_binary(kind):
        return st.binary(min_size=kind.byte_width, max_size=kind.byte_width)
    return words.map(str.encode) if kind in TEXTS else blobs if kind in BINARIES else instants(kind, wide)


def instants(kind, wide):
    if wide and not pa.types.is_time(kind) and not pa.types.is_date64(kind):
        return st.integers(-2**(kind.bit_width - 1), 2**(kind.bit_width - 1) - 1)
    if pa.types.is_time(kind):
        return st.one_of(st.integers(0, DAY[kind.unit] - 1), st.integers(0, 3000))
    if pa.types.is_date32(kind):
        return st.integers(-LAST // 86400 + 1, LAST // 86400 - 1)
    if pa.types.is_date64(kind):
        days = 2**63 // DAY["ms"] if wide else LAST // 86400
        return st.integers(1 - days, days - 1).map(lambda day: day * DAY["ms"])
    return st.integers(-LAST * PER_SECOND[kind.unit], LAST * PER_SECOND[kind.unit])


def bits_of(value, kind):
    return int(np.array([value], kind.to_pandas_dtype()).view(f"u{kind.bit_width // 8}")[0])


def bitmap(present):
    return pa.py_buffer(np.packbits(np.array(present, bool), bitorder="little").tobytes())


def width(kind):
    return kind.bit_width // 8


def array(kind, values, junk):
    """A pyarrow array of cells() with None for missing ones, below which stands `junk`, an integer."""
    present = [value is not None for value in values]
    if pa.types.is_null(kind):
        return pa.nulls(len(values))
    if pa.types.is_boolean(kind):
        data = bitmap([bool(junk & 1) if value is None else value for value in values])
    elif kind in TEXTS or kind in BINARIES:
        return pa.array(values, pa.large_binary()).cast(kind) if kind in BINARIES else texts(kind, values)
    elif pa.types.is_fixed_size_binary(kind):
        data = pa.py_buffer(b"".join(bytes([junk & 255]) * kind.byte_width if v is None else v for v in values))
    else:
        wide, below = width(kind), 2**(8 * width(kind))
        data = pa.py_buffer(b"".join((junk if v is None else v).__mod__(below).to_bytes(wide, "little") for v in values))
    return pa.Array.from_buffers(kind, len(values), [None if all(present) else bitmap(present), data])


def texts(kind, values):
    return pa.array([None if value is None else value.decode() for value in values], kind)


@st.composite
def missing(draw, rows):
    """Whether each row is missing."""
    how = draw(st.sampled_from(["none", "none", "some", "all", "first", "last", "run"]))
    if how == "some":
        chance = random.Random(draw(st.integers(0, 99)))
        return [chance.random() < 0.3 for _ in range(rows)]
    start, end = {"none": (0, 0), "all": (0, rows), "first": (0, 1), "last": (rows - 1, rows), "run": (rows // 3, rows // 2)}[how]
    return [start <= row < end for row in range(rows)]


def union(kind, codes):
    """A union of two types, the first whole numbers; codes: which of them each row has."""
    fields = [kind.field(0), kind.field(1)]
    second = "x" if fields[1].type == pa.utf8() else ["text", "longer than twelve"]
    children = [pa.array([cell] * len(codes), field.type) for cell, field in zip((1, second), fields)]
    names, places = [field.name for field in fields], pa.array(codes, pa.int8())
    if kind.mode == "sparse":
        return pa.UnionArray.from_sparse(places, children, names)
    return pa.UnionArray.from_dense(places, pa.array(range(len(codes)), pa.int32()), children, names)


@st.composite
def strange_chunks(draw, kind, lengths, wide):
    """Arrays of a type that no dataset has, cut out of one, so that they share its dictionaries."""
    chance = random.Random(draw(st.integers(0, 99)))
    cells = [chance.choice(STRANGE[kind]) for _ in range(sum(lengths))]
    whole = union(kind, cells) if pa.types.is_union(kind) else pa.array(cells, kind)
    return [whole.slice(sum(lengths[:i]), length) for i, length in enumerate(lengths)]


@st.composite
def chunks(draw, kind, lengths, wide):
    """Arrays of one type, one per batch, each cut out of a longer one."""
    pool, junk = draw(st.lists(cells(kind, wide), min_size=1, max_size=6)) if kind != pa.null() else [None], draw(st.integers(0, 2**60))
    gone, pad = draw(missing(sum(lengths))), draw(st.sampled_from([0, 0, 1, 5, 8]))
    chance, made, row = random.Random(draw(st.integers(0, 99))), [], 0
    for length in lengths:
        picked = [None if lost else chance.choice(pool) for lost in gone[row:row + length]]
        around = [chance.choice([None, *pool]) for _ in range(2 * pad)]
        made.append(array(kind, around[:pad] + picked + around[pad:], junk).slice(pad, length))
        row += length
    return made


@st.composite
def dictionary_chunks(draw, kind, lengths, wide):
    """The same with a dictionary that may hold nulls and repetitions and grow from batch to batch."""
    most = 100 if kind.index_type.bit_width == 8 else 300
    usual = cells(kind.value_type, wide)
    some = draw(st.lists(st.one_of(usual, st.none()) if draw(st.booleans()) else usual, min_size=1,
                         max_size=draw(st.sampled_from([1, 6, 6, 20]))))
    values = some * draw(st.sampled_from([1, 1, 2, most // len(some)]))
    ends = sorted(draw(st.lists(st.integers(1, len(values)), min_size=len(lengths), max_size=len(lengths)))) \
        if draw(st.booleans()) else [len(values)] * len(lengths)
    gone, chance, made, row = draw(missing(sum(lengths))), random.Random(draw(st.integers(0, 99))), [], 0
    for length, end in zip(lengths, ends):
        codes = [None if lost else chance.randrange(end) for lost in gone[row:row + length]]
        words = array(kind.value_type, values[:end], 7)
        made.append(pa.DictionaryArray.from_arrays(array(kind.index_type, codes, 2**7 - 1), words, ordered=kind.ordered,
                                                   safe=False))
        row += length
    return made


lengths = weighted(st.lists(st.integers(1, 20), min_size=1, max_size=4), st.lists(st.integers(0, 20), max_size=6),
                   st.lists(st.sampled_from([0, 1, 7, 8, 9, 64, 700]), min_size=1, max_size=4))
names = st.one_of(st.text(max_size=8), st.sampled_from(["a", "größe", "a b", "", "🦆", "line\nbreak"]))


@st.composite
def hints(draw, schema):
    """The schema with pandas' metadata: of some columns a nullable dtype, which may fit or not."""
    fitting = {kind: dtype for dtype, kinds in meaning.NULLABLES.items() for kind in kinds}
    others = st.sampled_from([*meaning.NULLABLES, "object", "datetime64[ns]"])
    told = [(field.name, draw(weighted(st.just(fitting.get(field.type)), st.just(fitting.get(field.type)), st.none(), others)))
            for field in schema]
    columns = [{"name": name, "field_name": name, "pandas_type": "?", "numpy_type": dtype, "metadata": None}
               for name, dtype in told if dtype]
    return schema.with_metadata({"pandas": json.dumps({"columns": columns}, ensure_ascii=draw(st.booleans()))})


def maker(kind):
    """The strategy of arrays of a type."""
    return strange_chunks if kind in STRANGE else dictionary_chunks if pa.types.is_dictionary(kind) else chunks


@st.composite
def batches(draw, kinds=types, most=8, names=names, lengths=lengths, wide=False, hinted=False):
    """(schema, [record batches]); columns of any names, some perhaps equal. hinted: with metadata of pandas."""
    cut, columns = draw(lengths), []
    for kind in draw(st.lists(kinds, max_size=most)):
        made = draw(maker(kind)(kind, cut, wide))
        columns.append((pa.field(draw(names), kind), made))
    schema = pa.schema([field for field, _ in columns])
    schema = draw(hints(schema)) if hinted else schema
    return schema, [pa.RecordBatch.from_arrays([made[i] for _, made in columns], schema=schema) for i in range(len(cut))]
