// Writing codes in partitions as Lance's IVF_RQ.

#include <limits>
#include <nlohmann/json.hpp>

#include "index/vector/code_layout.h"
#include "index/vector/ivf_columns.h"
#include "lance/proto/vector_index.pb.h"

namespace squire::vector {
namespace {

template <class T>
Buffer BufferOf(std::span<const T> values) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(values.data());
  return Buffer::Of({bytes, bytes + values.size_bytes()});
}

template <class T>
Array ArrayOf(TypeId type, std::span<const T> values) {
  Array out;
  out.type = type;
  out.length = std::ssize(values);
  out.buffers.push_back(BufferOf(values));
  return out;
}

Array BytesArray(const DataType& type, std::span<const uint8_t> bytes, size_t rows) {
  Array out;
  out.type = type;
  out.length = static_cast<int64_t>(rows);
  out.children.push_back(ArrayOf(TypeId::kUInt8, bytes));
  return out;
}

std::string StorageMetadata(const Quantizer& quantizer) {
  nlohmann::json out;
  out["rotate_mat_position"] = nullptr;
  out["fast_rotation_signs"] = quantizer.rotation().bits();
  out["rotation_type"] = "fast";
  out["code_dim"] = quantizer.shape().dim;
  out["num_bits"] = quantizer.shape().bits;
  out["packed"] = true;
  out["query_estimator"] = "raw_query";
  return nlohmann::json::array({out.dump()}).dump();
}

/// An index file of two: its columns and the partitions in a global buffer.
Result<uint64_t> WriteCenters(FileSystem& fs, const std::string& path, const pb::Ivf& ivf, simd::Metric metric,
                              size_t partitions) {
  const nlohmann::json kind = {{"type", kKind}, {"distance_type", simd::MetricName(metric)}};
  Schema schema{{{"__flat_marker", TypeId::kUInt64, false, {}}}, {}};
  schema.metadata[kKindKey] = kind.dump();
  schema.metadata[kIvfKey] = "1";
  schema.metadata[kFlatKey] = nlohmann::json(std::vector<std::string>(partitions)).dump();
  auto file = TRY(lance::FileWriter::Create(fs, path, schema, TRY(lance::ToFields(schema))));
  TRY(file->AddGlobalBuffer(AsBytes(ivf.SerializeAsString())));
  const lance::WrittenFile written = TRY(file->Finish());
  return written.size_bytes;
}

}  // namespace

DataType CodeColumnType(size_t column, const CodeShape& shape) {
  if (column == kRowId) return TypeId::kUInt64;
  if (column != kSigns && column != kExtra) return TypeId::kFloat;
  DataType type(TypeId::kFixedSizeList);
  type.width = static_cast<int32_t>(column == kSigns ? shape.sign_bytes() : shape.extra_bytes());
  type.children.push_back({"item", TypeId::kUInt8, true, {}});
  return type;
}

void CodeRows::Append(const CodeRows& from, size_t row, const CodeShape& shape) {
  const auto bytes = [row](std::vector<uint8_t>& to, const std::vector<uint8_t>& all, size_t width) {
    const auto begin = all.begin() + static_cast<ptrdiff_t>(row * width);
    to.insert(to.end(), begin, begin + static_cast<ptrdiff_t>(width));
  };
  addresses.push_back(from.addresses[row]);
  bytes(signs, from.signs, shape.sign_bytes());
  bytes(extra, from.extra, shape.extra_bytes());
  add.push_back(from.add[row]);
  scale.push_back(from.scale[row]);
  error.push_back(from.error[row]);
  add_extra.push_back(from.add_extra[row]);
  scale_extra.push_back(from.scale_extra[row]);
}

IvfWriter::IvfWriter(FileSystem& fs, std::string folder, const Quantizer& quantizer, Centers centers,
                     std::unique_ptr<lance::FileWriter> codes)
    : fs_(fs),
      folder_(std::move(folder)),
      shape_(quantizer.shape()),
      metric_(quantizer.metric()),
      centers_(std::move(centers)),
      codes_(std::move(codes)) {}

Result<IvfWriter> IvfWriter::Create(FileSystem& fs, const std::string& folder, const Quantizer& quantizer,
                                    Centers centers) {
  const CodeShape& shape = quantizer.shape();
  Schema schema;
  for (size_t column = 0; column < (shape.extra_bits() > 0 ? kCodeColumns : kExtra); column++)
    schema.fields.push_back({kCodeColumnNames[column], CodeColumnType(column, shape), true, {}});
  schema.metadata[kIvfKey] = "1";
  schema.metadata[kDistanceKey] = simd::MetricName(quantizer.metric());
  schema.metadata[kStorageKey] = StorageMetadata(quantizer);
  // In files of version 2.0 a column's rows lie as they are, so that those of a partition are one read.
  auto file = TRY(lance::FileWriter::Create(fs, JoinPath(folder, kCodesFile), schema, TRY(lance::ToFields(schema)),
                                            {.version = lance::FileVersion::k20}));
  IvfWriter writer(fs, folder, quantizer, std::move(centers), std::move(file));
  writer.schema_ = std::move(schema);
  return writer;
}

Result<void> IvfWriter::AddPartition(const CodeRows& rows) {
  if (rows.size() > std::numeric_limits<uint32_t>::max()) return OverBudget("a partition of over 2^32 rows");
  offsets_.push_back(num_rows_);
  lengths_.push_back(static_cast<uint32_t>(rows.size()));
  num_rows_ += rows.size();
  if (rows.size() == 0) return {};
  std::vector<uint8_t> signs(rows.signs.size());
  SignsToFile(rows.signs, shape_.sign_bytes(), signs.data());
  Batch batch{schema_, {}, static_cast<int64_t>(rows.size())};
  batch.columns.push_back(ArrayOf(TypeId::kUInt64, std::span(rows.addresses)));
  batch.columns.push_back(BytesArray(schema_.fields[kSigns].type, signs, rows.size()));
  for (const auto* factors : {&rows.add, &rows.scale, &rows.error})
    batch.columns.push_back(ArrayOf(TypeId::kFloat, std::span(*factors)));
  if (shape_.extra_bits() > 0) {
    batch.columns.push_back(BytesArray(schema_.fields[kExtra].type, rows.extra, rows.size()));
    for (const auto* factors : {&rows.add_extra, &rows.scale_extra})
      batch.columns.push_back(ArrayOf(TypeId::kFloat, std::span(*factors)));
  }
  return codes_->Write(batch);
}

Result<std::vector<std::pair<std::string, uint64_t>>> IvfWriter::Finish() {
  pb::Ivf ivf;
  ivf.mutable_offsets()->Add(offsets_.begin(), offsets_.end());
  ivf.mutable_lengths()->Add(lengths_.begin(), lengths_.end());
  TRY(codes_->AddGlobalBuffer(AsBytes(ivf.SerializeAsString())));
  const lance::WrittenFile codes = TRY(codes_->Finish());
  pb::Tensor& tensor = *ivf.mutable_centroids_tensor();
  tensor.set_data_type(pb::Tensor::FLOAT32);
  tensor.add_shape(static_cast<uint32_t>(centers_.count()));
  tensor.add_shape(static_cast<uint32_t>(centers_.dim));
  tensor.set_data(centers_.values.data(), centers_.values.size() * sizeof(float));
  const uint64_t centers_bytes =
      TRY(WriteCenters(fs_, JoinPath(folder_, kCentersFile), ivf, metric_, centers_.count()));
  return std::vector<std::pair<std::string, uint64_t>>{{kCentersFile, centers_bytes}, {kCodesFile, codes.size_bytes}};
}

}  // namespace squire::vector
