// make_seeds FILE OUT NAME: cuts the pages of a data file into seeds of the page targets, OUT/<target>/NAME-<n>, and
// its blocks into those of block_codec.

#include <filesystem>
#include <fstream>
#include <iostream>

#include "lance/container.h"
#include "lance/legacy_page.h"
#include "lance/logical_type.h"
#include "lance/proto/any.pb.h"
#include "lance_file.h"

namespace squire::fuzz {
namespace {

constexpr size_t kSeedBytesMax = 6 << 10;

void Save(const std::string& path, const std::vector<uint8_t>& bytes) {
  if (bytes.size() > kSeedBytesMax) return;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
}

/// The types of the columns of a file, in order. Lists and structs own columns in 2.0 alone.
void AddTypes(const DataType& type, const DataType& top, bool legacy, std::vector<DataType>& out) {
  const bool is_nested = type.id == TypeId::kStruct || type.id == TypeId::kList || type.id == TypeId::kLargeList;
  if (!is_nested || legacy) out.push_back(top);
  if (!is_nested) return;
  for (const Field& child : type.children) AddTypes(child.type, top, legacy, out);
}

std::string TargetOf(const pb::Any& any) {
  if (any.type_url() == lance::kArrayEncodingUrl) return "legacy_page";
  pb21::PageLayout layout;
  Require(layout.ParseFromString(any.value()), "a layout parses");
  switch (layout.layout_case()) {
    case pb21::PageLayout::kMiniBlockLayout: return "mini_block_page";
    case pb21::PageLayout::kFullZipLayout: return "full_zip_page";
    default: return "constant_page";
  }
}

/// The encodings that a page is made of, with bytes to try them on.
void SaveCodecs(const std::string& path, const pb::Any& any, const PageParts& parts) {
  pb21::PageLayout layout;
  if (!layout.ParseFromString(any.value()) || !layout.has_mini_block_layout() || parts.buffers.size() < 2) return;
  const auto& block = layout.mini_block_layout();
  const auto save = [&](const pb21::CompressiveEncoding& encoding, Bytes bytes, const char* name) {
    const std::string description = encoding.SerializeAsString();
    std::vector<uint8_t> out;
    Put<uint32_t>(out, parts.num_rows);
    Put<uint16_t>(out, static_cast<uint16_t>(description.size()));
    out.insert(out.end(), description.begin(), description.end());
    Put<uint32_t>(out, static_cast<uint32_t>(bytes.size()));
    out.insert(out.end(), bytes.begin(), bytes.end());
    Save(path + name, out);
  };
  // Behind the sizes at a chunk's head come its levels and values: near enough for a start.
  save(block.value_compression(), parts.buffers[1].subspan(std::min<size_t>(8, parts.buffers[1].size())), "-values");
  if (block.has_dictionary() && parts.buffers.size() > 2) save(block.dictionary(), parts.buffers[2], "-dictionary");
  if (block.value_compression().has_fsst()) {
    const std::string& table = block.value_compression().fsst().symbol_table();
    std::vector<uint8_t> out;
    Put<uint16_t>(out, static_cast<uint16_t>(table.size()));
    out.insert(out.end(), table.begin(), table.end());
    out.insert(out.end(), parts.buffers[1].begin(), parts.buffers[1].end());
    Save(std::filesystem::path(path).parent_path().parent_path() / "fsst" / std::filesystem::path(path).filename(),
         out);
  }
}

void CutPages(Bytes file, const std::string& out, const std::string& name) {
  const auto footer = lance::Footer::Parse(file.last(lance::kFooterBytes));
  Require(footer.has_value(), "a footer parses");
  const bool legacy = footer->major == 0;
  const auto at = [&](uint64_t entry) {
    return file.subspan(Load<uint64_t>(file.data() + entry), Load<uint64_t>(file.data() + entry + 8));
  };
  pb::FileDescriptor descriptor;
  const Bytes described = at(footer->global_buffer_table);
  Require(descriptor.ParseFromArray(described.data(), static_cast<int>(described.size())), "a schema parses");
  std::vector<DataType> types;
  for (const Field& field : lance::FromFields(descriptor.schema().fields())->fields)
    AddTypes(field.type, field.type, legacy, types);
  const auto known = ColumnTypes();
  for (uint32_t i = 0; i < footer->num_columns && i < types.size(); i++) {
    const auto type = std::ranges::find(known, types[i]);
    if (type == known.end()) continue;
    pb::ColumnMetadata column;
    const Bytes metadata = at(footer->column_table + 16 * i);
    Require(column.ParseFromArray(metadata.data(), static_cast<int>(metadata.size())), "a column parses");
    for (const pb::Page& page : column.pages()) {
      pb::Any any;
      Require(any.ParseFromString(page.encoding().direct().encoding()), "an encoding parses");
      PageParts parts;
      parts.encoding = AsBytes(any.value());
      parts.num_rows = static_cast<uint32_t>(page.length());
      parts.minor = legacy ? 0 : footer->minor;
      for (int k = 0; k < page.buffer_sizes_size(); k++)
        parts.buffers.push_back(file.subspan(page.buffer_offsets(k), page.buffer_sizes(k)));
      const std::string seed = name + "-" + std::to_string(i);
      Save(out + "/" + TargetOf(any) + "/" + seed, SeedOf(static_cast<uint8_t>(type - known.begin()), parts));
      SaveCodecs(out + "/block_codec/" + seed, any, parts);
    }
  }
}

}  // namespace
}  // namespace squire::fuzz

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "make_seeds FILE OUT NAME\n";
    return 2;
  }
  const auto bytes = squire::ReadWholeFile(squire::PosixFileSystem(), argv[1]);
  squire::fuzz::Require(bytes.has_value(), "the file can be read");
  squire::fuzz::CutPages(*bytes, argv[2], argv[3]);
  return 0;
}
