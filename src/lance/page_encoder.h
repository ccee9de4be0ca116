#pragma once

/// One page of a column in file versions 2.1 and 2.2: rows in, buffers and their description out. Numbers are bit
/// packed and repeated texts become dictionaries where that pays; vectors and other wide values stay as they are.
/// Source: docs/lance_format.md, "Mini-block" and "Full zip".

#include <cstdint>
#include <optional>
#include <vector>

#include "base/try.h"
#include "lance/logical_type.h"
#include "lance/proto/encodings21.pb.h"
#include "squire/array.h"

namespace squire::lance {

struct EncodedPage {
  std::vector<Buffer> buffers;
  pb21::PageLayout layout;
  int64_t num_rows = 0;
};

struct PageOptions {
  bool large_chunks = true;  ///< sizes of 32 bits in mini-blocks, as in version 2.2; else of 16, as in 2.1
  bool compress = true;
  bool dense_texts = false;  ///< texts as symbols (FSST) where that pays: less to store, more work to read
  /// Of a dictionary column of texts: its pages are dictionaries always, and their numbers of that width.
  std::optional<DictionaryKeys> keys = std::nullopt;
};

/// Encodes `rows` as one page. REQUIRES: the type of `rows` is a path: its lists and structs have one child each.
/// ERRORS: Unsupported types by name; OverBudget over 2^31 rows, or more entries than a dictionary's keys can number.
Result<EncodedPage> EncodePage(const Array& rows, const PageOptions& options = {});

}  // namespace squire::lance
