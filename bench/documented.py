"""Functions with a doc comment, as questions about the code: Python, Rust, Go, Java, JavaScript and TypeScript.

`make_cases(package, copy)` writes the package's sources without any function's doc comment, so that a question's words are
there only where the code itself has them, and gives the questions: the first sentence of a doc comment (5 to 40 words,
ASCII, unique), answered by its function's lines in the copy. Python is parsed; the others are read by lines, which formatted
sources allow: a declaration follows its comment, and the first line that is the declaration's indent and a brace ends it.
"""
import ast
import collections
import re

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
NO_ANSWERS = re.compile(r"(^|/)(tests?|testing|benchmarks?|benches|examples?|fixtures|docs?)(/|$)|(^|/)test_"
                        r"|_test\.(py|go)$|Test\.java$|\.(test|spec)\.", re.I)
NO_QUESTION = re.compile(r"(see|same as|todo|fixme|internal|deprecated|@|\{@inheritDoc)\b", re.I)
LINES_MIN = 4  # of an answer
DECLARATION = {
    ".rs": re.compile(r'(\s*)(?:pub(?:\([^)]*\))?\s+)?(?:(?:const|async|unsafe|extern\s+"[^"]*")\s+)*fn\s+(\w+)'),
    ".go": re.compile(r"()func\s+(?:\([^)]*\)\s*)?(\w+)"),
    ".java": re.compile(r"(\s+)(?:(?:public|protected|private|static|final|abstract|synchronized|native|default)\s+)+"
                        r"[\w<>\[\],.?&\s]*?(\w+)\s*\("),
    ".js": re.compile(r"(\s*)(?:export\s+)?(?:default\s+)?(?:static\s+)?(?:async\s+)?(?:function\b\s*\*?\s*)?(\w+)\s*\("
                      r"[^;]*$|(\s*)(?:export\s+)?(?:const|let|var)\s+(\w+)\s*=\s*(?:async\s+)?(?:function\b|\()"),
}
DECLARATION[".mjs"] = DECLARATION[".ts"] = DECLARATION[".js"]
NOT_NAMES = {"if", "for", "while", "switch", "catch", "return", "require", "new"}
DECORATION = re.compile(r"\s*(#!?\[.*\]|@\w.*)\s*$")


def first_sentence(text):
    text = re.split(r"\n\s*\n|\n\s*(?:@|#|:param|:return|Parameters|Args|Returns|>>>|---)", text.strip())[0]
    text = re.sub(r"\{@\w+\s+([^}]*)\}|\[`?([^\]`]*)`?\](?:\([^)]*\))?", r"\1\2", text)
    text = re.sub(r"<[^>]+>", " ", text)
    text = re.sub(r"\s+", " ", text.replace("`", "")).strip()
    found = re.match(r"(.{15,}?[.!?])(\s|$)", text)
    return (found.group(1) if found else text).strip()


def python_functions(source):
    """(doc or None, name, first line, last line) of the stripped source, and that source; None when it cannot be read."""
    try:
        tree = ast.parse(source)
        stripped = strip_docstrings(source, tree)
        after = in_order(ast.parse(stripped))
    except (SyntaxError, ValueError, RecursionError):
        return None
    before = in_order(tree)
    if [f.name for f in before] != [f.name for f in after]:
        return None
    docs = [docstring(f).value.value if docstring(f) else None for f in before]
    return [(doc, f.name, f.lineno, f.end_lineno) for doc, f in zip(docs, after)], stripped


def in_order(tree):
    return sorted((n for n in ast.walk(tree) if isinstance(n, FUNCTIONS)), key=lambda n: (n.lineno, n.col_offset))


def docstring(function):
    first = function.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return first
    return None


