"""Ways to put what a hybrid search finds by vector and by words into one order. Any object with `rerank_hybrid(query,
vector_results, fts_results)`, as lancedb's rerankers have it, will do."""

from __future__ import annotations

import math

import pyarrow as pa

from .errors import InvalidArgumentError

__all__ = ["RRFReranker"]


class RRFReranker:
    """By the sum of weight / (K + rank) over both rankings, equal sums by row (Cormack, Clarke and Buettcher, SIGIR 2009)."""

    def __init__(self, K: int = 60, vector_weight: float = 1.0, text_weight: float = 1.0) -> None:
        if K <= 0:
            raise InvalidArgumentError("K is above 0")
        for weight in (vector_weight, text_weight):
            if not (math.isfinite(weight) and weight >= 0):
                raise InvalidArgumentError("a weight is a number from 0 on")
        self.K, self.vector_weight, self.text_weight = K, vector_weight, text_weight

    def rerank_hybrid(self, query: str, vector_results: pa.Table, fts_results: pa.Table) -> pa.Table:
        """Both tables have _rowid, best first; the answer has _relevance_score instead of their own scores."""
        scores: dict[int, float] = {}
        for results, weight in ((vector_results, self.vector_weight), (fts_results, self.text_weight)):
            for rank, row in enumerate(results["_rowid"].to_pylist(), 1):
                scores[row] = scores.get(row, 0.0) + weight / (self.K + rank)
        words = fts_results.drop_columns(["_score"])
        both = pa.concat_tables([vector_results.drop_columns(["_distance"]).select(words.column_names), words])
        first = {row: place for place, row in reversed(list(enumerate(both["_rowid"].to_pylist())))}
        order = sorted(scores, key=lambda row: (-scores[row], row))
        found = both.take(pa.array([first[row] for row in order], pa.int64()))
        relevance = pa.array([scores[row] for row in order], pa.float32())
        return found.append_column("_relevance_score", relevance)
