#include "lance_file.h"

#include "lance/container.h"
#include "lance/proto/any.pb.h"

namespace squire::fuzz {

lance::ColumnTree TreeOf(const DataType& type, int32_t& column, bool legacy) {
  lance::ColumnTree tree;
  tree.type = type;
  const bool is_leaf = type.id != TypeId::kStruct && type.id != TypeId::kList && type.id != TypeId::kLargeList;
  if (is_leaf || legacy) tree.column = column++;
  if (is_leaf) return tree;
  for (const Field& child : type.children) tree.children.push_back(TreeOf(child.type, column, legacy));
  return tree;
}

std::vector<uint8_t> FileAround(const PageParts& parts, int columns) {
  std::vector<uint8_t> out;
  pb::ColumnMetadata metadata;
  pb::Page* page = metadata.add_pages();
  page->set_length(parts.num_rows);
  for (const Bytes& buffer : parts.buffers) {
    PadTo(out, lance::kBufferAlignment);
    page->add_buffer_offsets(out.size());
    page->add_buffer_sizes(buffer.size());
    out.insert(out.end(), buffer.begin(), buffer.end());
  }
  pb::Any any;
  any.set_type_url(parts.encoding_url);
  any.set_value(std::string(AsText(parts.encoding)));
  page->mutable_encoding()->mutable_direct()->set_encoding(any.SerializeAsString());
  const std::string bytes = metadata.SerializeAsString();
  lance::Footer footer;
  footer.column_metadata_start = out.size();
  out.insert(out.end(), bytes.begin(), bytes.end());
  footer.column_table = out.size();
  for (int i = 0; i < columns; i++) {
    Put<uint64_t>(out, footer.column_metadata_start);
    Put<uint64_t>(out, bytes.size());
  }
  footer.global_buffer_table = out.size();
  footer.num_columns = static_cast<uint32_t>(columns);
  footer.major = parts.minor == 0 ? 0 : 2;
  footer.minor = parts.minor == 0 ? 3 : parts.minor;
  footer.AppendTo(out);
  return out;
}

namespace {

constexpr int64_t kRowsMax = 1 << 16;  // read at once: what a caller asks for is its own affair

void ReadColumn(lance::FileReader& file, const lance::ColumnTree& tree) {
  const int64_t rows = file.num_rows();
  if (rows < 1) return;
  for (const auto& [first, count] : {std::pair{int64_t{0}, std::min(rows, kRowsMax)},
                                     {rows / 2, std::min(rows - rows / 2, kRowsMax)},
                                     {rows - 1, int64_t{1}}}) {
    const auto array = file.Read(tree, first, count);
    if (!array) continue;
    Require(array->length == count, "as many rows come as were asked for");
    Touch(*array);
  }
  const std::vector<int64_t> some = {0, rows / 3, rows / 3 + 1, rows - 1};
  std::vector<int64_t> ascending;
  for (int64_t row : some) {
    if (row < rows && (ascending.empty() || row > ascending.back())) ascending.push_back(row);
  }
  if (const auto taken = file.Take(tree, ascending)) Touch(*taken);
}

}  // namespace

void ReadFile(FileSystem& fs, const std::string& path, const DataType& type, bool legacy) {
  const auto file = lance::FileReader::Open(fs, path);
  if (!file) return;
  int32_t column = 0;
  for (int i = 0; i < 4 && static_cast<size_t>(column) < (*file)->num_columns(); i++)
    ReadColumn(**file, TreeOf(type, column, legacy));
}

std::vector<uint8_t> SeedOf(uint8_t type, const PageParts& page) {
  std::vector<uint8_t> out = {type, static_cast<uint8_t>(page.minor)};
  Put<uint32_t>(out, page.num_rows);
  Put<uint16_t>(out, static_cast<uint16_t>(page.encoding.size()));
  out.insert(out.end(), page.encoding.begin(), page.encoding.end());
  out.push_back(static_cast<uint8_t>(page.buffers.size()));
  for (const Bytes& buffer : page.buffers) {
    Put<uint32_t>(out, static_cast<uint32_t>(buffer.size()));
    out.insert(out.end(), buffer.begin(), buffer.end());
  }
  return out;
}

PageParts PartsOf(Input& input, uint8_t& type) {
  PageParts page;
  type = input.TakeByte();
  page.minor = input.TakeByte() % 3;
  page.num_rows = input.TakeU32();
  page.encoding = input.Take(input.TakeU16());
  const int buffers = input.TakeByte() % 6;
  for (int i = 0; i < buffers; i++) page.buffers.push_back(input.Take(input.TakeU32()));
  return page;
}

}  // namespace squire::fuzz
