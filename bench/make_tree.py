#!/usr/bin/env python3
"""Makes a tree of Markdown files for measuring: --files N of --chunks sections each, in folders of 100.

    make_tree.py DIR [--files 31985] [--chunks 8] [--revision 0]

Another --revision changes every section of every file; the same one writes the same bytes.
"""
import argparse
import pathlib
import random

WORDS = ("alpha bravo charlie delta echo foxtrot golf hotel india juliet kilo lima mike november oscar papa quebec romeo "
         "sierra tango uniform victor whiskey xray yankee zulu table column row index vector search").split()


def section(rng, file, number, revision):
    title = f"Section {number} of file {file}"
    body = " ".join(rng.choice(WORDS) for _ in range(70))
    return f"## {title}\n\nRevision r{revision} of token f{file}s{number}. {body}.\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dir", type=pathlib.Path)
    parser.add_argument("--files", type=int, default=31985)
    parser.add_argument("--chunks", type=int, default=8)
    parser.add_argument("--revision", type=int, default=0)
    args = parser.parse_args()
    for file in range(args.files):
        rng = random.Random(file * 1000 + args.revision)
        folder = args.dir / f"d{file // 100:03d}"
        if file % 100 == 0:
            folder.mkdir(parents=True, exist_ok=True)
        text = "\n".join(section(rng, file, number, args.revision) for number in range(args.chunks))
        (folder / f"f{file:05d}.md").write_text(text)


if __name__ == "__main__":
    main()
