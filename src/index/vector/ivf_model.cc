// Reading what all kinds of vector indexes have in common.

#include "index/vector/ivf_model.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "index/vector/ivf_columns.h"
#include "lance/parse_message.h"
#include "lance/proto/vector_index.pb.h"

namespace squire::vector {
namespace {

using Metadata = std::map<std::string, std::string>;
using Json = nlohmann::json;
constexpr size_t kJsonBytesMax = 1 << 20;

/// The JSON kept under `key`, or a discarded value.
Json JsonAt(const Metadata& metadata, const char* key) {
  const auto found = metadata.find(key);
  if (found == metadata.end() || found->second.size() > kJsonBytesMax) return Json(Json::value_t::discarded);
  return Json::parse(found->second, nullptr, false);
}

std::optional<simd::Metric> MetricOf(std::string_view name) {
  for (const simd::Metric metric : {simd::Metric::kL2, simd::Metric::kCosine, simd::Metric::kDot})
    if (simd::MetricName(metric) == name) return metric;
  return std::nullopt;
}

Result<pb::Ivf> ReadIvf(lance::FileReader& file, const Metadata& metadata, const std::string& path) {
  const auto found = metadata.find(kIvfKey);
  const std::string text = found == metadata.end() ? "" : found->second;
  size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return Corruption("an index file does not say where its partitions are", path);
  pb::Ivf ivf;
  if (!lance::ParseMessage(TRY(file.ReadGlobalBuffer(number)), ivf))
    return Corruption("the partitions of an index do not parse", path);
  return ivf;
}

Result<std::vector<float>> FloatsOf(const pb::Tensor& tensor, const std::string& path) {
  const bool is_half = tensor.data_type() == pb::Tensor::FLOAT16;
  if (!is_half && tensor.data_type() != pb::Tensor::FLOAT32)
    return Unsupported("an index whose centers are no floats of 32 or 16 bits", path);
  const size_t width = is_half ? sizeof(uint16_t) : sizeof(float), count = tensor.data().size() / width;
  std::vector<float> out(count);
  const Bytes bytes = AsBytes(tensor.data());
  if (is_half)
    simd::ActiveKernels().half_to_float(bytes.data(), count, out.data());
  else if (count > 0)
    std::memcpy(out.data(), bytes.data(), count * width);
  if (tensor.data().size() != count * width || !std::ranges::all_of(out, [](float v) { return std::isfinite(v); }))
    return Corruption("a center of an index is not finite", path);
  return out;
}

Result<Centers> CentersOf(const pb::Ivf& ivf, const std::string& path) {
  const pb::Tensor& tensor = ivf.centroids_tensor();
  const size_t count = tensor.shape_size() == 2 ? tensor.shape(0) : 0, dim = count > 0 ? tensor.shape(1) : 0;
  if (dim > kCodeDimMax) return Unsupported("an index of " + std::to_string(dim) + " dimensions", path);
  Centers out;
  out.dim = dim;
  out.values = TRY(FloatsOf(tensor, path));
  if (count == 0 || count > kPartitionsMax || dim == 0 || out.values.size() != count * dim)
    return Corruption("the centers of an index have " + std::to_string(tensor.data().size()) + " bytes", path);
  out.Measure();
  return out;
}

Result<nlohmann::json> DescriptionOf(const Metadata& metadata, const std::string& path) {
  const Json list = JsonAt(metadata, kStorageKey);
  if (!list.is_array() || list.empty() || !list[0].is_string())
    return Corruption("an index does not describe its codes", path);
  Json json = Json::parse(list[0].get<std::string>(), nullptr, false);
  if (!json.is_object()) return Corruption("the description of an index's codes does not parse", path);
  return json;
}

}  // namespace

Result<std::string> VectorIndexKind(table::FileCache& files, const std::string& folder) {
  const std::string path = JoinPath(folder, kCentersFile);
  const auto file = TRY(files.Open(path));
  const Json kind = JsonAt(TRY(file->ReadSchemaMetadata()), kKindKey);
  if (!kind.is_object()) return Corruption("an index does not say of what kind it is", path);
  return ValueOr<std::string>(kind, "type", "");
}

Result<std::vector<float>> ReadFloats(Bytes message, const std::string& path) {
  pb::Tensor tensor;
  if (!lance::ParseMessage(message, tensor)) return Corruption("a tensor of an index does not parse", path);
  return FloatsOf(tensor, path);
}

Result<Centers> ReadCenters(table::FileCache& files, const std::string& folder) {
  const std::string path = JoinPath(folder, kCentersFile);
  const auto file = TRY(files.Open(path));
  const Metadata metadata = TRY(file->ReadSchemaMetadata());
  return CentersOf(TRY(ReadIvf(*file, metadata, path)), path);
}

Result<IvfModel> IvfModel::Read(table::FileCache& files, const std::string& folder) {
  IvfModel out;
  out.kind = TRY(VectorIndexKind(files, folder));
  out.centers = TRY(ReadCenters(files, folder));
  out.codes_path = JoinPath(folder, kCodesFile);
  const auto file = TRY(files.Open(out.codes_path));
  const Metadata metadata = TRY(file->ReadSchemaMetadata());
  const pb::Ivf ivf = TRY(ReadIvf(*file, metadata, out.codes_path));
  const auto distance = metadata.find(kDistanceKey);
  const auto metric = MetricOf(distance == metadata.end() ? "" : distance->second);
  if (!metric) return Unsupported("an index of another distance", out.codes_path);
  out.metric = *metric;
  out.codes = TRY(DescriptionOf(metadata, out.codes_path));
  out.offsets.assign(ivf.offsets().begin(), ivf.offsets().end());
  out.lengths.assign(ivf.lengths().begin(), ivf.lengths().end());
  out.num_rows = static_cast<uint64_t>(file->num_rows());
  bool is_whole = out.offsets.size() == out.centers.count() && out.lengths.size() == out.centers.count();
  uint64_t rows = 0;  // partitions that shared rows could be more than memory holds
  for (size_t i = 0; is_whole && i < out.offsets.size(); i++) {
    rows += out.lengths[i];
    is_whole =
        out.offsets[i] <= out.num_rows && out.lengths[i] <= out.num_rows - out.offsets[i] && rows <= out.num_rows;
  }
  if (!is_whole) return Corruption("the partitions of an index do not fit its rows", out.codes_path);
  return out;
}

Result<void> IvfModel::CheckSize(const lance::FileReader& file, size_t code_bytes) const {
  if (num_rows <= file.size_bytes() / std::max<size_t>(1, code_bytes)) return {};
  return Unsupported("an index whose codes are compressed", codes_path);
}

}  // namespace squire::vector
