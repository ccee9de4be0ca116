"""Trees of code and Markdown, made from a seed, and edits on them."""
import random
import shutil

WORDS = ("table column row index vector search commit version manifest fragment page buffer reader writer lock spool "
         "scan chunk embed hash path model query rank score merge prune compact verify delete append").split()


def _words(rng, count):
    return " ".join(rng.choice(WORDS) for _ in range(count))


def _python(rng, name):
    functions = []
    for number in range(rng.randint(1, 4)):
        body = "\n".join(f"    {rng.choice(WORDS)}_{i} = {rng.randint(0, 999)}  # {_words(rng, 5)}"
                         for i in range(rng.randint(3, 30)))
        functions.append(f'def {rng.choice(WORDS)}_{rng.choice(WORDS)}_{number}(value):\n'
                         f'    """{_words(rng, 8).capitalize()}."""\n{body}\n    return value\n')
    return f"import os\n\nNAME = {name!r}\n\n\n" + "\n\n".join(functions)


def _javascript(rng, name):
    return "\n".join(f"/** {_words(rng, 6)} */\nexport function {rng.choice(WORDS)}{number}(a) {{\n" +
                     "\n".join(f"  const {rng.choice(WORDS)}{i} = a * {rng.randint(0, 999)};"
                               for i in range(rng.randint(3, 20))) +
                     f"\n  return \"{name}\";\n}}\n" for number in range(rng.randint(1, 3)))


def _markdown(rng, name):
    head = f"---\ntitle: {name}\ntags: [one, two]\n---\n\n" if rng.random() < 0.3 else ""
    return head + f"# {name}\n\n{_words(rng, 30)} é ü 漢字.\n\n" + "\n".join(
        f"## {_words(rng, 3)}\n\n{_words(rng, rng.randint(20, 120))}.\n" for _ in range(rng.randint(1, 5)))


def _text(rng, name):
    return f"{name}\n" + "\n".join(_words(rng, rng.randint(0, 12)) for _ in range(rng.randint(1, 80)))


KINDS = ((".py", _python), (".js", _javascript), (".md", _markdown), (".txt", _text))


def content(seed, path):
    """What a file called `path` holds by `seed`; no two (seed, path) alike."""
    rng = random.Random(f"{seed} {path}")
    make = dict(KINDS).get("." + path.rsplit(".", 1)[-1], _text)
    return make(rng, f"s{seed} {path}")


def make(root, files, seed=0):
    """Writes `files` files in nested folders; returns their paths relative to `root`."""
    rng = random.Random(seed)
    paths = []
    for number in range(files):
        folder = f"d{number // 40:02d}" + ("/sub" if number % 3 == 0 else "")
        paths.append(f"{folder}/f{number:04d}{rng.choice(KINDS)[0]}")
    for path in paths:
        write(root, path, content(seed, path))
    return paths


def write(root, path, text):
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)


def list_files(root):
    return sorted(str(p.relative_to(root)) for p in root.rglob("*")
                  if p.is_file() and ".squire" not in p.parts and ".git" not in p.parts)


def change(root, rng, edits=5, deletions=2, renames=2, additions=3, folder_renames=0, but=()):
    """One round of edits of all kinds; `rng` decides. Files in `but` stay as they are."""
    files = [path for path in list_files(root) if path not in but]
    rng.shuffle(files)
    tag = rng.randrange(1 << 30)
    for path in files[:edits]:
        text = (root / path).read_text()
        half = len(text) // 2
        (root / path).write_text(text[:half] + f"\nedit{tag} {_words(rng, 6)}\n" + text[half:])
    for path in files[edits:edits + deletions]:
        (root / path).unlink()
    for number, path in enumerate(files[edits + deletions:edits + deletions + renames]):
        target = root / f"moved{tag % 7}" / f"n{tag}_{number}.{path.rsplit('.', 1)[-1]}"
        target.parent.mkdir(exist_ok=True)
        (root / path).rename(target)
    for number in range(additions):
        path = f"new/a{tag}_{number}{rng.choice(KINDS)[0]}"
        write(root, path, content(tag, path))
    for number in range(folder_renames):
        folders = sorted(p for p in root.iterdir() if p.is_dir() and not p.name.startswith("."))
        rng.choice(folders).rename(root / f"folder{tag}_{number}")


def copy(root, to):
    """The tree without its index."""
    shutil.copytree(root, to, ignore=shutil.ignore_patterns(".squire", ".git"))
    return to
