#pragma once

/// Making a vector index of a column, and taking new rows into one. Source: docs/vector_index.md.

#include <string>

#include "index/vector/ivf_files.h"
#include "table/snapshot.h"

namespace squire::vector {

struct WriteIndexOptions {
  simd::Metric metric = simd::Metric::kCosine;
  size_t partitions = 0;  ///< 0: by the number of rows
  unsigned bits = 5;      ///< of a code, a dimension: 1 to 9
  int threads = 1;
  size_t memory_bytes_max = 160 << 20;
};

/// Whether a column of `type` can have one: vectors of a multiple of 8 dimensions, at most kCodeDimMax.
bool CanIndexVectors(const DataType& type);

/// Partitions for so many rows.
size_t PartitionsFor(uint64_t rows);

/// Writes an index of `column` over all rows of `snapshot`. With `previous`, an index of the same column that is read
/// here, its centers, metric and codes stay; only rows that it lacks are read, and may get centers of their own; where
/// there are many more rows than it was made for, it is made anew. Rows whose vector is null or not finite are in no
/// index. The files are durable but for their folder. Memory is bounded by the options.
/// ERRORS: NotFound; Unsupported types and tables; InvalidArgument for options; NoSpace, Io.
Result<pb::IndexMetadata> WriteVectorIndex(const table::Snapshot& snapshot, const std::string& column,
                                           const std::string& name, const WriteIndexOptions& options,
                                           const pb::IndexMetadata* previous = nullptr);

/// How an index like `index` is made: by what the manifest says, and the number of its centers where they can be read.
/// One of another kind of codes becomes an IVF_RQ. ERRORS: Corruption; Unsupported for another distance.
Result<WriteIndexOptions> OptionsLike(const table::Snapshot& snapshot, const pb::IndexMetadata& index);

/// Whether an index is, by what the manifest says, of the kind that is made here: then new rows are folded into it.
bool IsOwnKind(const pb::IndexMetadata& index);

/// What the manifest says about the metric of an index; of some of older programs' the files alone tell, and this is
/// Unsupported. ERRORS: Corruption; Unsupported for another distance.
Result<simd::Metric> MetricOfIndex(const pb::IndexMetadata& index);

/// "IVF_RQ", "IVF_PQ", "IVF_HNSW_SQ" ...: by what the manifest says.
std::string KindOfVectorIndex(const pb::IndexMetadata& index);

}  // namespace squire::vector
