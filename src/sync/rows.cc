#include "sync/rows.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "base/try.h"

namespace squire::sync {
namespace {

constexpr char kUrlKey[] = "squire.embedder.url";
constexpr char kModelKey[] = "squire.embedder.model";
constexpr char kNameKey[] = "squire.model";
constexpr char kDimensionKey[] = "squire.model.dimension";

enum Column {
  kId,
  kPath,
  kStartLine,
  kEndLine,
  kKind,
  kName,
  kLang,
  kText,
  kContentHash,
  kFileHash,
  kFrontmatter,
  kVector
};

}  // namespace

Schema ChunkSchema(const ModelRecord& model) {
  Schema schema;
  schema.fields = {{"id", TypeId::kString, false, {}},
                   {kPathColumn, TypeId::kString, false, {}},
                   {"start_line", TypeId::kInt32, false, {}},
                   {"end_line", TypeId::kInt32, false, {}},
                   {"kind", TypeId::kString, false, {}},
                   {kNameColumn, TypeId::kString, false, {}},
                   {"lang", TypeId::kString, false, {}},
                   {kTextColumn, TypeId::kString, false, {}},
                   {kContentHashColumn, TypeId::kString, false, {}},
                   {kFileHashColumn, TypeId::kString, false, {}},
                   {"frontmatter", TypeId::kString, true, {}},
                   {kVectorColumn, VectorType(static_cast<int32_t>(model.dimension)), true, {}}};
  schema.metadata = {{kUrlKey, model.choice.url},
                     {kModelKey, model.choice.model},
                     {kNameKey, model.name},
                     {kFingerprintKey, model.fingerprint},
                     {kDimensionKey, std::to_string(model.dimension)}};
  return schema;
}

Result<ModelRecord> ReadModelRecord(const Schema& schema) {
  const auto value = [&](const char* key) {
    const auto found = schema.metadata.find(key);
    return found == schema.metadata.end() ? std::string() : found->second;
  };
  ModelRecord record{{value(kUrlKey), value(kModelKey)}, value(kNameKey), value(kFingerprintKey), 0};
  const std::string dimension = value(kDimensionKey);
  std::from_chars(dimension.data(), dimension.data() + dimension.size(), record.dimension);
  if (record.fingerprint.empty() || record.dimension == 0)
    return Corruption("the table does not say which model made its vectors; `squire index --rebuild` makes it anew");
  return record;
}

Result<void> CheckColumns(const Schema& schema, const ModelRecord& model) {
  const Schema ours = ChunkSchema(model);
  for (const Field& field : schema.fields) {
    if (!field.nullable && ours.Find(field.name) < 0)
      return Corruption("the table has a column '" + field.name +
                        "' that an index run cannot fill; `squire index --rebuild` makes it anew");
  }
  for (const Field& field : ours.fields) {
    const int at = schema.Find(field.name);
    if (at < 0 || !(schema.fields[static_cast<size_t>(at)].type == field.type))
      return Corruption("the table lacks column '" + field.name + "'; `squire index --rebuild` makes it anew");
  }
  return {};
}

std::string TextToEmbed(const corpus::Chunk& chunk) {
  return chunk.name.empty() ? chunk.text : chunk.name + "\n" + chunk.text;
}

std::string FrontmatterJson(const corpus::Frontmatter& frontmatter) {
  if (frontmatter.empty()) return {};
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const auto& [key, values] : frontmatter) {
    if (values.size() == 1)
      json[key] = values[0];
    else
      json[key] = values;
  }
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

RowBuilder::RowBuilder(const Schema& schema) : schema_(schema) {
  for (const Field& field : schema_.fields) columns_.emplace_back(field.type);
}

void RowBuilder::Add(const std::string& path, size_t ordinal, const corpus::Chunk& chunk,
                     const std::string& content_hash, const std::string& file_hash, const std::string& frontmatter,
                     std::span<const float> vector) {
  columns_[kId].AppendText(path + "#" + std::to_string(ordinal));
  columns_[kPath].AppendText(path);
  columns_[kStartLine].Append(static_cast<int32_t>(chunk.start_line));
  columns_[kEndLine].Append(static_cast<int32_t>(chunk.end_line));
  columns_[kKind].AppendText(chunk.kind);
  columns_[kName].AppendText(chunk.name);
  columns_[kLang].AppendText(chunk.lang);
  columns_[kText].AppendText(chunk.text);
  columns_[kContentHash].AppendText(content_hash);
  columns_[kFileHash].AppendText(file_hash);
  if (frontmatter.empty())
    columns_[kFrontmatter].AppendNull();
  else
    columns_[kFrontmatter].AppendText(frontmatter);
  columns_[kVector].AppendItems(vector);
  rows_++;
}

Result<Batch> RowBuilder::Finish() {
  Batch batch{schema_, {}, std::exchange(rows_, 0)};
  for (ArrayBuilder& column : columns_) batch.columns.push_back(TRY(column.Finish()));
  return batch;
}

}  // namespace squire::sync
