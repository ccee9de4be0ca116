#pragma once

/// Pages of file version 2.0: plain buffers, named by a tree of encodings. Structs and lists own columns there: a
/// struct's is empty, a list's holds where its lists end, and the items follow in the next column.
/// Source: docs/lance_format.md, "Version 2.0".

#include "lance/page_reader.h"
#include "lance/proto/encodings20.pb.h"

namespace squire::lance {

inline constexpr char kArrayEncodingUrl[] = "/lance.encodings.ArrayEncoding";

/// Opens a page of a leaf column. `is_dictionary_type`: the column's logical type is a dictionary.
/// ERRORS: Corruption; Unsupported encodings by name.
Result<std::unique_ptr<PageReader>> OpenLegacyLeaf(PageBuffers buffers, pb20::ArrayEncoding encoding,
                                                   const DataType& type, int64_t num_rows, bool is_dictionary_type);

/// Lists of a page: where each begins and ends among the items of the page, and which are null.
struct LegacyLists {
  int64_t first_item = 0;
  std::vector<int64_t> ends;
  std::vector<uint8_t> validity;  // a byte a list
};
Result<LegacyLists> ReadLegacyLists(const PageBuffers& buffers, const pb20::ArrayEncoding& encoding, int64_t first,
                                    int64_t count);

}  // namespace squire::lance
