"""Errors by code and class, the interpreter's lock, and the stubs."""
import ast
import copy
import errno
import os
import pathlib
import pickle
import subprocess
import sys
import textwrap

import pyarrow as pa
import pytest
import squire
from squire import _native, errors

CODES = ["NotFound", "AlreadyExists", "InvalidArgument", "Corruption", "Unsupported", "Conflict", "CommitUnknown", "NoSpace",
         "TooManyFiles", "OverBudget", "Io", "Cancelled", "Internal"]


@pytest.mark.parametrize("code", CODES)
def test_each_code_has_its_class(code):
    error = errors._make(code, "what happened", "/some/file", 5, True)
    assert type(error).__name__ == code + "Error" and getattr(squire, code + "Error") is type(error)
    assert isinstance(error, squire.Error) and error.code == code
    for same in (error, pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert (str(same), same.path, same.os_errno, same.retryable) == ("what happened", "/some/file", 5, True)


def test_builtin_classes_catch_them():
    for kind, base in ((squire.NotFoundError, FileNotFoundError), (squire.NotFoundError, ValueError),
                       (squire.AlreadyExistsError, FileExistsError), (squire.InvalidArgumentError, ValueError),
                       (squire.NoSpaceError, OSError), (squire.IoError, OSError), (squire.TooManyFilesError, OSError),
                       (squire.UnsupportedError, NotImplementedError), (squire.ConflictError, RuntimeError)):
        assert issubclass(kind, base)
    assert squire.NoSpaceError("full").errno == errno.ENOSPC
    assert squire.NotFoundError("gone", "/x").filename == "/x"


def test_what_the_engine_says_arrives(db, tmp_path):
    with pytest.raises(squire.NotFoundError) as raised:
        db.open_table("nope")
    assert raised.value.code == "NotFound" and raised.value.path.endswith("nope.lance") and not raised.value.retryable
    table = db.create_table("t", [{"x": 1}])
    manifest = next((tmp_path / "ours" / "t.lance" / "_versions").glob("*.manifest"))
    manifest.write_bytes(b"no manifest")
    with pytest.raises(squire.CorruptionError) as raised:
        table.checkout(1), table.checkout(2)
    assert raised.value.path == str(manifest)


def test_running_out_of_descriptors_is_told_and_passes(db):
    program = textwrap.dedent("""
        import os, resource, sys
        import squire
        table = squire.connect(sys.argv[1])["t"]
        resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 40, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        held = []
        try:
            while True:
                held.append(os.open("/dev/null", os.O_RDONLY))
        except OSError:
            pass
        try:
            table.add([{"x": 2}])
            sys.exit("it was not told")
        except squire.TooManyFilesError as error:
            assert error.retryable and error.errno
        for fd in held:
            os.close(fd)
        assert table.add([{"x": 2}]).version == 3
    """)
    db.create_table("t", [{"x": 1}]).close()
    run_program(program, db.uri)


def test_the_interpreter_goes_on_while_the_engine_works(tmp_path):
    """The engine waits in open(2) of a manifest that is a pipe, until another Python thread comes to write into it. A call
    that kept the interpreter's lock would wait for ever."""
    program = textwrap.dedent("""
        import os, sys, threading
        import squire
        folder = sys.argv[1]
        squire.connect(folder).create_table("t", [{"x": 1}]).close()
        versions = os.path.join(folder, "t.lance", "_versions")
        newest = sorted(n for n in os.listdir(versions) if n.endswith(".manifest"))[0]
        os.unlink(os.path.join(versions, newest))
        os.mkfifo(os.path.join(versions, newest))
        outcome = []

        def read():
            try:
                squire.connect(folder)["t"]
            except squire.Error as error:
                outcome.append(error)

        thread = threading.Thread(target=read)
        thread.start()
        with open(os.path.join(versions, newest), "wb"):
            pass
        thread.join()
        assert len(outcome) == 1, outcome
    """)
    run_program(program, tmp_path)


def run_program(program, *arguments):
    path = os.pathsep.join([os.path.dirname(os.path.dirname(squire.__file__)), *sys.path])
    done = subprocess.run([sys.executable, "-c", program, *map(str, arguments)], capture_output=True, text=True, timeout=120,
                          env={**os.environ, "PYTHONPATH": path})
    assert done.returncode == 0, done.stderr


def test_the_package_needs_pyarrow_only():
    program = textwrap.dedent("""
        import sys
        for name in ("numpy", "pandas", "polars", "lancedb", "lance"):
            sys.modules[name] = None
        import squire, tempfile
        with tempfile.TemporaryDirectory() as folder:
            table = squire.connect(folder).create_table("t", [{"x": 1, "text": "word", "vector": [1.0, 2.0]}])
            assert table.search([1.0, 2.0]).to_list()[0]["_distance"] == 0
            assert table.search("word").limit(1).to_arrow().num_rows == 1
            assert table.delete_keys("x", [1]).num_deleted_rows == 1
    """)
    run_program(program)


def names_of(tree):
    """Names that a stub's class or module defines, of its classes too."""
    out = {}
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            out[node.name] = set(names_of(node))
        elif isinstance(node, ast.FunctionDef):
            out[node.name] = None
        elif isinstance(node, ast.AnnAssign):
            out[node.target.id] = None
    return out


def test_the_stub_names_what_the_module_has():
    package = pathlib.Path(squire.__file__).parent
    assert (package / "py.typed").exists()
    stub = names_of(ast.parse((package / "_native.pyi").read_text()))
    classes = {name: value for name, value in vars(_native).items() if isinstance(value, type)}
    functions = {n for n, v in vars(_native).items() if callable(v) and not isinstance(v, type) and not n.startswith("_")}
    assert set(stub) == {*classes, *functions, "__version__"}
    own = {"__init__", "__len__", "__arrow_c_array__", "__arrow_c_schema__"}
    for name, value in classes.items():
        defined = {n for n in vars(value) if n in own or not n.startswith("_")}
        if name != "Batch":  # the others are not made from Python
            defined.discard("__init__")
        assert stub[name] == defined, name


def test_what_is_public_is_documented_and_typed():
    for name in squire.__all__:
        value = getattr(squire, name)
        if not isinstance(value, type) or issubclass(value, Exception):
            continue
        assert value.__doc__, name
        for member, function in vars(value).items():
            if member.startswith("_") or not callable(function):
                continue
            assert function.__doc__, f"{name}.{member}"
            assert "return" in function.__annotations__, f"{name}.{member}"


def test_schemas_that_the_format_cannot_keep_are_refused_by_name(db):
    with pytest.raises(squire.UnsupportedError, match="'m': a map"):
        db.create_table("t", schema=pa.schema([("m", pa.map_(pa.string(), pa.int64()))]))
    assert db.table_names() == []
