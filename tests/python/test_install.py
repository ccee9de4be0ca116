"""What is installed works by itself: the Python package from `pip install .`, the C++ package from `cmake --install`."""
import os
import pathlib
import subprocess
import sys
import sysconfig
import textwrap

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SQUIRE_BIN", ROOT / "build" / "bin" / "squire")).parents[1]

pytestmark = pytest.mark.full


def run(*command, **kwargs):
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          **kwargs)
    assert done.returncode == 0, done.stdout[-4000:]
    return done.stdout


def test_pip_install_in_a_fresh_environment(tmp_path):
    """Built by the pinned front end of the tests' environment, with nothing fetched, and used from the fresh one."""
    venv = tmp_path / "venv"
    run(sys.executable, "-m", "venv", venv)
    (venv / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages" / "tests.pth").write_text(
        sysconfig.get_path("purelib"))
    # With the flags of the tests' own build and in a folder beside it, so that a compiler cache spares most of the work.
    run(venv / "bin" / "pip", "install", "--no-build-isolation", "--no-index", "--no-deps", ROOT,
        "-C", "cmake.build-type=RelWithDebInfo", "-C", f"build-dir={ROOT / 'build-pip'}",
        env={**os.environ, "CCACHE_BASEDIR": str(ROOT), "CCACHE_NOHASHDIR": "1"})
    program = textwrap.dedent("""
        import sys, squire
        assert squire.__file__.startswith(sys.argv[1]), squire.__file__
        table = squire.connect(sys.argv[2]).create_table("t", [{"id": 1, "text": "a knight", "vector": [1.0, 2.0]}])
        table.upsert("id", [{"id": 1, "text": "a squire", "vector": [0.0, 2.0]}])
        print(table.search([0.0, 2.0]).where("text LIKE '%squire'").select(["id"]).to_list())
    """)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    output = run(venv / "bin" / "python", "-c", program, venv, tmp_path / "db", cwd=tmp_path, env=environment)
    assert output.strip() == "[{'id': 1, '_distance': 0.0}]"
    files = run(venv / "bin" / "pip", "show", "-f", "squire")
    assert "squire/py.typed" in files and "squire/_native.pyi" in files and "bin/squire" not in files


def test_an_example_builds_on_the_installed_package(tmp_path):
    prefix, build, data = tmp_path / "prefix", tmp_path / "build", tmp_path / "data"
    data.mkdir()
    run("cmake", "--install", BUILD, "--prefix", prefix, "--component", "library")
    assert not (prefix / "bin").exists()
    run("cmake", "-S", ROOT / "examples", "-B", build, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", build)
    output = run(build / "notes", data)
    assert output.splitlines() == [
        "2 rows in version 5", "nearest:", "  b.md: squire at his side", "with the word knight:", "  a.md: a knight walks",
        "version 3 had 4 rows; 5 versions are kept", "after upkeep: 2 versions, one of them in use, 2 rows"]
    import lance

    assert sorted(lance.dataset(str(data / "notes.lance")).to_table()["path"].to_pylist()) == ["a.md", "b.md"]
