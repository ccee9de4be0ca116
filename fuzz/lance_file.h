#pragma once

/// Data files for the targets: a column tree as a file's columns stand, and a file around one hostile page.

#include "input.h"
#include "lance/file_reader.h"

namespace squire::fuzz {

/// The columns of `type` from `column` on. A 2.0 file (`legacy`) has columns for lists and structs as well.
lance::ColumnTree TreeOf(const DataType& type, int32_t& column, bool legacy);

struct PageParts {
  std::string encoding_url;
  Bytes encoding;
  uint32_t num_rows = 0;
  std::vector<Bytes> buffers;
  uint16_t minor = 2;  ///< of the file version: 2.0, 2.1 or 2.2
};

/// A file whose columns each have this one page.
std::vector<uint8_t> FileAround(const PageParts& page, int columns);

/// Reads all columns of `file` as `type`: whole, by halves, by row.
void ReadFile(FileSystem& fs, const std::string& path, const DataType& type, bool legacy);

/// A page's seed: type, rows, minor version, encoding, buffers. And back.
std::vector<uint8_t> SeedOf(uint8_t type, const PageParts& page);
PageParts PartsOf(Input& input, uint8_t& type);

}  // namespace squire::fuzz
