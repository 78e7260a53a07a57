# SPDX-License-Identifier: Apache-2.0
"""Hostile and ordinary zips, unpacked by the bundle library.

The C side is tests/unit/bundle_tool.c; its path comes in QUERN_BUNDLE_TOOL.
"""
import io
import os
import random
import stat
import struct
import subprocess
import zipfile

import pytest

from segments import program

TOOL = os.environ.get("QUERN_BUNDLE_TOOL") or program("bundle_tool")
NOT_A_ZIP = "bad_input: Script Bundle: error 0102: Given ZIP file is not in the correct format."


class Bundle:
    """Unpacks bytes into a fresh folder beside a secret that must stay as it is."""

    def __init__(self, folder):
        self.outside = folder
        self.secret = folder / "secret"
        self.secret.write_text("untouched")
        self.rounds = 0

    def __call__(self, data, *ceilings):
        self.rounds += 1
        self.folder = self.outside / f"bundle{self.rounds}"
        self.folder.mkdir()
        zip_path = self.outside / "bundle.zip"
        zip_path.write_bytes(data)
        before = set(self.outside.iterdir())
        command = [TOOL, zip_path, self.folder, *map(str, ceilings)]
        run = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert run.returncode == 0, run.stderr
        assert set(self.outside.iterdir()) == before
        assert self.secret.read_text() == "untouched"
        assert zip_path.read_bytes() == data
        return run.stdout

    def files(self):
        """Relative name → bytes of all files unpacked."""
        return {str(p.relative_to(self.folder)): p.read_bytes() for p in self.folder.rglob("*") if p.is_file()}


@pytest.fixture
def bundle(tmp_path):
    return Bundle(tmp_path)


def entry(name, system=3, mode=0o100644, method=zipfile.ZIP_DEFLATED):
    """A ZipInfo whose name is taken as it is."""
    info = zipfile.ZipInfo("x")
    info.filename = info.orig_filename = name
    info.create_system, info.external_attr, info.compress_type = system, mode << 16, method
    return info


