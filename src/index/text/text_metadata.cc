// The index's own file: no rows, but what its schema says.

#include <nlohmann/json.hpp>

#include "index/text/text_files.h"
#include "lance/deletion_file.h"
#include "lance/logical_type.h"

namespace squire::text {
namespace {

using Json = nlohmann::json;
constexpr size_t kJsonBytesMax = 1 << 20;
constexpr char kParts[] = "partitions", kAnalyzer[] = "params", kWords[] = "token_set_format";
constexpr char kVersion[] = "format_version", kBlock[] = "posting_block_size", kTail[] = "posting_tail_codec";
constexpr char kLayout[] = "positions_layout", kCodec[] = "positions_codec";

/// Absent: as it was before there was a choice.
std::string ValueOr(const std::map<std::string, std::string>& metadata, const char* key, const char* fallback) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? fallback : found->second;
}

}  // namespace

std::map<std::string, std::string> FormMetadata(bool with_positions) {
  std::map<std::string, std::string> out = {{kVersion, "2"}, {kBlock, "128"}, {kTail, "varint_delta_v1"}};
  if (with_positions) {
    out[kLayout] = "shared_stream_v2";
    out[kCodec] = "packed_delta_v1";
  }
  return out;
}

Result<WrittenFile> WriteTextMetadata(FileSystem& fs, const std::string& folder, const TextMetadata& metadata) {
  Schema schema{{{"deleted_fragments", TypeId::kBinary, false, {}}}, FormMetadata(metadata.with_positions)};
  schema.metadata[kParts] = Json(metadata.parts).dump();
  schema.metadata[kAnalyzer] = metadata.analyzer;
  schema.metadata[kWords] = metadata.has_fst ? "fst" : "arrow";
  const auto file =
      TRY(lance::FileWriter::Create(fs, JoinPath(folder, kMetadataFile), schema, TRY(lance::ToFields(schema))));
  ArrayBuilder none(TypeId::kBinary);
  const auto bitmap = lance::SerializeRoaring(lance::RowSet(1));
  none.AppendText(AsText(bitmap));
  const Array column = TRY(none.Finish());
  TRY(file->Write({schema, {column}, 1}));
  return WrittenFile(kMetadataFile, TRY(file->Finish()).size_bytes);
}

Result<TextMetadata> ReadTextMetadata(table::FileCache& files, const std::string& folder) {
  const std::string path = JoinPath(folder, kMetadataFile);
  const auto file = TRY(files.Open(path));
  const auto metadata = TRY(file->ReadSchemaMetadata());
  TextMetadata out;
  const std::string words = ValueOr(metadata, kWords, "arrow"), version = ValueOr(metadata, kVersion, "1");
  const std::string block = ValueOr(metadata, kBlock, "128"), tail = ValueOr(metadata, kTail, "fixed32_v1");
  const std::string layout = ValueOr(metadata, kLayout, ""), codec = ValueOr(metadata, kCodec, "");
  if (words != "arrow" && words != "fst") return Unsupported("an index whose words are '" + words + "'", path);
  if (version != "2" || block != "128" || tail != "varint_delta_v1")
    return Unsupported("a text index of version " + version + " in blocks of " + block, path);
  out.has_fst = words == "fst";
  out.with_positions = !layout.empty() || !codec.empty();
  if (out.with_positions && (layout != "shared_stream_v2" || codec != "packed_delta_v1"))
    return Unsupported("a text index with positions as " + layout + ", " + codec, path);
  out.analyzer = ValueOr(metadata, kAnalyzer, "");
  const std::string numbers = ValueOr(metadata, kParts, "");
  if (out.analyzer.size() > kJsonBytesMax || numbers.size() > kJsonBytesMax)
    return OverBudget("a description of over 1 MiB in " + path);
  const Json parts = Json::parse(numbers, nullptr, false);
  bool is_list = parts.is_array() && parts.size() <= kPartsMax;
  for (size_t i = 0; is_list && i < parts.size(); i++) {
    is_list = parts[i].is_number_unsigned();
    if (is_list) out.parts.push_back(parts[i].get<uint64_t>());
  }
  if (!is_list) return Corruption("the parts of a text index do not parse", path);
  if (!Json::accept(out.analyzer)) return Corruption("the words of a text index are not described", path);
  return out;
}

}  // namespace squire::text
