#pragma once

/// One function a page layout; page_reader.cc chooses.

#include "lance/levels.h"
#include "lance/page_reader.h"

namespace squire::lance {

/// What every layout reader is given.
struct PageContext {
  PageBuffers buffers;
  DataType path;  ///< from the column to one leaf: its lists and structs have one child each
  Shape shape;
  int64_t num_rows = 0;

  [[nodiscard]] const DataType& leaf() const { return LeafOf(path); }

  [[nodiscard]] Error Broken(const std::string& what) const { return Corruption("page: " + what, buffers.path); }
};

Result<std::unique_ptr<PageReader>> OpenMiniBlock(PageContext page, const pb21::MiniBlockLayout& layout);
Result<std::unique_ptr<PageReader>> OpenFullZip(PageContext page, const pb21::FullZipLayout& layout);
Result<std::unique_ptr<PageReader>> OpenConstant(PageContext page, const pb21::ConstantLayout& layout);

/// The 16-bit levels of a block. ERRORS: Corruption.
Result<std::vector<uint16_t>> DecodeLevels(const pb21::CompressiveEncoding& encoding, Bytes block, uint64_t count);

/// Levels as they stand in `bytes`, two bytes each; an odd last byte is left out.
std::vector<uint16_t> CopyLevels(Bytes bytes);

/// The entries of some rows of a page with lists: from the entry that begins row `first` to the one that begins row
/// `first` + `count`, with the visible values before and among them.
struct LevelRange {
  Levels levels;
  int64_t values_before = 0;
  int64_t values = 0;
};
/// REQUIRES: `all` begins within or with row `row_of_first_entry`. ERRORS: Corruption when a row is not there.
Result<LevelRange> SliceRows(const Shape& shape, const Levels& all, int64_t row_of_first_entry, int64_t first,
                             int64_t count);

}  // namespace squire::lance
