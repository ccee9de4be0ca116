#include "lance/file_reader.h"

#include <algorithm>
#include <limits>

#include "base/bits.h"
#include "base/bytes.h"
#include "lance/container.h"
#include "lance/legacy_page.h"
#include "lance/logical_type.h"
#include "lance/parse_message.h"
#include "lance/proto/any.pb.h"

namespace squire::lance {
namespace {

constexpr uint64_t kTailBytes = 64 << 10;           // read at open; metadata rarely needs more
constexpr uint64_t kMetadataBytesMax = 512u << 20;  // beyond this a file is refused
constexpr uint32_t kColumnsMax = 100'000;

/// Version 2.0; its files call themselves 0.3.
bool IsLegacy(const Footer& footer) {
  return (footer.major == 0 && footer.minor == 3) || (footer.major == 2 && footer.minor == 0);
}

Result<Footer> ReadFooter(const RandomAccessFile& file, const std::string& path) {
  if (file.size() < kFooterBytes) return Corruption("the file is too short for a footer", path);
  uint8_t bytes[kFooterBytes];
  TRY(file.Read(file.size() - kFooterBytes, bytes));
  Footer footer = TRY(Footer::Parse(bytes));
  const bool is_read = footer.major == 2 ? footer.minor <= 2 : IsLegacy(footer);
  if (!is_read)
    return Unsupported("data file version " + std::to_string(footer.major) + "." + std::to_string(footer.minor) +
                           " is not read (2.0, 2.1 and 2.2 are)",
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
  is_legacy_ = IsLegacy(footer);
  const Bytes table = TRY(range(footer.column_table, uint64_t{footer.num_columns} * 16));
  for (uint32_t i = 0; i < footer.num_columns; i++) {
    const auto offset = Load<uint64_t>(table.data() + i * 16), size = Load<uint64_t>(table.data() + i * 16 + 8);
    columns_.push_back(TRY(ParseColumn(TRY(range(offset, size)))));
    const int64_t rows = columns_.back().num_rows;
    if (i == 0 && !is_legacy_) num_rows_ = rows;
    if (!is_legacy_ && rows != num_rows_) return Corruption("its columns differ in length", path_);
  }
  Bytes globals;
  if (footer.num_global_buffers > 0)
    globals = TRY(range(footer.global_buffer_table, uint64_t{footer.num_global_buffers} * 16));
  for (size_t at = 0; at < globals.size(); at += 16)
    global_buffers_.emplace_back(Load<uint64_t>(globals.data() + at), Load<uint64_t>(globals.data() + at + 8));
  if (!is_legacy_) return {};
  // Columns of list items have lengths of their own here: the description in the first global buffer tells.
  const pb::FileDescriptor description = TRY(ReadDescription());
  if (description.length() > (1ull << 40)) return Corruption("it claims over 2^40 rows", path_);
  num_rows_ = static_cast<int64_t>(description.length());
  return {};
}

Result<std::vector<uint8_t>> FileReader::ReadGlobalBuffer(size_t number) const {
  if (number >= global_buffers_.size()) return Corruption("it has no global buffer " + std::to_string(number), path_);
  const auto& [offset, size] = global_buffers_[number];
  if (offset > file_->size() || size > file_->size() - offset || size > kMetadataBytesMax)
    return Corruption("global buffer " + std::to_string(number) + " does not lie in the file", path_);
  std::vector<uint8_t> bytes(size);
  TRY(file_->Read(offset, bytes));
  return bytes;
}

Result<pb::FileDescriptor> FileReader::ReadDescription() const {
  const std::vector<uint8_t> bytes = TRY(ReadGlobalBuffer(0));
  if (bytes.empty()) return Corruption("its description is empty", path_);
  pb::FileDescriptor description;
  if (!ParseMessage(bytes, description)) return Corruption("its description does not parse", path_);
  return description;
}

Result<std::map<std::string, std::string>> FileReader::ReadSchemaMetadata() {
  const pb::FileDescriptor description = TRY(ReadDescription());
  const auto& metadata = description.schema().metadata();
  return std::map<std::string, std::string>(metadata.begin(), metadata.end());
}

namespace {
/// Gives `type` the next columns of a file, depth first. The recursion follows the type.
ColumnTree NextColumns(const DataType& type, const FieldIds& ids, bool is_legacy, int32_t& next) {
  ColumnTree tree;
  tree.type = type;
  tree.is_dictionary = ids.is_dictionary;
  if (is_legacy || IsLeaf(type)) tree.column = next++;
  if (IsLeaf(type)) return tree;
  for (size_t i = 0; i < type.children.size() && i < ids.children.size(); i++)
    tree.children.push_back(NextColumns(type.children[i].type, ids.children[i], is_legacy, next));
  return tree;
}
}  // namespace

Result<std::vector<std::pair<Field, ColumnTree>>> FileReader::ReadColumns() const {
  const pb::FileDescriptor description = TRY(ReadDescription());
  const Schema schema = TRY(FromFields(description.schema().fields()));
  const std::vector<FieldIds> ids = IdsOf(description.schema().fields());
  std::vector<std::pair<Field, ColumnTree>> out;
  int32_t next = 0;
  for (size_t i = 0; i < schema.fields.size(); i++)
    out.emplace_back(schema.fields[i], NextColumns(schema.fields[i].type, ids[i], is_legacy_, next));
  if (static_cast<size_t>(next) != columns_.size())
    return Corruption("it describes " + std::to_string(next) + " columns and holds " + std::to_string(columns_.size()),
                      path_);
  return out;
}

Result<FileReader::Column> FileReader::ParseColumn(Bytes metadata) const {
  pb::ColumnMetadata parsed;
  if (!ParseMessage(metadata, parsed)) return Corruption("the metadata of a column does not parse", path_);
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
    if (row > (int64_t{1} << 40)) return Corruption("a column claims over 2^40 rows", path_);
    slot.page = std::move(page);
    column.pages.push_back(std::move(slot));
  }
  column.num_rows = row;
  return column;
}

PageBuffers FileReader::BuffersOf(const pb::Page& page) const {
  PageBuffers buffers;
  buffers.file = file_.get();
  buffers.path = path_;
  for (int i = 0; i < page.buffer_offsets_size(); i++) {
    buffers.ranges.push_back({page.buffer_offsets(i), {}});
    buffers.sizes.push_back(page.buffer_sizes(i));
  }
  return buffers;
}

namespace {
/// Parses the encoding of a page, an Any of `type_url`, into `out`.
Result<void> ParseEncoding(const pb::Page& page, const char* type_url, google::protobuf::MessageLite& out,
                           const std::string& path) {
  pb::Any any;
  if (!ParseMessage(AsBytes(page.encoding().direct().encoding()), any))
    return Corruption("the encoding of a page does not parse", path);
  if (any.type_url() != type_url) return Unsupported("page encoding '" + any.type_url() + "'", path);
  if (!ParseMessage(AsBytes(any.value()), out)) return Corruption("the layout of a page does not parse", path);
  return {};
}
}  // namespace

Result<std::unique_ptr<PageReader>> FileReader::OpenPage(const PageSlot& slot, const LeafPath& path,
                                                         bool is_dictionary) const {
  const auto rows = static_cast<int64_t>(slot.page.length());
  if (is_legacy_) {
    pb20::ArrayEncoding encoding;
    TRY(ParseEncoding(slot.page, kArrayEncodingUrl, encoding, path_));
    return OpenLegacyLeaf(BuffersOf(slot.page), std::move(encoding), path.path, rows, is_dictionary);
  }
  pb21::PageLayout layout;
  TRY(ParseEncoding(slot.page, kPageLayoutUrl, layout, path_));
  return lance::OpenPage(BuffersOf(slot.page), layout, path.path, rows);
}

Result<const PageReader*> FileReader::Open(PageSlot& slot, const LeafPath& path, bool is_dictionary) {
  const std::scoped_lock lock(mutex_);
  if (slot.reader && !(slot.type == path.path)) return Corruption("a column is read under two types", path_);
  if (slot.reader) return slot.reader.get();
  slot.type = path.path;
  slot.reader = TRY(OpenPage(slot, path, is_dictionary));
  return slot.reader.get();
}

Result<FileReader::Column*> FileReader::FindColumn(int32_t column, int64_t first, int64_t count) {
  if (column < 0 || static_cast<size_t>(column) >= columns_.size())
    return Corruption("the file has no column " + std::to_string(column), path_);
  Column* found = &columns_[static_cast<size_t>(column)];
  if (first < 0 || count < 0 || first > found->num_rows || count > found->num_rows - first)
    return Corruption("rows " + std::to_string(first) + "+" + std::to_string(count) + " of a column of " +
                          std::to_string(found->num_rows),
                      path_);
  return found;
}

namespace {
/// Calls `read(page, first row in it, count)` for each page that holds some of rows [first, first + count).
template <class Pages, class Read>
Result<void> ForEachPage(Pages& pages, int64_t first, int64_t count, Read read) {
  using Slot = std::remove_reference_t<decltype(pages[0])>;
  auto at = std::upper_bound(pages.begin(), pages.end(), first,
                             [](int64_t r, const Slot& slot) { return r < slot.first_row; });
  if (at != pages.begin()) --at;
  for (; at != pages.end() && count > 0; ++at) {
    const int64_t in_page = first - at->first_row;
    const int64_t rows = std::min(count, static_cast<int64_t>(at->page.length()) - in_page);
    if (rows <= 0) continue;
    TRY(read(*at, in_page, rows));
    first += rows;
    count -= rows;
  }
  return {};
}
}  // namespace

Result<Array> FileReader::ReadPath(const LeafPath& path, bool is_dictionary, int64_t first, int64_t count) {
  Column* column = TRY(FindColumn(path.column, first, count));
  if (count == 0) return NullArray(path.path, 0);
  std::vector<Array> parts;
  TRY(ForEachPage(column->pages, first, count, [&](PageSlot& slot, int64_t in_page, int64_t rows) -> Result<void> {
    parts.push_back(TRY(TRY(Open(slot, path, is_dictionary))->Read(in_page, rows)));
    if (parts.back().length != rows) return Corruption("a page holds fewer rows than it says", path_);
    return {};
  }));
  return Concatenate(parts);
}

Result<Array> FileReader::ReadLegacyList(const ColumnTree& tree, int64_t first, int64_t count) {
  Column* column = TRY(FindColumn(tree.column, first, count));
  int64_t items_before = 0;  // in the pages before the one at hand
  int64_t item_begin = -1, item_end = 0;
  std::vector<int64_t> ends;
  std::vector<uint8_t> validity;
  for (PageSlot& slot : column->pages) {
    if (slot.first_row >= first + count) break;
    pb20::ArrayEncoding encoding;
    TRY(ParseEncoding(slot.page, kArrayEncodingUrl, encoding, path_));
    const auto length = static_cast<int64_t>(slot.page.length());
    const int64_t in_page = std::max<int64_t>(0, first - slot.first_row);
    const int64_t rows = std::min(first + count - slot.first_row, length) - in_page;
    if (rows > 0) {
      const LegacyLists lists = TRY(ReadLegacyLists(BuffersOf(slot.page), encoding, in_page, rows));
      if (item_begin < 0) item_begin = items_before + lists.first_item;
      for (int64_t end : lists.ends) ends.push_back(items_before + end);
      validity.insert(validity.end(), lists.validity.begin(), lists.validity.end());
      item_end = ends.back();
    }
    if (encoding.list().num_items() > (1ull << 40)) return Corruption("a list column of over 2^40 items", path_);
    items_before += static_cast<int64_t>(encoding.list().num_items());
    if (items_before > (int64_t{1} << 40)) return Corruption("a list column of over 2^40 items", path_);
  }
  item_begin = std::max<int64_t>(item_begin, 0);
  const bool wide = tree.type.id == TypeId::kLargeList;
  if (!wide && item_end - item_begin > std::numeric_limits<int32_t>::max())
    return OverBudget("over 2^31 list items were read at once; read fewer rows");
  Array out;
  out.type = tree.type;
  out.length = count;
  std::vector<uint8_t> offsets;
  const auto put = [&](int64_t offset) {
    if (wide)
      Put<int64_t>(offsets, offset);
    else
      Put<int32_t>(offsets, static_cast<int32_t>(offset));
  };
  put(0);
  for (int64_t end : ends) put(end - item_begin);
  out.buffers.push_back(Buffer::Of(std::move(offsets)));
  if (std::ranges::find(validity, uint8_t{0}) != validity.end()) out.validity = PackBits(validity);
  out.children.push_back(TRY(ReadLegacy(tree.children[0], item_begin, item_end - item_begin)));
  return out;
}

// The recursion follows the type, whose depth is at most kTypeDepthMax.
Result<Array> FileReader::ReadLegacy(const ColumnTree& tree, int64_t first, int64_t count) {
  if (tree.type.id == TypeId::kList || tree.type.id == TypeId::kLargeList) {
    if (tree.column < 0 || count == 0) return NullArray(tree.type, count);
    return ReadLegacyList(tree, first, count);
  }
  if (tree.type.id == TypeId::kStruct) {
    Array out;
    out.type = tree.type;
    out.length = count;
    for (const ColumnTree& child : tree.children) out.children.push_back(TRY(ReadLegacy(child, first, count)));
    return out;
  }
  if (tree.column < 0) return NullArray(tree.type, count);
  return ReadPath({tree.type, tree.column}, tree.is_dictionary, first, count);
}

Result<Array> FileReader::Read(const ColumnTree& tree, int64_t first, int64_t count) {
  if (first < 0 || count < 0 || first > num_rows_ || count > num_rows_ - first)
    return InvalidArgument("rows " + std::to_string(first) + "+" + std::to_string(count) + " of " +
                           std::to_string(num_rows_) + " in " + path_);
  if (tree.type.id == TypeId::kUnknown)
    return Unsupported("columns of type '" + tree.type.unit + "' are not read", path_);
  if (is_legacy_) return ReadLegacy(tree, first, count);
  if (IsLeaf(tree.type)) return ReadPath({tree.type, tree.column}, tree.is_dictionary, first, count);
  std::vector<Array> paths;
  for (const LeafPath& path : LeafPaths(tree)) paths.push_back(TRY(ReadPath(path, false, first, count)));
  if (paths.empty()) return NullArray(tree.type, count);
  return MergePaths(tree, paths);
}

Result<Array> FileReader::Take(const ColumnTree& tree, std::span<const int64_t> rows) {
  std::vector<Array> parts;
  for (size_t i = 0; i < rows.size();) {
    size_t end = i + 1;  // a run of neighbouring rows is one read
    while (end < rows.size() && rows[end] == rows[end - 1] + 1) end++;
    parts.push_back(TRY(Read(tree, rows[i], static_cast<int64_t>(end - i))));
    i = end;
  }
  if (parts.empty()) return NullArray(tree.type, 0);
  return Concatenate(parts);
}

}  // namespace squire::lance
