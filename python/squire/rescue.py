"""First aid for Lance tables, whoever made them, also for those that no longer open."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any, Union

from . import _native

#: A table's folder, NAME.lance.
Path = Union[str, "os.PathLike[str]"]

_LEFTOVER_AGE_S = 7 * 24 * 3600


def find_tables(path: Path) -> list[str]:
    """The table at `path`, or all tables below it, by name; for one call of the others each."""
    return _native.find_tables(os.fspath(path))


def doctor(path: Path) -> dict[str, Any]:
    """Where a table's bytes are, what is wrong, and what each remedy would free. Writes nothing.

    >>> squire.doctor("data/notes.lance")["bytes"]
    {'live': 212645, 'old_versions': 268596, 'orphans': 0, 'indexes': 235632, 'manifests': 390998, 'total': 1107871}

    Returns what `squire doctor --json` prints: docs/json.md.
    """
    return _native.doctor(os.fspath(path))


def prune(
    path: Path,
    keep: int = 1,
    older_than: timedelta = timedelta(0),
    unverified: bool = False,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Removes old versions and the files that only they need. Needs no free space.

    Args:
        path: the table's folder.
        keep: the newest so many versions stay; so do those that tags hold or readers of ours use.
        older_than: younger versions stay.
        unverified: files that no version names go whatever their age, not at seven days: only while nobody writes.
        dry_run: only tell what would go.

    Returns what `squire prune --json` prints: docs/json.md.
    """
    leftover_age_s = 0 if unverified else _LEFTOVER_AGE_S
    return _native.prune(os.fspath(path), keep, int(older_than.total_seconds()), leftover_age_s, dry_run)


def verify(path: Path, deep: bool = False) -> dict[str, Any]:
    """Checks manifests, files, footers and counts; with `deep` every page, and indexes against the rows they name.

    Damage is in "problems" of what is returned, not an exception: docs/json.md, `verify`.
    """
    return _native.verify(os.fspath(path), deep)


def repair(path: Path, dry_run: bool = False) -> dict[str, Any]:
    """Makes a version of what can be read, and tells what is lost. Older versions stay as they are.

    Returns what `squire repair --json` prints: docs/json.md.
    """
    return _native.repair(os.fspath(path), dry_run)
