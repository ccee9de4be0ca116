#pragma once

/// Reads rows of one page of a column, by range: only the bytes of the rows asked for are fetched.
/// A PageReader is safe to share between threads once opened.
/// Source: docs/lance_format.md, "Mini-block", "Full zip", "Constant".

#include <memory>

#include "io/file_system.h"
#include "lance/proto/encodings21.pb.h"
#include "lance/proto/file.pb.h"
#include "squire/array.h"

namespace squire::lance {

/// Where a page's buffers lie, checked against the file's size.
struct PageBuffers {
  const RandomAccessFile* file = nullptr;
  std::vector<ReadRange> ranges;  ///< offsets; `out` is not used
  std::vector<uint64_t> sizes;
  std::string path;  ///< for errors

  [[nodiscard]] size_t count() const { return sizes.size(); }
  /// Reads [from, from + size) of buffer `index`. ERRORS: Corruption beyond its end.
  [[nodiscard]] Result<Buffer> Read(size_t index, uint64_t from, uint64_t size_bytes) const;
  [[nodiscard]] Result<Buffer> ReadAll(size_t index) const {
    return Read(index, 0, index < sizes.size() ? sizes[index] : 0);
  }
};

class PageReader {
 public:
  virtual ~PageReader() = default;
  /// Rows [first, first + count) of the page. REQUIRES: they are in the page.
  [[nodiscard]] virtual Result<Array> Read(int64_t first, int64_t count) const = 0;
};

/// Opens a page of file version 2.1 or 2.2. `path` is the type of the column's rows as far as one leaf goes: its lists
/// and structs have one child each. `num_rows` is the page's length.
/// ERRORS: Corruption; Unsupported encodings by name.
Result<std::unique_ptr<PageReader>> OpenPage(PageBuffers buffers, const pb21::PageLayout& layout, const DataType& path,
                                             int64_t num_rows);

}  // namespace squire::lance
