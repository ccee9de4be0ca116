"""Queries for words as objects, where a string of words (docs/text_search.md) is not enough; names as lancedb's.

lancedb's own objects are taken as well.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Optional, Union

from . import checks
from .errors import InvalidArgumentError, UnsupportedError

# text, kind, role, column, boost, all_words, edits, prefix_size, words_max: a TextCondition of the engine
Condition = tuple[str, str, str, str, float, bool, int, int, int]
_ANY_COLUMN = ""
_WORDS_MAX = 50
_LENGTH_MAX = 2**31 - 1


class Operator(str, Enum):
    """Of the words of a query: any of them, or all."""

    OR = "OR"
    AND = "AND"


class Occur(str, Enum):
    """What a part of a BooleanQuery asks of a row."""

    SHOULD = "SHOULD"
    MUST = "MUST"
    MUST_NOT = "MUST_NOT"


@dataclass(frozen=True)
class MatchQuery:
    """The words of `query`. `fuzziness`: letters that may differ, at most 2, None: by the length of a word; so many as
    `prefix_length` says are as they are written, and at most `max_expansions` words are looked for instead of one."""

    query: str
    column: Optional[str] = None
    boost: float = field(default=1.0, kw_only=True)
    fuzziness: Optional[int] = field(default=0, kw_only=True)
    max_expansions: int = field(default=_WORDS_MAX, kw_only=True)
    operator: Operator = field(default=Operator.OR, kw_only=True)
    prefix_length: int = field(default=0, kw_only=True)


@dataclass(frozen=True)
class PhraseQuery:
    """The words of `query`, one right after the other."""

    query: str
    column: Optional[str] = None
    slop: int = field(default=0, kw_only=True)
    boost: float = field(default=1.0, kw_only=True)


@dataclass(frozen=True)
class PrefixQuery:
    """Every word that begins with `query`, the commonest `max_expansions` of them."""

    query: str
    column: Optional[str] = None
    boost: float = field(default=1.0, kw_only=True)
    max_expansions: int = field(default=_WORDS_MAX, kw_only=True)


@dataclass(frozen=True)
class MultiMatchQuery:
    """The words of `query` in each of several columns, each with an index of its own; a row counts by its best one."""

    query: str
    columns: list[str]
    boosts: Optional[list[float]] = field(default=None, kw_only=True)
    operator: Operator = field(default=Operator.OR, kw_only=True)


@dataclass(frozen=True)
class BooleanQuery:
    """Parts that a row should, must or must not hold: (Occur, MatchQuery | PhraseQuery | PrefixQuery) pairs. They may be
    of several columns, each with an index of its own; a row scores the sum."""

    queries: list[tuple[Occur, Any]]


FullTextQuery = Union[MatchQuery, PhraseQuery, PrefixQuery, MultiMatchQuery, BooleanQuery]
_FIELDS = {"MatchQuery": "query", "PhraseQuery": "query", "PrefixQuery": "query", "MultiMatchQuery": "query"}
_FIELDS |= {"BooleanQuery": "queries", "BoostQuery": "positive"}


def is_query(value: Any) -> bool:
    """Whether it is such an object, lancedb's or ours."""
    return hasattr(value, _FIELDS.get(type(value).__name__, "no query"))


def words_of(query: Union[str, FullTextQuery, None]) -> str:
    """What it asks for as plain words: what a reranker is told."""
    if query is None or isinstance(query, str):
        return query or ""
    parts = [part for occur, part in query.queries if occur != Occur.MUST_NOT] if hasattr(query, "queries") else [query]
    return " ".join(part.query for part in parts)


def searches_of(query: FullTextQuery, columns: list[str]) -> list[tuple[str, list[Condition]]]:
    """The searches that it comes to, a column and its conditions each; a row counts by its best one. `columns` are
    those of the search, for parts that name none. ERRORS: UnsupportedError for a slop, for a BoostQuery, and for parts
    within parts."""
    name = type(query).__name__
    if name == "MultiMatchQuery":
        names = checks.names(query.columns, "columns")
        boosts = query.boosts or [1.0] * len(names)
        if len(boosts) != len(names) or not names:
            raise InvalidArgumentError("a MultiMatchQuery has columns, and a boost for each or none")
        parts = zip(names, boosts)
        return [(column, [_words(query, "should", _ANY_COLUMN, boost)]) for column, boost in parts]
    pairs = query.queries if name == "BooleanQuery" else [(Occur.SHOULD, query)]
    found = [_condition(part, _role(occur)) for occur, part in pairs]
    if not found:
        raise InvalidArgumentError("a BooleanQuery has parts")
    named = list(dict.fromkeys(condition[3] for condition in found if condition[3]))
    if len(columns) > 1 and not named:
        return [(column, found) for column in columns]
    searched = columns[0] if columns else named[0] if named else _ANY_COLUMN
    if named == [searched]:  # nothing to tell apart
        found = [(*condition[:3], _ANY_COLUMN, *condition[4:]) for condition in found]
    return [(searched, found)]


def _role(occur: Any) -> str:
    return checks.choice(getattr(occur, "value", occur), "Occur", [occur.value for occur in Occur]).lower()


def _words(query: Any, role: str, column: str, boost: float) -> Condition:
    operator = checks.choice(getattr(query.operator, "value", query.operator), "operator", ("OR", "AND"))
    fuzziness = getattr(query, "fuzziness", 0)
    edits = -1 if fuzziness is None else checks.whole(fuzziness, "fuzziness", 0, 2)
    prefix = checks.whole(getattr(query, "prefix_length", 0), "prefix_length", 0, _LENGTH_MAX)
    words, all_words = checks.text(query.query, "query"), operator == "AND"
    return (words, "words", role, column, checks.number(boost, "boost"), all_words, edits, prefix, _expansions(query))


def _expansions(query: Any) -> int:
    return checks.whole(getattr(query, "max_expansions", _WORDS_MAX), "max_expansions", 1, _LENGTH_MAX)


def _condition(query: Any, role: str) -> Condition:
    name = type(query).__name__
    if name == "BoostQuery":
        raise UnsupportedError("a BoostQuery lowers scores; a part that MUST_NOT occur, or a boost below 1, may do")
    if name not in ("MatchQuery", "PhraseQuery", "PrefixQuery"):
        raise UnsupportedError(f"a {name} within another query cannot be searched; its parts may stand side by side")
    column = checks.text(getattr(query, "column", None) or _ANY_COLUMN, "column")
    boost = checks.number(getattr(query, "boost", 1.0), "boost")
    if name == "MatchQuery":
        return _words(query, role, column, boost)
    words = checks.text(query.query, "query")
    if name == "PrefixQuery":
        return (words, "prefix", role, column, boost, False, 0, 0, _expansions(query))
    if getattr(query, "slop", 0):
        raise UnsupportedError("a phrase with words in between (slop) cannot be searched")
    return (words, "phrase", role, column, boost, False, 0, 0, _WORDS_MAX)
