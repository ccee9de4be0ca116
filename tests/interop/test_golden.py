"""Tables as they were written once: read for good, whatever today's clients write."""
import pathlib
import shutil

import pyarrow as pa
import pyarrow.compute as pc
import pytest

import make_golden
import types_of_columns as types
from test_matrix import assert_equal, ours

FOLDER = pathlib.Path(__file__).with_name("golden")


@pytest.mark.parametrize("version", make_golden.VERSIONS)
def test_golden_tables_are_read(tmp_path, version):
    name = f"v{version.replace('.', '_')}.lance"
    path = tmp_path / name
    shutil.copytree(FOLDER / name, path)
    want = types.table(make_golden.ROWS, version)
    want = want.filter(pc.invert(pc.is_in(want["id"], pa.array(sorted(make_golden.DELETED)))))
    mine = ours(path)
    assert_equal(mine.to_arrow(), want)
    assert mine.verify().problems == []
    mine.add(want)
    assert_equal(mine.to_arrow(), pa.concat_tables([want, want]))
