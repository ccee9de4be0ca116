#include "lance/file_reader.h"

#include <algorithm>

#include "base/bytes.h"
#include "lance/container.h"
#include "lance/proto/any.pb.h"

namespace squire::lance {
namespace {

constexpr uint64_t kTailBytes = 64 << 10;           // read at open; metadata rarely needs more
constexpr uint64_t kMetadataBytesMax = 512u << 20;  // beyond this a file is refused
constexpr uint32_t kColumnsMax = 100'000;

Result<Footer> ReadFooter(const RandomAccessFile& file, const std::string& path) {
  if (file.size() < kFooterBytes) return Corruption("the file is too short for a footer", path);
  uint8_t bytes[kFooterBytes];
  TRY(file.Read(file.size() - kFooterBytes, bytes));
  Footer footer = TRY(Footer::Parse(bytes));
  if (footer.major != 2 || (footer.minor != 1 && footer.minor != 2))
    return Unsupported("data file version " + std::to_string(footer.major) + "." + std::to_string(footer.minor) +
                           " is not read (2.1 and 2.2 are)",
                       path);
  return footer;
}

}  // namespace

Result<std::shared_ptr<FileReader>> FileReader::Open(FileSystem& fs, const std::string& path) {
  std::shared_ptr<FileReader> reader(new FileReader());
  reader->path_ = path;
  reader->file_ = TRY(fs.OpenRead(path));
  const uint64_t size = reader->file_->size();
  const Footer footer = TRY(ReadFooter(*reader->file_, path));
  // Global buffer 0 comes before the column metadata; both are fetched with one read, usually the tail of the file.
  uint64_t start = size - std::min(size, kTailBytes);
  start = std::min({start, footer.column_metadata_start, footer.column_table, footer.global_buffer_table});
  if (size - start > kMetadataBytesMax) return Corruption("its metadata would be over 512 MiB", path);
  std::vector<uint8_t> tail(size - start);
  TRY(reader->file_->Read(start, tail));
  TRY(reader->ParseMetadata(tail, start));
  return reader;
}

Result<void> FileReader::ParseMetadata(Bytes tail, uint64_t tail_start) {
  const Footer footer = TRY(Footer::Parse(tail.subspan(tail.size() - kFooterBytes)));
  const auto range = [&](uint64_t offset, uint64_t size) -> Result<Bytes> {
    if (offset < tail_start || offset - tail_start > tail.size() || size > tail.size() - (offset - tail_start))
      return Corruption("its metadata points outside the file", path_);
    return tail.subspan(offset - tail_start, size);
  };
  if (footer.num_columns > kColumnsMax)
    return Corruption("it claims " + std::to_string(footer.num_columns) + " columns", path_);
  const Bytes table = TRY(range(footer.column_table, uint64_t{footer.num_columns} * 16));
  for (uint32_t i = 0; i < footer.num_columns; i++) {
    const auto offset = Load<uint64_t>(table.data() + i * 16), size = Load<uint64_t>(table.data() + i * 16 + 8);
    columns_.push_back(TRY(ParseColumn(TRY(range(offset, size)))));
    const auto& pages = columns_.back().pages;
    const int64_t rows = pages.empty() ? 0 : pages.back().first_row + static_cast<int64_t>(pages.back().page.length());
    if (i == 0)
      num_rows_ = rows;
    else if (rows != num_rows_)
      return Corruption("its columns differ in length", path_);
  }
  return {};
}

Result<FileReader::Column> FileReader::ParseColumn(Bytes metadata) const {
  pb::ColumnMetadata parsed;
  if (!parsed.ParseFromArray(metadata.data(), static_cast<int>(metadata.size())))
    return Corruption("the metadata of a column does not parse", path_);
  Column column;
  int64_t row = 0;
  for (pb::Page& page : *parsed.mutable_pages()) {
    if (page.length() > (1ull << 40) || page.buffer_offsets_size() != page.buffer_sizes_size())
      return Corruption("the metadata of a page is inconsistent", path_);
    for (int i = 0; i < page.buffer_offsets_size(); i++) {
      if (page.buffer_offsets(i) > file_->size() || page.buffer_sizes(i) > file_->size() - page.buffer_offsets(i))
        return Corruption("a page buffer points outside the file", path_);
    }
    PageSlot slot;
    slot.first_row = row;
    row += static_cast<int64_t>(page.length());
    slot.page = std::move(page);
    column.pages.push_back(std::move(slot));
  }
  return column;
}

Result<const PageReader*> FileReader::Open(PageSlot& slot, const DataType& type) {
  const std::scoped_lock lock(mutex_);
  if (slot.reader && !(slot.type == type)) return Corruption("a column is read under two types", path_);
  if (slot.reader) return slot.reader.get();
  slot.type = type;
  pb::Any any;
  pb21::PageLayout layout;
  if (!any.ParseFromString(slot.page.encoding().direct().encoding()))
    return Corruption("the encoding of a page does not parse", path_);
  if (any.type_url() != kPageLayoutUrl) return Unsupported("page encoding '" + any.type_url() + "'", path_);
  if (!layout.ParseFromString(any.value())) return Corruption("the layout of a page does not parse", path_);
  PageBuffers buffers;
  buffers.file = file_.get();
  buffers.path = path_;
  for (int i = 0; i < slot.page.buffer_offsets_size(); i++) {
    buffers.ranges.push_back({slot.page.buffer_offsets(i), {}});
    buffers.sizes.push_back(slot.page.buffer_sizes(i));
  }
  slot.reader = TRY(OpenPage(std::move(buffers), layout, type, static_cast<int64_t>(slot.page.length())));
  return slot.reader.get();
}

Result<size_t> FileReader::FindPage(size_t column, int64_t row) const {
  if (column >= columns_.size()) return Corruption("the file has no column " + std::to_string(column), path_);
  const auto& pages = columns_[column].pages;
  const auto after = std::upper_bound(pages.begin(), pages.end(), row,
                                      [](int64_t r, const PageSlot& slot) { return r < slot.first_row; });
  if (after == pages.begin() || row >= num_rows_)
    return InvalidArgument("row " + std::to_string(row) + " of " + std::to_string(num_rows_) + " in " + path_);
  return static_cast<size_t>(after - pages.begin()) - 1;
}

Result<Array> FileReader::Read(size_t column, const DataType& type, int64_t first, int64_t count) {
  if (count == 0) return ArrayBuilder(type).Finish();
  std::vector<Array> parts;
  size_t at = TRY(FindPage(column, first));
  while (count > 0) {
    if (at >= columns_[column].pages.size())
      return Corruption("rows up to " + std::to_string(first + count) + " are wanted of " + std::to_string(num_rows_),
                        path_);
    PageSlot& slot = columns_[column].pages[at++];
    const int64_t in_page = first - slot.first_row;
    const int64_t rows = std::min(count, static_cast<int64_t>(slot.page.length()) - in_page);
    if (rows == 0) continue;
    parts.push_back(TRY(TRY(Open(slot, type))->Read(in_page, rows)));
    first += rows;
    count -= rows;
  }
  return Concatenate(parts);
}

Result<Array> FileReader::Take(size_t column, const DataType& type, std::span<const int64_t> rows) {
  std::vector<Array> parts;
  for (size_t i = 0; i < rows.size();) {
    size_t end = i + 1;  // a run of neighbouring rows is one read
    while (end < rows.size() && rows[end] == rows[end - 1] + 1) end++;
    parts.push_back(TRY(Read(column, type, rows[i], static_cast<int64_t>(end - i))));
    i = end;
  }
  if (parts.empty()) return ArrayBuilder(type).Finish();
  return Concatenate(parts);
}

}  // namespace squire::lance
