#pragma once

/// How BM25 scores a document, in numbers.

#include <cstdint>

namespace squire::text {

/// score = sum over the query's words w of weight(w) * idf(w) * tf * (k1 + 1) / (tf + k1 * (1 - b + b * length / mean))
/// with idf(w) = ln(1 + (N - df + 0.5) / (df + 0.5)); Robertson and Zaragoza, "The Probabilistic Relevance Framework",
/// 2009. Fields count as in its section 3.6 (BM25F, one b for all): tf and length are sums over the fields, each times
/// its boost, as if the field's text were repeated so often. A field with boost 0 is not read.
struct Bm25Options {
  double k1 = 1.2;
  double b = 0.75;
  double name_boost = 2.5;
  double path_boost = 1.5;
};

/// ln(1 + (N - df + 0.5) / (df + 0.5)) of a word that `with` of `documents` hold.
double InverseDocumentFrequency(uint64_t documents, uint64_t with);

}  // namespace squire::text
