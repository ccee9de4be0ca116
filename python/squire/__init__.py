"""Squire: Lance tables, read and written by an engine of its own.

    >>> import squire
    >>> db = squire.connect("data")
    >>> table = db.create_table("notes", [{"id": 1, "text": "a knight", "vector": [1.1, 1.2]}])
    >>> table.search([1.0, 1.0]).limit(5).to_list()

Names, defaults and results are those of lancedb's synchronous API wherever it has them; what differs is in docs/python.md.
"""

from __future__ import annotations

from . import errors, fts, rerankers
from ._native import __version__
from .db import DBConnection, connect
from .errors import (
    AlreadyExistsError,
    CancelledError,
    CommitUnknownError,
    ConflictError,
    CorruptionError,
    Error,
    InternalError,
    InvalidArgumentError,
    IoError,
    NoSpaceError,
    NotFoundError,
    OverBudgetError,
    TooManyFilesError,
    UnsupportedError,
)
from .health import Limits, StageError, StageHealth, TableHealth
from .merge import MergeInsertBuilder
from .query import Query
from .rescue import doctor, find_tables, prune, repair, verify
from .results import (
    AddColumnsResult,
    AddResult,
    AlterColumnsResult,
    CleanupStats,
    CompactionStats,
    DeleteResult,
    DropColumnsResult,
    FragmentStatistics,
    FragmentSummaryStats,
    IndexConfig,
    MergeResult,
    OptimizeStats,
    TableStatistics,
    UpdateResult,
    VerifyReport,
)
from .table import Table
from .tags import Tags

__all__ = [
    "connect",
    "DBConnection",
    "Table",
    "Tags",
    "Query",
    "MergeInsertBuilder",
    "Limits",
    "StageError",
    "StageHealth",
    "TableHealth",
    "doctor",
    "find_tables",
    "prune",
    "repair",
    "verify",
    "errors",
    "fts",
    "rerankers",
    "__version__",
    "AlreadyExistsError",
    "CancelledError",
    "CommitUnknownError",
    "ConflictError",
    "CorruptionError",
    "Error",
    "InternalError",
    "InvalidArgumentError",
    "IoError",
    "NoSpaceError",
    "NotFoundError",
    "OverBudgetError",
    "TooManyFilesError",
    "UnsupportedError",
    "AddColumnsResult",
    "AddResult",
    "AlterColumnsResult",
    "CleanupStats",
    "CompactionStats",
    "DeleteResult",
    "DropColumnsResult",
    "FragmentStatistics",
    "FragmentSummaryStats",
    "IndexConfig",
    "MergeResult",
    "OptimizeStats",
    "TableStatistics",
    "UpdateResult",
    "VerifyReport",
]
