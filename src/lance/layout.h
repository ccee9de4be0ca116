#pragma once

/// One function a page layout; page_reader.cc chooses.

#include "lance/page_reader.h"

namespace squire::lance {

/// What every layout reader is given.
struct PageContext {
  PageBuffers buffers;
  DataType type;
  int64_t num_rows = 0;

  [[nodiscard]] Error Broken(const std::string& what) const { return Corruption("page: " + what, buffers.path); }
};

Result<std::unique_ptr<PageReader>> OpenMiniBlock(PageContext page, const pb21::MiniBlockLayout& layout);
Result<std::unique_ptr<PageReader>> OpenFullZip(PageContext page, const pb21::FullZipLayout& layout);
Result<std::unique_ptr<PageReader>> OpenConstant(PageContext page, const pb21::ConstantLayout& layout);

/// A one-layer page is flat: its items are rows. True when they may be null.
/// ERRORS: Unsupported for lists and structs.
Result<bool> IsNullable(const google::protobuf::RepeatedField<int>& layers);

/// An array of `count` rows that are all null.
Result<Array> NullArray(const DataType& type, int64_t count);

}  // namespace squire::lance