def made(*entries):
    """A zip of (name or ZipInfo, bytes)."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for info, content in entries:
            archive.writestr(info if isinstance(info, zipfile.ZipInfo) else entry(info), content)
    return data.getvalue()


def renamed(data, old, new):
    """Replaces a name of the same length in local and central header."""
    assert len(old) == len(new) and data.count(old) == 2
    return data.replace(old, new)


def test_b_files_and_folders(bundle):
    content = {"mymodule.py": b"x = 1\n", "data/deep/er/t.bin": bytes(range(256)) * 999, "empty": b"",
               "ümläut €.txt": b"u"}
    total = sum(map(len, content.values()))
    assert bundle(made(*content.items(), ("folder/", b""))) == f"4 {total}"
    assert bundle.files() == content
    assert (bundle.folder / "folder").is_dir()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_b_methods(bundle, method):
    content = random.Random(1).randbytes(100000) + bytes(100000)
    assert bundle(made((entry("a", method=method), content))) == "1 200000"
    assert bundle.files() == {"a": content}


def test_b_empty_zip(bundle):
    assert bundle(made()) == "0 0"
    assert bundle.files() == {}


def test_b_modes_are_ours(bundle):
    old = os.umask(0o077)
    try:
        assert bundle(made((entry("d/s.sh", mode=0o104777), b"x"), (entry("r", mode=0o100000), b"y"))) == "2 2"
    finally:
        os.umask(old)
    modes = [stat.S_IMODE((bundle.folder / name).stat().st_mode) for name in ("d", "d/s.sh", "r")]
    assert modes == [0o755, 0o644, 0o644]


def test_b_windows_separators(bundle):
    entries = [(entry("pack\\sub\\mod.py", system=0, mode=0), b"1"), (entry("leer\\", system=0, mode=0), b"")]
    assert bundle(made(*entries)) == "1 1"
    assert bundle.files() == {"pack/sub/mod.py": b"1"}
    assert (bundle.folder / "leer").is_dir()


def test_b_dots_blanks_and_case(bundle):
    names = ["./a", "b//c", "b/./d", "A", "with blank", "..e", "f..", "b/.hidden", "1:x"]
    assert bundle(made(*((name, b"x") for name in names), ("./", b""), ("g/.", b""))) == "9 9"
    assert set(bundle.files()) == {"a", "b/c", "b/d", "A", "with blank", "..e", "f..", "b/.hidden", "1:x"}
    assert (bundle.folder / "g").is_dir()


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_b_folder_named_again(bundle):
    assert bundle(made(("d/a", b"1"), ("d/", b""), ("d/", b""), ("d/b", b"2"))) == "2 2"


def test_b_folder_by_its_mode_only(bundle):
    assert bundle(made((entry("d", mode=0o040755), b""), ("d/a", b"1"))) == "1 1"


@pytest.mark.parametrize("prefix", [b"MZ" + bytes(5000), b"#!/bin/sh\nexit\n", b"PK\5\6" + bytes(100)])
def test_b_program_before_the_zip(bundle, prefix):
    content = made(("a.py", b"1"), ("b/c.py", b"22"))
    assert bundle(prefix + content) == "2 3"
    assert bundle.files() == {"a.py": b"1", "b/c.py": b"22"}
    data = io.BytesIO(prefix)
    with zipfile.ZipFile(data, "a") as archive:  # offsets are corrected
        archive.writestr("a.py", b"333")
    assert bundle(data.getvalue()) == "1 3"


def test_b_comment(bundle):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("a", b"1")
        archive.comment = b"c" * 65535
    assert bundle(data.getvalue()) == "1 1"


NAMES = {
    "../x": '"../x": expected a name without ..',
    "a/../../x": '"a/../../x": expected a name without ..',
    "a/..": '"a/..": expected a name without ..',
    "..": '"..": expected a name without ..',
    "..\\x": '"..\\x": expected a name without ..',
    "a\\..\\..\\x": '"a\\..\\..\\x": expected a name without ..',
    "a/..\\../x": '"a/..\\../x": expected a name without ..',
    "/abs": '"/abs": expected a relative name',
    "//server/share": '"//server/share": expected a relative name',
    "\\abs": '"\\abs": expected a relative name',
    "\\\\server\\x": '"\\\\server\\x": expected a relative name',
    "C:\\x": '"C:\\x": expected a name without a drive letter',
    "c:x": '"c:x": expected a name without a drive letter',
    "a\nb": '"a?b": expected a name without control characters',
    "a\x1b[2Jb": '"a?[2Jb": expected a name without control characters',
    "": '"": expected a name',
    "n" * 256: '"' + "n" * 153 + '...": expected at most 255 bytes between slashes',
    "n/" * 512: '"' + ("n/" * 77)[:153] + '...": expected a name of at most 1023 bytes',
    "n/" * 32 + "x": '"' + "n/" * 32 + 'x": expected at most 31 folders in each other',
}


@pytest.mark.parametrize("name", NAMES)
def test_f_names(bundle, name):
    assert bundle(made(("first", b"1"), (name, b"x"))) == "bad_input: Script Bundle: " + NAMES[name]
    assert set(bundle.files()) <= {"first"}


def test_l_deepest_name(bundle):
    assert bundle(made(("n/" * 31 + "x", b"1"), ("y" * 255, b"2"))) == "2 2"


def test_f_name_with_nul(bundle):
    data = renamed(made(("a_.py", b"1")), b"a_.py", b"a\0.py")
    for prefix in (b"", b"MZ"):
        assert bundle(prefix + data) == 'bad_input: Script Bundle: "a?.py": expected a name without NUL'


NOT_UTF8 = [b"\xff", b"\xc3", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\x81"]


@pytest.mark.parametrize("bad", NOT_UTF8)
def test_f_name_that_is_not_utf8(bundle, bad):
    holder = b"x" * len(bad)
    data = renamed(made(("name-" + holder.decode(), b"1")), b"name-" + holder, b"name-" + bad)
    assert bundle(data) == f'bad_input: Script Bundle: "name-{"?" * len(bad)}": expected a name in UTF-8'


@pytest.mark.parametrize("mode,text", [
    (stat.S_IFLNK | 0o777, "expected a file or a folder, found a link"),
    (stat.S_IFCHR | 0o666, "expected a file or a folder, found mode 20000"),
    (stat.S_IFBLK | 0o666, "expected a file or a folder, found mode 60000"),
    (stat.S_IFIFO | 0o666, "expected a file or a folder, found mode 10000"),
    (stat.S_IFSOCK | 0o666, "expected a file or a folder, found mode 140000"),
])
@pytest.mark.parametrize("name", ["evil", "evil/"])
def test_f_links_and_devices(bundle, mode, text, name):
    data = made((entry(name, mode=mode, method=0), b"../secret"), ("evil/x", b"owned"))
    assert bundle(data) == f'bad_input: Script Bundle: "{name}": {text}'
    assert bundle.files() == {}


def test_f_link_that_was_there_is_not_followed(bundle, tmp_path):
    data = made(("first", b"1"), ("link/x", b"owned"))
    zip_path = tmp_path / "z.zip"
    zip_path.write_bytes(data)
    for target in ("link", "link/x"):
        folder = tmp_path / ("in-" + target.replace("/", "-"))
        (folder / target).parent.mkdir(parents=True)
        (folder / target).symlink_to(tmp_path if target == "link" else tmp_path / "secret")
        run = subprocess.run([TOOL, zip_path, folder], capture_output=True, text=True, timeout=60)
        why = "expected one entry of that name, found two"
        if target == "link":
            why = "expected a folder, found a file of that name"
        assert run.stdout == f'bad_input: Script Bundle: "link/x": {why}'
        assert not (tmp_path / "x").exists()
        assert (tmp_path / "secret").read_text() == "untouched"


@pytest.mark.parametrize("first,second", [("a", "a"), ("a", "./a"), ("d/a", "d\\a"), ("d/a", "d//a")])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_f_duplicates(bundle, first, second):
    assert bundle(made((first, b"1"), (second, b"2"))) == (
        f'bad_input: Script Bundle: "{second}": expected one entry of that name, found two')


def test_f_file_and_folder_of_one_name(bundle):
    assert bundle(made(("a", b"1"), ("a/b", b"2"))) == (
        'bad_input: Script Bundle: "a/b": expected a folder, found a file of that name')
    assert bundle(made(("a/b", b"1"), ("a", b"2"))) == (
        'bad_input: Script Bundle: "a": expected one entry of that name, found two')


def central(data):
    """Offset of the first entry of the central directory."""
    return struct.unpack_from("<I", data, data.rindex(b"PK\5\6") + 16)[0]


def patched(data, local, inside, layout, *values):
    """Overwrites a field of the first entry in its local header and in the central directory."""
    data = bytearray(data)
    struct.pack_into(layout, data, local, *values)
    struct.pack_into(layout, data, central(bytes(data)) + inside, *values)
    return bytes(data)


def test_f_encrypted(bundle):
    data = patched(made(("a", bytes(50))), 6, 8, "<H", 1)
    assert bundle(data) == 'bad_input: Script Bundle: "a": expected no encryption, found some'


def test_f_unknown_method(bundle):
    data = patched(made(("a", bytes(50))), 8, 10, "<H", 97)
    assert bundle(data) == 'bad_input: Script Bundle: "a": compression method 97 is not known'


def test_f_wrong_checksum(bundle):
    data = patched(made(("a", bytes(50))), 14, 16, "<I", 12345)
    assert bundle(data) == 'bad_input: Script Bundle: "a": damaged: CRC error'


@pytest.mark.parametrize("size", [0, 1, 10**6 - 1, 10**6 + 1, 2 * 10**6])
def test_f_lying_size(bundle, size):
    data = patched(made(("a", bytes(10**6))), 22, 24, "<I", size)
    assert bundle(data) == f'bad_input: Script Bundle: "a": expected {size} bytes, found 1000000'


def test_l_bytes_declared_and_bytes_produced(bundle):
    data = made(("a", random.Random(1).randbytes(60000)), ("b", random.Random(2).randbytes(60000)))
    refused = "limit:disk: Script Bundle: expected at most 100000 bytes unpacked (--bundle-size), found more"
    assert bundle(data, 10, 200, 120000) == "2 120000"
    assert bundle(data, 10, 200, 100000) == refused
    assert bundle.files() == {}
    assert bundle(patched(data, 22, 24, "<I", 10), 10, 200, 100000) == (
        'bad_input: Script Bundle: "a": expected 10 bytes, found 60000')
    assert bundle(patched(data, 22, 24, "<I", 10), 10, 200, 60009) == (
        "limit:disk: Script Bundle: expected at most 60009 bytes unpacked (--bundle-size), found more")
    assert bundle(patched(data, 22, 24, "<I", 10), 10, 200, 60010) == (
        'bad_input: Script Bundle: "a": expected 10 bytes, found 60000')
    small = patched(made(("a", random.Random(1).randbytes(200000))), 22, 24, "<I", 10)
    assert bundle(small, 10, 200, 100000) == refused
    assert sum(map(len, bundle.files().values())) <= 100000


@pytest.mark.parametrize("size", [2**31, 2**62, 2**63 - 1])
def test_l_size_of_many_exabytes(bundle, size):
    extra = struct.pack("<HHQ", 1, 8, size)
    info = entry("a")
    info.extra = extra
    data = made((info, bytes(50)), ("b", b"1"))
    data = patched(data, 22, 24, "<I", 2**32 - 1)
    assert bundle(data) == "limit:disk: Script Bundle: expected at most 1073741824 bytes unpacked (--bundle-size), found more"


def test_l_sum_of_sizes_beyond_64_bits(bundle):
    infos = [entry("a"), entry("b")]
    for info in infos:
        info.extra = struct.pack("<HHQ", 1, 8, 2**63 - 1)
    data = bytearray(made(*((info, bytes(50)) for info in infos), ("c", b"123")))
    at = central(bytes(data))
    for _ in infos:  # 46 bytes, one of name, twelve of extra field
        struct.pack_into("<I", data, at + 24, 2**32 - 1)
        at += 46 + 1 + 12
    assert bundle(bytes(data)) == "limit:disk: Script Bundle: expected at most 1073741824 bytes unpacked (--bundle-size), found more"


def test_l_ratio(bundle):
    bomb = made(("zeros", bytes(50_000_000)))
    assert bundle(bomb) == (
        f"limit:disk: Script Bundle: expected at most 200 bytes unpacked for each of its {len(bomb)} bytes (--bundle-ratio), found more")
    assert bundle.files() == {}
    assert bundle(made(("zeros", bytes(9_999_999)))) == "1 9999999"
    assert bundle(bomb, 10, 2000, 1 << 30) == "1 50000000"


def test_l_ratio_with_lying_sizes(bundle):
    bomb = patched(made(("zeros", bytes(50_000_000))), 22, 24, "<I", 100)
    assert bundle(bomb) == (
        f"limit:disk: Script Bundle: expected at most 200 bytes unpacked for each of its {len(bomb)} bytes (--bundle-ratio), found more")
    assert sum(map(len, bundle.files().values())) <= 10_000_000


def test_l_overlapping_entries(bundle):
    """Many entries of the directory share one local file: the whole is larger than its parts."""
    data = made(("a000", bytes(900_000)))
    start = central(data)
    head, one = data[:start], data[start : data.rindex(b"PK\5\6")]
    many = b"".join(one.replace(b"a000", b"a%03d" % number) for number in range(100))
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 100, 100, len(many), start, 0)
    bomb = head + many + end
    assert bundle(bomb) == (
        f"limit:disk: Script Bundle: expected at most 200 bytes unpacked for each of its {len(bomb)} bytes (--bundle-ratio), found more")
    assert bundle.files() == {}


def test_l_entries(bundle):
    data = made(*((f"f{number}", b"") for number in range(101)))
    assert bundle(data, 101, 200, 1000) == "101 0"
    assert bundle(data, 100, 200, 1000) == "limit:disk: Script Bundle: expected at most 100 entries (--bundle-entries), found 101"
    assert bundle.files() == {}


@pytest.mark.parametrize("data", [
    b"", b"x", b"PK", b"not a zip" * 1000, b"\x1f\x8b\x08" + bytes(100), b"PK\3\4" + bytes(100),
    b"PK\5\6" + b"\xff" * 18,
])
def test_m_not_a_zip(bundle, data):
    assert bundle(data) == NOT_A_ZIP


def test_f_truncated_anywhere(bundle):
    data = made(("a.py", b"print(1)\n" * 50), ("b/c", random.Random(1).randbytes(300)))
    for cut in range(0, len(data), 7):
        assert bundle(data[:cut]) == NOT_A_ZIP


def test_f_any_flipped_byte_is_harmless(bundle):
    data = made(("a.py", b"print(1)\n" * 5), ("b/c", b"x" * 30))
    said = set()
    for at in range(len(data)):
        wrong = bytearray(data)
        wrong[at] ^= 0x55
        said.add(bundle(bytes(wrong)).split(":")[0])
        assert all(p.is_file() or p.is_dir() for p in bundle.folder.rglob("*"))
        assert not any(p.is_symlink() for p in bundle.folder.rglob("*"))
    assert said <= {"2 75", "1 45", "0 0", "1 30", "bad_input", "limit"}
