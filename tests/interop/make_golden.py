#!/usr/bin/env python3
"""Makes the golden tables: one a file version, as the pinned pylance writes it, with deletions of both kinds of file.

    make_golden.py FOLDER

What they hold is types_of_columns.table(ROWS, version) without the rows of DELETED. They are kept as they were made, so that
tables of today are read for good.
"""
import pathlib
import shutil
import sys

import lance

import types_of_columns as types

ROWS = 40
DELETED = {"row-000003", "row-000017", "row-000039"}
VERSIONS = ["2.0", "2.1", "2.2"]


def main(folder):
    for version in VERSIONS:
        path = folder / f"v{version.replace('.', '_')}.lance"
        shutil.rmtree(path, ignore_errors=True)
        table = types.table(ROWS, version)
        lance.write_dataset(table.slice(0, 25), path, data_storage_version=version)
        lance.write_dataset(table.slice(25), path, mode="append")
        dataset = lance.dataset(path)
        dataset.delete(f"id IN ({', '.join(repr(i) for i in sorted(DELETED))})")
        dataset.cleanup_old_versions(older_than=__import__("datetime").timedelta(0), delete_unverified=True)
        shutil.rmtree(path / "_transactions", ignore_errors=True)  # the manifest holds it too


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
