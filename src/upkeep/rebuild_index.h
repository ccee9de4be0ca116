#pragma once

/// Making an index anew whose files are damaged, from what is left of it: the manifest's entry, and those of its files
/// that say how it was made.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "index/text/text_index.h"
#include "index/vector/write_index.h"
#include "table/snapshot.h"

namespace squire::upkeep {

struct IndexRecipe {
  std::string name;
  std::string column;                 ///< the first one
  std::vector<std::string> replaced;  ///< by uuid: until the new one is there the old one stays, to be found again
  std::optional<vector::WriteIndexOptions> vectors;  ///< of a vector index
  std::optional<text::TextIndexParameters> words;    ///< of a text index; a key index has neither
};

/// Null for indexes of kinds that are not made here, and for those that do not tell how they were made; `why` says
/// which, as the end of a sentence. ERRORS: those that may pass: TooManyFiles, Io.
Result<std::unique_ptr<IndexRecipe>> RecipeOf(const table::Snapshot& snapshot, const pb::IndexMetadata& index,
                                              std::string& why);

/// Writes its files. ERRORS: as those who write indexes.
Result<pb::IndexMetadata> Rebuild(const table::Snapshot& snapshot, const IndexRecipe& recipe);

}  // namespace squire::upkeep
