#pragma once

/// One page of a column in file version 2.2: rows in, buffers and their description out.
/// Source: docs/lance_format.md, "Mini-block" and "Full zip".

#include <cstdint>
#include <span>
#include <vector>

#include "base/try.h"
#include "lance/proto/encodings21.pb.h"
#include "squire/array.h"

namespace squire::lance {

struct EncodedPage {
  std::vector<std::vector<uint8_t>> buffers;
  pb21::PageLayout layout;
  int64_t num_rows = 0;
};

/// Encodes the rows of `parts`, one after the other, as one page.
/// REQUIRES: all parts have one leaf type. ERRORS: Unsupported types by name; OverBudget over 2^31 rows.
Result<EncodedPage> EncodePage(std::span<const Array> parts);

}  // namespace squire::lance
