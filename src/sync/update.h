#pragma once

/// One index run: scan, diff, read, cut, embed, commit. Under the write lock, on one thread with helpers for reading.

#include "sync/index.h"
#include "sync/vectors.h"

namespace squire::sync {

/// Makes the index at `location` equal to its tree, as Index::Update says. `embedder` is opened when first needed and
/// kept by the caller for the next run.
Result<UpdateReport> RunUpdate(const Location& location, const UpdateOptions& options,
                               std::unique_ptr<embed::Embedder>& embedder);

}  // namespace squire::sync
