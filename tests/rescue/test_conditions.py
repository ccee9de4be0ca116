"""First aid where little works any more: no space on the disk, few descriptors, no right to write."""
import contextlib
import os
import resource
import shutil
import subprocess

import lance
import pytest

from support import foreign


def few_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))


def test_with_32_descriptors(squire, bloated):
    dataset = lance.dataset(str(bloated))
    lost = dataset.get_fragments()[1]
    (bloated / "data" / lost.data_files()[0].path).unlink()
    few = {"preexec_fn": few_descriptors}
    assert squire.json("doctor", bloated, code=4, **few)["problems"]
    assert squire.json("verify", bloated, "--deep", code=4, **few)["problems"]
    assert squire.json("repair", bloated, **few)["lost_rows"] == lost.count_rows()
    assert squire.json("verify", bloated, "--deep", **few)["problems"] == []
    assert squire.json("prune", bloated, "--unverified", **few)["freed_bytes"] > 0
    foreign.assert_lancedb_is_content(bloated, count=400 - lost.count_rows())


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 24 MiB; those who may not mount one skip the test."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("tmpfs cannot be mounted here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def fill(folder):
    with contextlib.suppress(OSError), open(folder / "filler", "ab", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    assert os.statvfs(folder).f_bavail == 0


def test_on_a_full_disk(squire, bloated_once, small_disk):
    path = shutil.copytree(bloated_once, small_disk / "db") / "notes.lance"
    dataset = lance.dataset(str(path))
    lost = dataset.get_fragments()[1]
    (path / "data" / lost.data_files()[0].path).unlink()
    foreign.open_table(path).add(foreign.rows(6000, 8))
    foreign.cut(foreign.newest_manifest(path))
    fill(small_disk)
    assert {problem["kind"] for problem in squire.json("doctor", path, code=4)["problems"]} >= {"torn_manifest", "missing_file"}
    # A torn manifest is set aside without a byte to spare; a new version needs some.
    assert squire.json("repair", path, code=5)["error"]["code"] == "NoSpace"
    assert squire.json("verify", path, code=4)["version"] == dataset.version
    before = foreign.bytes_of(path)
    left = {file.name for file in path.rglob("*")}
    assert squire.json("repair", path, code=5)["error"]["code"] == "NoSpace"
    assert {file.name for file in path.rglob("*")} == left and foreign.bytes_of(path) == before
    planned = squire.json("prune", path, "--unverified", "--dry-run")
    done = squire.json("prune", path, "--unverified")
    assert done["freed_bytes"] == planned["would_free_bytes"] == before - foreign.bytes_of(path) > 0
    assert squire.json("repair", path)["lost_rows"] == lost.count_rows()
    assert squire.json("verify", path, "--deep")["problems"] == []
    (small_disk / "filler").unlink()
    foreign.assert_lancedb_is_content(path, count=400 - lost.count_rows())


def test_a_folder_that_cannot_be_written(squire, bloated, tmp_path):
    """Looking needs no right to write."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("needs root, to be nobody")
    nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    for folder in [*tmp_path.parents][:3] + [tmp_path]:
        folder.chmod(0o755)
    for command in (["doctor"], ["verify", "--deep"], ["prune", "--dry-run"], ["repair", "--dry-run"]):
        done = subprocess.run([*nobody, squire.path, *command, str(bloated)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    assert not (bloated / "_squire").exists()
