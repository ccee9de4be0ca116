"""Whether a table is well: what last became of each thing that is done to it, and how big it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Optional, Union

from .errors import InvalidArgumentError
from .results import _Fields

_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


@dataclass(frozen=True)
class StageError(_Fields):
    """The last error of a stage; kept when the stage is green again."""

    code: str  #: e.g. "NoSpace"
    message: str
    path: str
    errno: int
    retryable: bool
    time: float


@dataclass(frozen=True)
class StageHealth(_Fields):
    """One thing that is done to a table: red from its first failed attempt until one succeeds.

    Times are seconds since 1970; 0: none known.
    """

    status: str  #: "green" or "red"
    last_success: float = 0.0
    last_attempt: float = 0.0
    streak: int = 0  #: failures in a row
    since: float = 0.0  #: while red: when the first of them was
    last_error: Optional[StageError] = None


@dataclass(frozen=True)
class TableHealth(_Fields):
    """A table's health; fields can be had by name as well: health["status"]."""

    status: str  #: "red" while a stage is, otherwise "green"
    owned: bool  #: Squire keeps it: prunes and compacts it unasked
    recorded: bool  #: there is a record on the disk
    stages: dict[str, StageHealth] = field(default_factory=dict)  #: "open", "commit", "prune", "compact", "fold", ...
    bytes: int = 0  #: of all files in the table's folder
    live_bytes: int = 0  #: of them what the newest version's rows take
    ratio: float = 1.0  #: bytes by live_bytes
    versions: int = 0
    fragments: int = 0
    files: int = 0
    descriptors: int = 0  #: open in this process
    free_bytes: int = 0  #: of the disk
    measured: float = 0.0  #: when

    def to_dict(self) -> dict[str, Any]:
        """As `squire health --json` has it."""
        return asdict(self)

    @classmethod
    def _of(cls, raw: Mapping[str, Any]) -> "TableHealth":
        stages = {}
        for name, stage in raw["stages"].items():
            error = stage["last_error"]
            stages[name] = StageHealth(**{**stage, "last_error": None if error is None else StageError(**error)})
        return cls(**{**raw, "stages": stages})


@dataclass(frozen=True)
class Limits:
    """Bounds that tables are held to: at one of them upkeep runs at once, then rows are refused (OverBudgetError)."""

    max_bytes: int = 0  #: 0: none, as below
    max_bytes_per_live: float = 0.0
    max_versions: int = 0
    min_free_disk: int = 0

    @classmethod
    def of(
        cls,
        max_bytes: Union[int, str, None] = None,
        max_versions: Optional[int] = None,
        min_free_disk: Union[int, str, None] = None,
    ) -> "Limits":
        """Of numbers, or of texts: "2G", and for max_bytes "3x", three times the live bytes."""
        times = 0.0
        if isinstance(max_bytes, str) and max_bytes.strip().lower().endswith("x"):
            times = _positive(max_bytes.strip()[:-1], "max_bytes")
            max_bytes = None
        return cls(
            _bytes(max_bytes, "max_bytes"), times, _count(max_versions, "max_versions"), _bytes(min_free_disk, "min_free_disk")
        )


def _positive(text: str, name: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e9:
        raise InvalidArgumentError(f"{name} is a number of bytes, a text like '2G', or like '3x', not {text!r}")
    return value


def _count(value: Optional[int], name: str) -> int:
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value < 1 << 63:
        raise InvalidArgumentError(f"{name} is a number from 1 on, not {value!r}")
    return value


def _bytes(value: Union[int, str, None], name: str) -> int:
    if not isinstance(value, str):
        return _count(value, name)
    text = value.strip().lower().removesuffix("b").removesuffix("i")
    unit = text[-1:] if text[-1:] in _UNITS else ""
    return max(1, int(_positive(text[: len(text) - len(unit)], name) * _UNITS[unit]))
