"""A table that the disk spoiled: it is told as damaged, and `index --rebuild` makes it equal to the tree again."""
import lance
import pytest

from support import rows, trees


def overwrite(path):
    raw = path.read_bytes()
    path.write_bytes(b"\xff" * (len(raw) - 4000) + raw[-4000:])  # the footer stays


@pytest.mark.parametrize("written_by_another", [False, True], ids=["ours", "written_by_another"])
@pytest.mark.parametrize("spoil", [overwrite, lambda path: path.unlink()], ids=["overwritten", "lost"])
def test_rebuild_leads_out(squire, stub, tree, tmp_path, spoil, written_by_another):
    trees.make(tree, 20)
    squire.run("index", tree, *stub.options)
    path = rows.table_path(tree)
    if written_by_another:  # the run must then look into the table before it can plan
        lance.dataset(str(path)).delete("path like 'd00/sub%'")
    spoil(next((path / "data").glob("*.lance")))
    told = squire.run("verify", path, "--deep", "--json", code=None)
    assert told.returncode == 4 and "problems" in told.stdout, told.stdout + told.stderr
    squire.run("index", tree, "--rebuild")
    rows.assert_equal_indexes(rows.assert_sound(squire, path), rows.fresh_rows(squire, stub, tree, tmp_path / "fresh"))
