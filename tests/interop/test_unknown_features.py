"""A table of a feature that this build does not know is refused by name, not misread."""
import shutil
import struct

import pytest

from support import rows, trees

READER_FLAGS, WRITER_FLAGS = 9, 10


def varint(value):
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def newest_manifest(path):
    return min((path / "_versions").glob("*.manifest"))  # the name counts down


def set_flag(path, field, value):
    """Appends a field to the Manifest message: the last value of a field is the one that holds."""
    manifest = newest_manifest(path)
    raw = manifest.read_bytes()
    at, = struct.unpack("<Q", raw[-16:-8])
    length, = struct.unpack("<I", raw[at:at + 4])
    assert at + 4 + length + 16 == len(raw) and raw.endswith(b"LANC")
    message = raw[at + 4:at + 4 + length] + varint(field << 3) + varint(value)
    manifest.write_bytes(raw[:at] + struct.pack("<I", len(message)) + message + raw[-16:])


@pytest.fixture
def index(squire, stub, tree):
    trees.make(tree, 5)
    squire.run("index", tree, *stub.options)
    return tree


@pytest.fixture
def copied(index, tmp_path):
    return shutil.copytree(rows.table_path(index), tmp_path / "copy.lance")


def test_the_surgery_itself_does_no_harm(squire, copied):
    set_flag(copied, WRITER_FLAGS, 0)
    rows.assert_sound(squire, copied)


@pytest.mark.parametrize("bit", [6, 7, 12, 20, 40, 63])
def test_unknown_reader_flag(squire, copied, bit):
    set_flag(copied, READER_FLAGS, 1 << bit)
    for command in (("table", "count"), ("table", "scan"), ("table", "info"), ("verify",), ("compact",), ("prune",)):
        done = squire.run(*command, copied, code=None)
        assert done.returncode > 0, command
        assert str(bit) in done.stderr or "feature" in done.stderr, done.stderr


def test_unknown_writer_flag(squire, stub, index):
    """It may be read; not a byte may be written."""
    path = rows.table_path(index)
    set_flag(path, WRITER_FLAGS, 1 << 40)
    expected = rows.by_lance(path)
    rows.assert_same_rows(rows.by_squire(squire, path), expected)
    trees.write(index, "new.md", "# New\n")
    before = {p: p.read_bytes() for p in path.rglob("*") if p.is_file()}
    done = squire.run("index", index, code=None)
    assert done.returncode > 0 and ("feature" in done.stderr or "40" in done.stderr), done.stderr
    for command in ("compact", "prune"):
        squire.run(command, path, code=None)
    assert newest_manifest(path) in before
    for name, content in before.items():
        assert name.read_bytes() == content


def test_search_of_a_refused_table_says_why(squire, index):
    set_flag(rows.table_path(index), READER_FLAGS, 1 << 20)
    done = squire.run("search", "table", index, code=None)
    assert done.returncode > 1 and ("feature" in done.stderr or "20" in done.stderr), done.stderr