def strip_docstrings(source, tree):
    """The source without any function's docstring; where nothing else would be left stands `...`."""
    starts = [0]
    for line in source.split(b"\n"):
        starts.append(starts[-1] + len(line) + 1)
    for function in reversed(in_order(tree)):
        doc = docstring(function)
        if doc is None:
            continue
        begin = starts[doc.lineno - 1] + doc.col_offset
        end = starts[doc.end_lineno - 1] + doc.end_col_offset
        before, after = source[starts[doc.lineno - 1]:begin], source[end:starts[doc.end_lineno] - 1]
        if len(function.body) > 1 and not before.strip() and not after.strip():
            source = source[:starts[doc.lineno - 1]] + source[starts[doc.end_lineno]:]
        else:
            source = source[:begin] + b"..." + source[end:]
    return source


def doc_above(lines, at, suffix):
    """The doc comment that ends above line `at`, as (text, first line, line behind it), or None."""
    end = at
    while end > 0 and DECORATION.match(lines[end - 1]):
        end -= 1
    mark = {".rs": "///", ".go": "//"}.get(suffix)
    first = end
    if mark:
        while first > 0 and lines[first - 1].strip().startswith(mark):
            first -= 1
        text = [line.strip()[len(mark):].strip() for line in lines[first:end]]
        return ("\n".join(text), first, end) if first < end else None
    if end == 0 or not lines[end - 1].rstrip().endswith("*/"):
        return None
    while first > 0 and "/*" not in lines[first]:
        first -= 1
    if first == end or not lines[first].strip().startswith("/**"):
        return None
    text = [re.sub(r"^\s*/?\*+/?\s?|\s*\*/\s*$", "", line) for line in lines[first:end]]
    return "\n".join(text), first, end


def braced_functions(source, suffix):
    """The same as python_functions, of a language with braces."""
    lines = source.decode().split("\n")
    declaration = DECLARATION[suffix]
    found, dropped = [], set()
    for at, line in enumerate(lines):
        match = declaration.match(line)
        if not match or line.lstrip().startswith(("//", "*")):
            continue
        indent, name = next((match.group(i), match.group(i + 1)) for i in range(1, declaration.groups, 2)
                            if match.group(i + 1))
        if name in NOT_NAMES:
            continue
        doc = doc_above(lines, at, suffix)
        if doc:
            dropped.update(range(doc[1], doc[2]))
        closing = re.compile(re.escape(indent) + r"\}[;,)]*\s*")
        end = next((i for i in range(at + 1, len(lines)) if closing.fullmatch(lines[i])), None)
        opened = next((i for i in range(at, len(lines)) if re.search(r"[{;]\s*(//.*)?$", lines[i])), None)
        if doc and end and opened is not None and "{" in lines[opened] and opened < end:
            found.append((doc[0], name, at, end))
    kept = [i for i in range(len(lines)) if i not in dropped]
    number = {line: n for n, line in enumerate(kept, 1)}
    stripped = "\n".join(lines[i] for i in kept).encode()
    return [(doc, name, number[first], number[last]) for doc, name, first, last in found
            if first in number and last in number], stripped


def make_cases(package, copy):
    """Writes the stripped copy; returns questions with their answers' places in it."""
    cases = []
    for path in sorted(p for p in package.rglob("*") if p.suffix == ".py" or p.suffix in DECLARATION):
        name = path.relative_to(package).as_posix()
        try:
            source = path.read_bytes()
            source.decode()
            read = python_functions(source) if path.suffix == ".py" else braced_functions(source, path.suffix)
        except (OSError, ValueError):
            continue
        if read is None:
            continue  # not in the copy either: its docs would give the answers away
        functions, stripped = read
        target = copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(stripped)
        if NO_ANSWERS.search(name):
            continue
        for doc, function, first, last in functions:
            question = first_sentence(doc) if doc else ""
            if path.suffix == ".go" and question.startswith(function + " "):
                question = question[len(function) + 1:]  # every comment begins so: the answer's own name
            if (5 <= len(question.split()) <= 40 and question.isascii() and question.isprintable()
                    and last - first + 1 >= LINES_MIN
                    and not function.startswith("test") and not NO_QUESTION.match(question)):
                cases.append({"question": question, "path": name, "name": function, "start": first, "end": last})
    count = collections.Counter(case["question"].lower() for case in cases)
    return [case for case in cases if count[case["question"].lower()] == 1]
