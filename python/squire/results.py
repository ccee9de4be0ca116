"""What calls return: small records with the names that lancedb gives them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class AddResult:
    """What `add` did."""

    version: int


@dataclass(frozen=True)
class DeleteResult:
    """What a delete did."""

    num_deleted_rows: int
    version: int


@dataclass(frozen=True)
class UpdateResult:
    """What `update` did."""

    rows_updated: int
    version: int


@dataclass(frozen=True)
class MergeResult:
    """What a merge or an upsert did; `num_rows` counts the rows written."""

    version: int
    num_updated_rows: int
    num_inserted_rows: int
    num_deleted_rows: int
    num_attempts: int
    num_rows: int


@dataclass(frozen=True)
class AddColumnsResult:
    """What `add_columns` did."""

    version: int


@dataclass(frozen=True)
class AlterColumnsResult:
    """What `alter_columns` did."""

    version: int


@dataclass(frozen=True)
class DropColumnsResult:
    """What `drop_columns` did."""

    version: int


@dataclass(frozen=True)
class CompactionStats:
    """What a compaction did. Fragments that were left alone are in neither count."""

    fragments_removed: int
    fragments_added: int
    rows_dropped: int
    bytes_written: int
    put_off: str = ""  #: why some of it is left for later (no space, no descriptors, a conflict ...)


@dataclass(frozen=True)
class CleanupStats:
    """What pruning removed, or would remove."""

    bytes_removed: int
    old_versions: int
    files_removed: int
    put_off: str = ""  #: why something that could go is still there


@dataclass(frozen=True)
class OptimizeStats:
    """What `optimize` did."""

    compaction: CompactionStats
    prune: CleanupStats
    put_off: str = ""  #: of taking new rows into indexes


@dataclass(frozen=True)
class IndexConfig:
    """An index of a table. Its type is by Lance's names: "BTree" of keys, "Inverted" or "Text" of words, "IVF_RQ" and its
    like of vectors."""

    name: str
    index_type: str
    columns: list[str]
    index_uuid: str  #: of its first segment
    num_segments: int = 1  #: that it is made of: other programs add one for rows written later


class _Fields:
    def __getitem__(self, name: str) -> Any:
        try:
            return getattr(self, name)
        except AttributeError:
            raise KeyError(name) from None


@dataclass(frozen=True)
class FragmentSummaryStats(_Fields):
    """Rows in a table's fragments."""

    min: int = 0
    max: int = 0
    mean: int = 0
    p25: int = 0
    p50: int = 0
    p75: int = 0
    p99: int = 0

    @classmethod
    def of(cls, lengths: list[int]) -> "FragmentSummaryStats":
        """Sums up; all zero for no fragment."""
        if not lengths:
            return cls()
        ordered = sorted(lengths)

        def at(share: float) -> int:
            return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

        return cls(ordered[0], ordered[-1], sum(ordered) // len(ordered), at(0.25), at(0.5), at(0.75), at(0.99))


@dataclass(frozen=True)
class FragmentStatistics(_Fields):
    """A table's fragments. A small one has under a million rows and may be merged with others."""

    num_fragments: int
    num_small_fragments: int
    lengths: FragmentSummaryStats


@dataclass(frozen=True)
class TableStatistics(_Fields):
    """A table in numbers; fields can be had by name as well: stats["num_rows"]."""

    total_bytes: int  #: what this version's rows take: data by its share of live rows, deletions, indexes
    num_rows: int
    num_indices: int
    fragment_stats: FragmentStatistics
    version: int = 0
    num_versions: int = 0  #: on disk
    num_files: int = 0
    bytes_on_disk: int = 0  #: everything in the table's folder
    upkeep_seconds: float = 0.0  #: that this handle spent on upkeep which nobody asked for
    upkeep_versions: int = 0  #: that this handle made in upkeep, asked for or not


@dataclass(frozen=True)
class VerifyReport:
    """What reading all of a version found."""

    fragments: int
    rows: int
    bytes_read: int
    problems: list[str] = field(default_factory=list)
