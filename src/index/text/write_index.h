#pragma once

/// Making a text index, and taking new rows into one. Source: docs/text_index.md.

#include <set>
#include <string>
#include <vector>

#include "index/text/text_index.h"

namespace squire::text {

/// An entry of an index in the making. All entries of one name are one index: each has rows of its own.
struct TextIndexWork {
  TextIndexParameters parameters;
  std::string name;
  std::set<uint64_t> fragments;             ///< whose rows are read from the table
  std::vector<pb::IndexMetadata> replaced;  ///< entries of this index whose live rows are taken over
  size_t memory_bytes_max = 160 << 20;
};

/// Whether a column of `type` can be in one.
bool CanIndexText(const DataType& type);

/// Whether other Lance programs can use an index by these parameters: then it is one of their kind.
Result<bool> IsLanceKind(const TextIndexParameters& parameters);

/// Writes the entry's files. They are durable but for their folder. Memory is bounded by the budget, and 12 bytes for
/// each document of a part. ERRORS: InvalidArgument, Unsupported for the parameters; NoSpace, Io; Corruption of what is
/// taken over.
Result<pb::IndexMetadata> WriteTextIndex(const table::Snapshot& snapshot, const TextIndexWork& work);

}  // namespace squire::text
