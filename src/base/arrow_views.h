#pragma once

/// Arrow layouts that are not kept as they come: views and dictionaries become plain columns, by a copy.

#include "squire/arrow.h"

namespace squire::arrow {

/// `shape` (type, length, offset, validity) with the values that the views of `from` point at. REQUIRES: at least three
/// buffers. ERRORS: InvalidArgument for a view that points outside, OverBudget beyond 2 GiB of text in one batch.
Result<Array> FromViews(const ArrowArray& from, Array shape);

/// values[indices], null where an index is. ERRORS: InvalidArgument for an index outside or indices that are no
/// integers.
Result<Array> FromDictionary(const Array& indices, const Array& values);

}  // namespace squire::arrow
