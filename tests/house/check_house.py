#!/usr/bin/env python3
"""Holds the house together: rooms include only what they may, every test is built, files keep their size.

    check_house.py [ROOT]      prints each breach, exits 1 when there is one
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2])

# What a room may include besides itself and include/squire (ARCHITECTURE.md has the reasons).
MAY_USE = {
    "base": set(),
    "io": {"base"},
    "simd": {"base"},
    "lance": {"simd", "io", "base"},
    "table": {"lance", "io", "base"},
    "index": {"table", "lance", "simd", "io", "base"},
    "query": {"index", "table", "lance", "base"},
    "upkeep": {"index", "table", "lance", "io", "base"},
    "engine": {"query", "upkeep", "index", "table", "lance", "io", "base"},
    "embed": {"io", "base"},
    "corpus": {"io", "base"},
    "sync": {"corpus", "embed", "io", "base"},
    "serve": {"sync", "base"},
    "cli": {"serve", "sync", "base"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)
SOURCES = (".cc", ".h", ".inc")
LINES_MAX, TEST_LINES_MAX, COLUMNS_MAX = 800, 1200, 120


def sources(folder):
    return sorted(p for p in folder.rglob("*") if p.suffix in SOURCES)


def check_rooms():
    rooms = {p.name for p in (ROOT / "src").iterdir() if p.is_dir()}
    yield from (f"src/{room}: no such room is planned" for room in sorted(rooms - MAY_USE.keys()))
    for room in sorted(rooms & MAY_USE.keys()):
        for path in sources(ROOT / "src" / room):
            for target in INCLUDE.findall(path.read_text()):
                top = target.split("/")[0]
                if top == "squire" or top == room or top in MAY_USE[room] or top not in MAY_USE:
                    continue
                yield f"{path.relative_to(ROOT)}: includes {target}, but {room} may not use {top}"
    for path in sources(ROOT / "include"):
        for target in INCLUDE.findall(path.read_text()):
            if not target.startswith("squire/"):
                yield f"{path.relative_to(ROOT)}: a public header includes {target}"


def check_users():
    """The Python module and the examples use the public headers alone."""
    for folder in ("python", "examples"):
        for path in sources(ROOT / folder):
            for target in INCLUDE.findall(path.read_text()):
                if not target.startswith("squire/") and not (path.parent / target).exists():
                    yield f"{path.relative_to(ROOT)}: includes {target}, which is no public header"


def check_tests_are_built():
    """Rooms glob their tests; a test elsewhere must be named by a CMakeLists.txt."""
    for path in sorted((ROOT / "src").rglob("*_test.cc")):
        room = path.relative_to(ROOT / "src").parts[0]
        cmake = ROOT / "src" / room / "CMakeLists.txt"
        if not cmake.exists() or f"squire_room({room}" not in cmake.read_text():
            yield f"{path.relative_to(ROOT)}: its room is not built by squire_room"
    listed = "".join(p.read_text() for p in ROOT.glob("tests/**/CMakeLists.txt"))
    for path in sorted((ROOT / "tests").rglob("*_test.cc")):
        if path.name not in listed:
            yield f"{path.relative_to(ROOT)}: no CMakeLists.txt names it"
    rooms = (ROOT / "CMakeLists.txt").read_text()
    for room in sorted(p.name for p in (ROOT / "src").iterdir() if p.is_dir()):
        if not re.search(rf"\b{room}\b", rooms):
            yield f"src/{room}: CMakeLists.txt does not name it among the rooms"


def check_sizes():
    for path in (path for folder in ("src", "include", "python", "examples") for path in sources(ROOT / folder)):
        lines = path.read_text().splitlines()
        limit = TEST_LINES_MAX if path.stem.endswith("_test") else LINES_MAX
        if len(lines) > limit:
            yield f"{path.relative_to(ROOT)}: {len(lines)} lines, at most {limit} are allowed"
        for number, line in enumerate(lines, 1):
            if len(line) > COLUMNS_MAX and "testdata" not in path.parts:
                yield f"{path.relative_to(ROOT)}:{number}: {len(line)} columns, at most {COLUMNS_MAX} are allowed"


def main():
    breaches = [b for check in (check_rooms, check_users, check_tests_are_built, check_sizes) for b in check()]
    print("\n".join(breaches) or "the house is in order")
    sys.exit(bool(breaches))


if __name__ == "__main__":
    main()
