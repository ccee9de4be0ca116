"""What callers pass, looked at before the engine sees it: each check returns the value or says what is wrong and wanted."""

from __future__ import annotations

import functools
import inspect
import math
import operator
from collections.abc import Callable, Iterable
from typing import Any, Optional, TypeVar

from .errors import InvalidArgumentError

#: The engine counts in 64 bits.
_MOST = 2**63 - 1
_Class = TypeVar("_Class", bound=type)


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


def guarded(but: Iterable[str] = ()) -> Callable[[_Class], _Class]:
    """For a class: what the engine's binding says of arguments that no check looked at, a page about its inner calls,
    becomes an InvalidArgumentError of the method that was called. `but` are methods that look after themselves."""

    def guard(kind: _Class) -> _Class:
        for name, method in list(vars(kind).items()):
            if inspect.isfunction(method) and not name.startswith("_") and name not in but:
                setattr(kind, name, _guarded(method))
        return kind

    return guard


def _guarded(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        except TypeError as error:
            if "incompatible function arguments" not in str(error):
                raise
            reason = "is of a type or size that it does not take"
        except UnicodeEncodeError:
            reason = "holds half of a surrogate pair, which is no Unicode text"
        raise InvalidArgumentError(f"an argument of {method.__name__} {reason}")

    return call
