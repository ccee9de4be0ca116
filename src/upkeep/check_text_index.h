#pragma once

/// Reads a text index whole. Source: docs/text_index.md.

#include "table/snapshot.h"

namespace squire::upkeep {

/// Opens the index; with `deep`, decodes what it has of every word, adds it up, and where Squire wrote it, compares it
/// with the words of the table's texts. Returns the bytes read. ERRORS: Corruption for what is wrong; Unsupported for
/// forms and words that are not known here.
Result<int64_t> CheckTextIndex(const table::Snapshot& snapshot, const pb::IndexMetadata& index, bool deep);

}  // namespace squire::upkeep
