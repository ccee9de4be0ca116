#pragma once

/// Several parts become one, read and written a few words at a time. Source: docs/text_index.md, "Merging".

#include <functional>

#include "index/text/text_files.h"

namespace squire::text {

/// What a merged part may have at most, so that the postings of a word fit in memory whatever the table, and what is
/// counted in 32 bits does.
inline constexpr uint64_t kPartDocumentsMax = 1 << 21;
inline constexpr uint64_t kPartWordsMax = 1 << 26;  ///< in all its documents

struct PartSource {
  std::shared_ptr<const TextPart> part;
  std::function<bool(uint64_t row)> keep;  ///< which documents stay; all where it is empty
};

/// Writes the documents of `sources` that are kept, in their order, as part `number` in `folder`; adds how many they
/// are to `documents`. REQUIRES: sources have positions if the new part does; together, not more than the bounds above,
/// or one source. ERRORS: Corruption of a source; NoSpace, Io.
Result<WrittenFiles> MergeParts(FileSystem& fs, const std::string& folder, uint64_t number, bool with_positions,
                                std::span<const PartSource> sources, uint64_t& documents);

}  // namespace squire::text
