#include "lance/page_reader.h"

#include "base/allocate.h"
#include "lance/codec.h"
#include "lance/layout.h"

namespace squire::lance {

Result<Buffer> PageBuffers::Read(size_t index, uint64_t from, uint64_t size_bytes) const {
  if (index >= sizes.size() || from > sizes[index] || size_bytes > sizes[index] - from)
    return Corruption("a page's buffer " + std::to_string(index) + " does not hold bytes " + std::to_string(from) +
                          "+" + std::to_string(size_bytes),
                      path);
  OwnedBytes bytes = TRY(OwnedBytes::Allocate(size_bytes));
  TRY(file->Read(ranges[index].offset + from, bytes.span()));
  return bytes.Freeze();
}

Result<std::vector<uint16_t>> DecodeLevels(const pb21::CompressiveEncoding& encoding, Bytes block, uint64_t count) {
  const Values values = TRY(DecodeBlock(encoding, block, count));
  if (values.bits != 16 || values.count != static_cast<int64_t>(count))
    return Corruption("levels that are not of 16 bits");
  return CopyLevels(values.data.span().first(count * sizeof(uint16_t)));
}

std::vector<uint16_t> CopyLevels(Bytes bytes) {
  std::vector<uint16_t> levels(bytes.size() / sizeof(uint16_t));
  if (!levels.empty()) std::memcpy(levels.data(), bytes.data(), levels.size() * sizeof(uint16_t));
  return levels;
}

Result<LevelRange> SliceRows(const Shape& shape, const Levels& all, int64_t row_of_first_entry, int64_t first,
                             int64_t count) {
  LevelRange out;
  // The first entry may continue a row that began in the chunk before.
  int64_t row = row_of_first_entry - 1;
  if (!all.rep.empty() && all.rep[0] != shape.max_rep()) row++;
  bool seen_begin = false;
  for (size_t at = 0; at < all.count(); at++) {
    const uint16_t rep = all.rep.empty() ? 0 : all.rep[at], def = all.def.empty() ? 0 : all.def[at];
    if (rep == shape.max_rep()) {
      row++;
      seen_begin = seen_begin || row == first;
      if (row == first + count) break;
    }
    const bool visible = def <= shape.max_visible();
    if (!seen_begin) {
      out.values_before += visible ? 1 : 0;
      continue;
    }
    if (!all.rep.empty()) out.levels.rep.push_back(rep);
    if (!all.def.empty()) out.levels.def.push_back(def);
    out.values += visible ? 1 : 0;
  }
  if (!seen_begin) return Corruption("a page lacks the levels of row " + std::to_string(first));
  return out;
}

Result<std::unique_ptr<PageReader>> OpenPage(PageBuffers buffers, const pb21::PageLayout& layout, const DataType& path,
                                             int64_t num_rows) {
  const auto open = [&](const auto& described, auto opener) -> Result<std::unique_ptr<PageReader>> {
    Shape shape = TRY(Shape::Of(described.layers(), path));
    return opener(PageContext{std::move(buffers), path, std::move(shape), num_rows}, described);
  };
  switch (layout.layout_case()) {
    case pb21::PageLayout::kMiniBlockLayout: return open(layout.mini_block_layout(), OpenMiniBlock);
    case pb21::PageLayout::kConstantLayout: return open(layout.constant_layout(), OpenConstant);
    case pb21::PageLayout::kFullZipLayout: return open(layout.full_zip_layout(), OpenFullZip);
    case pb21::PageLayout::kBlobLayout: return Unsupported("blob pages are not read", buffers.path);
    default: return Unsupported("a page layout that this build does not know", buffers.path);
  }
}

}  // namespace squire::lance
