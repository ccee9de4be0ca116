#pragma once

/// A question asked of the chunk table, by words, by meaning or both, or for what is like a place. docs/search.md.

#include "embed/embedder.h"
#include "squire/table.h"
#include "sync/index.h"
#include "sync/rows.h"

namespace squire::sync {

/// `open_embedder` is called when the question needs a vector, on another thread while the words are searched.
Result<SearchAnswer> Ask(const Table& table, const ModelRecord& model, const SearchRequest& request,
                         const std::function<Result<embed::Embedder*>()>& open_embedder);

}  // namespace squire::sync
