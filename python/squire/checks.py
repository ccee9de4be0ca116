"""What callers pass, looked at before the engine sees it. Each check returns the value, or says what is wrong and wanted."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from typing import Any, Optional

from .errors import InvalidArgumentError

#: The engine counts in 64 bits.
_MOST = 2**63 - 1


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}..."


def whole(value: Any, what: str, low: int = 0, high: int = _MOST) -> int:
    """A whole number of low to high."""
    try:
        number = operator.index(value)
    except TypeError:
        raise InvalidArgumentError(f"{what} is a whole number, not {_shown(value)}") from None
    if not low <= number <= high:
        span = f"from {low} on" if number < low else f"of {high} at most"
        raise InvalidArgumentError(f"{what} is a whole number {span}, not {_shown(number)}")
    return number


def number(value: Any, what: str, above: float = -math.inf) -> float:
    """A finite number above `above`."""
    try:
        found = value if isinstance(value, (str, bytes)) else float(value)
    except (TypeError, ValueError, OverflowError):
        found = None
    if not isinstance(found, float) or not math.isfinite(found) or found <= above:
        wanted = "a number" if above == -math.inf else f"a number above {above:g}"
        raise InvalidArgumentError(f"{what} is {wanted}, not {_shown(value)}")
    return found


def text(value: Any, what: str) -> str:
    """A string that is Unicode text: Python's may hold halves of surrogate pairs."""
    if not isinstance(value, str):
        raise InvalidArgumentError(f"{what} is a string, not {_shown(value)}")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise InvalidArgumentError(
                f"{what} is no Unicode text: character {error.start} is half of a surrogate pair"
            ) from None
    return str(value)


def condition(value: Any, what: str = "the filter") -> str:
    """A filter that says something."""
    if not text(value, what).strip():
        raise InvalidArgumentError(f"{what} is empty")
    return str(value)


def choice(value: Any, what: str, options: Iterable[str]) -> str:
    """One of the options, in whatever case it is written."""
    options = list(options)
    found = next((option for option in options if isinstance(value, str) and value.lower() == option.lower()), None)
    if found is None:
        raise InvalidArgumentError(f"{_shown(value)} is no {what}; {', '.join(options[:-1])} and {options[-1]} are")
    return found


def names(value: Any, what: str) -> list[str]:
    """Names of columns: a string, or several."""
    if isinstance(value, str):
        return [text(value, what)]
    if not isinstance(value, Iterable):
        raise InvalidArgumentError(f"{what} is a string or a list of strings, not {_shown(value)}")
    return [text(name, what) for name in value]


def bound(value: Optional[float], what: str) -> Optional[float]:
    """A number, an infinite one too, or None."""
    return value if value in (None, math.inf, -math.inf) else number(value, what)
