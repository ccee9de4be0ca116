#include "lance/page_reader.h"

#include "base/allocate.h"
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

Result<bool> IsNullable(const google::protobuf::RepeatedField<int>& layers) {
  if (layers.size() == 1 && layers[0] == pb21::ALL_VALID_ITEM) return false;
  if (layers.size() == 1 && layers[0] == pb21::NULLABLE_ITEM) return true;
  return Unsupported("list and struct columns are not read yet");
}

Result<Array> NullArray(const DataType& type, int64_t count) {
  ArrayBuilder builder(type);
  for (int64_t i = 0; i < count; i++) builder.AppendNull();
  return builder.Finish();
}

Result<std::unique_ptr<PageReader>> OpenPage(PageBuffers buffers, const pb21::PageLayout& layout, const DataType& type,
                                             int64_t num_rows) {
  PageContext page{std::move(buffers), type, num_rows};
  switch (layout.layout_case()) {
    case pb21::PageLayout::kMiniBlockLayout: return OpenMiniBlock(std::move(page), layout.mini_block_layout());
    case pb21::PageLayout::kConstantLayout: return OpenConstant(std::move(page), layout.constant_layout());
    case pb21::PageLayout::kFullZipLayout: return OpenFullZip(std::move(page), layout.full_zip_layout());
    case pb21::PageLayout::kBlobLayout: return Unsupported("blob pages are not read", page.buffers.path);
    default: return Unsupported("a page layout that this build does not know", page.buffers.path);
  }
}

}  // namespace squire::lance
