// Reading Lance's IVF_RQ: what Squire wrote, and what others did.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "index/vector/code_layout.h"
#include "index/vector/ivf_columns.h"
#include "lance/parse_message.h"
#include "lance/proto/vector_index.pb.h"

namespace squire::vector {
namespace {

using Metadata = std::map<std::string, std::string>;
using Json = nlohmann::json;
constexpr size_t kJsonBytesMax = 1 << 20;
constexpr uint64_t kGapRows = 128;   // between two partitions that are read at once: less than another reading costs
constexpr uint64_t kRunRows = 8192;  // read at once, unless a partition has more

/// The JSON kept under `key`, or a discarded value.
Json JsonAt(const Metadata& metadata, const char* key) {
  const auto found = metadata.find(key);
  if (found == metadata.end() || found->second.size() > kJsonBytesMax) return Json(Json::value_t::discarded);
  return Json::parse(found->second, nullptr, false);
}

template <class T>
T ValueOr(const Json& json, const char* key, T fallback) {
  const auto found = json.find(key);
  if (found == json.end()) return fallback;
  if constexpr (std::is_same_v<T, std::string>) return found->is_string() ? found->get<T>() : fallback;
  if constexpr (std::is_same_v<T, bool>) return found->is_boolean() ? found->get<T>() : fallback;
  if constexpr (std::is_same_v<T, uint64_t>) return found->is_number_unsigned() ? found->get<T>() : fallback;
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

Result<Centers> CentersOf(const pb::Ivf& ivf, const std::string& path) {
  const pb::Tensor& tensor = ivf.centroids_tensor();
  if (tensor.data_type() != pb::Tensor::FLOAT32) return Unsupported("an index whose centers are not of float32", path);
  const size_t count = tensor.shape_size() == 2 ? tensor.shape(0) : 0, dim = count > 0 ? tensor.shape(1) : 0;
  if (count == 0 || count > kPartitionsMax || dim == 0 || dim > kCodeDimMax ||
      tensor.data().size() != count * dim * sizeof(float))
    return Corruption("the centers of an index have " + std::to_string(tensor.data().size()) + " bytes", path);
  Centers out;
  out.dim = dim;
  out.values.resize(count * dim);
  std::memcpy(out.values.data(), tensor.data().data(), tensor.data().size());
  if (!std::ranges::all_of(out.values, [](float value) { return std::isfinite(value); }))
    return Corruption("a center of an index is not finite", path);
  out.Measure();
  return out;
}

/// The quantizer that the file of codes describes. ERRORS: Unsupported for forms that are not read.
Result<Quantizer> QuantizerOf(const Metadata& metadata, size_t dim, const std::string& path) {
  const auto distance = metadata.find(kDistanceKey);
  const auto metric = MetricOf(distance == metadata.end() ? "" : distance->second);
  if (!metric) return Unsupported("an index of another distance", path);
  const Json list = JsonAt(metadata, kStorageKey);
  if (!list.is_array() || list.empty() || !list[0].is_string())
    return Corruption("an index does not describe its codes", path);
  const Json json = Json::parse(list[0].get<std::string>(), nullptr, false);
  if (!json.is_object()) return Corruption("the description of an index's codes does not parse", path);
  CodeShape shape{dim, static_cast<unsigned>(ValueOr<uint64_t>(json, "num_bits", 0) & 0xff)};
  if (ValueOr<std::string>(json, "query_estimator", "") != "raw_query" ||
      ValueOr<std::string>(json, "rotation_type", "") != "fast" || !ValueOr<bool>(json, "packed", false))
    return Unsupported("an IVF_RQ index of an older form", path);
  if (ValueOr<uint64_t>(json, "code_dim", 0) != dim || dim % 8 != 0 || shape.bits < 1 || shape.bits > kCodeBitsMax)
    return Corruption(
        "an index of " + std::to_string(shape.bits) + " bits a dimension, of which it has " + std::to_string(dim),
        path);
  const auto signs = json.find("fast_rotation_signs");
  if (signs == json.end() || !signs->is_array()) return Corruption("an index without its rotation", path);
  std::vector<uint8_t> bits;
  for (const Json& byte : *signs) {
    if (!byte.is_number_unsigned() || byte.get<uint64_t>() > 255) return Corruption("a rotation of no bytes", path);
    bits.push_back(byte.get<uint8_t>());
  }
  return Quantizer(shape, *metric, TRY(Rotation::FromBits(dim, bits)));
}

}  // namespace

Result<std::string> VectorIndexKind(table::FileCache& files, const std::string& folder) {
  const std::string path = JoinPath(folder, kCentersFile);
  const auto file = TRY(files.Open(path));
  const Json kind = JsonAt(TRY(file->ReadSchemaMetadata()), kKindKey);
  if (!kind.is_object()) return Corruption("an index does not say of what kind it is", path);
  return ValueOr<std::string>(kind, "type", "");
}

Result<void> IvfReader::FindColumns(lance::FileReader& file) {
  const CodeShape& shape = quantizer_.shape();
  const auto present = TRY(file.ReadColumns());
  for (size_t column = 0; column < (shape.extra_bits() > 0 ? kCodeColumns : kExtra); column++) {
    const auto found = std::ranges::find(present, kCodeColumnNames[column], [](const auto& c) { return c.first.name; });
    if (found == present.end())
      return Unsupported(std::string("an IVF_RQ index without ") + kCodeColumnNames[column], path_);
    const DataType wanted = CodeColumnType(column, shape);
    const DataType& type = found->first.type;
    const bool is_same = type.id == wanted.id && type.width == wanted.width &&
                         (wanted.children.empty() || type.children[0].type.id == TypeId::kUInt8);
    if (!is_same)
      return Corruption(std::string("column ") + kCodeColumnNames[column] + " of an index is of " + type.ToString(),
                        path_);
    columns_.push_back(found->second);
  }
  return {};
}

Result<IvfReader> IvfReader::Open(std::shared_ptr<table::FileCache> files, const std::string& folder) {
  const std::string kind = TRY(VectorIndexKind(*files, folder));
  if (kind != kKind) return Unsupported("an index of kind " + kind, folder);
  const std::string centers_path = JoinPath(folder, kCentersFile), codes_path = JoinPath(folder, kCodesFile);
  const auto centers_file = TRY(files->Open(centers_path));
  const pb::Ivf model = TRY(ReadIvf(*centers_file, TRY(centers_file->ReadSchemaMetadata()), centers_path));
  Centers centers = TRY(CentersOf(model, centers_path));

  const auto codes = TRY(files->Open(codes_path));
  const Metadata metadata = TRY(codes->ReadSchemaMetadata());
  const pb::Ivf ivf = TRY(ReadIvf(*codes, metadata, codes_path));
  auto quantizer = QuantizerOf(metadata, centers.dim, codes_path);
  if (!quantizer) return std::move(quantizer.error());
  IvfReader out(files, codes_path, *std::move(quantizer));
  out.offsets_.assign(ivf.offsets().begin(), ivf.offsets().end());
  out.lengths_.assign(ivf.lengths().begin(), ivf.lengths().end());
  out.num_rows_ = static_cast<uint64_t>(codes->num_rows());
  // Codes are as good as random: a file that holds more of them than it has bytes for repeats itself, or lies.
  if (out.num_rows_ > codes->size_bytes() / std::max<size_t>(1, out.quantizer_.shape().sign_bytes()))
    return Unsupported("an index whose codes are compressed", codes_path);
  bool is_whole = out.offsets_.size() == centers.count() && out.lengths_.size() == centers.count();
  for (size_t i = 0; is_whole && i < out.offsets_.size(); i++)
    is_whole = out.offsets_[i] <= out.num_rows_ && out.lengths_[i] <= out.num_rows_ - out.offsets_[i];
  if (!is_whole) return Corruption("the partitions of an index do not fit its rows", codes_path);
  out.centers_ = std::move(centers);
  TRY(out.FindColumns(*codes));
  return out;
}

Result<std::shared_ptr<lance::FileReader>> IvfReader::OpenCodes() const {
  const auto files = files_.lock();
  if (files == nullptr) return Internal("an index is read after its table was closed");
  return files->Open(path_);
}

template <class T>
Result<std::span<const T>> IvfReader::ReadValues(lance::FileReader& file, size_t column, Rows rows,
                                                 Array& holder) const {
  holder = TRY(file.Read(columns_[column], static_cast<int64_t>(rows.first), static_cast<int64_t>(rows.count)));
  const bool is_list = !holder.children.empty();
  if (holder.null_count() > 0 || (is_list && holder.children[0].null_count() > 0))
    return Corruption("an index has a row of codes without a value", path_);
  if (!is_list) return holder.values<T>();
  const auto width = static_cast<size_t>(holder.type.width);
  return holder.children[0].values<T>().subspan(static_cast<size_t>(holder.offset) * width,
                                                static_cast<size_t>(holder.length) * width);
}

Result<void> IvfReader::ReadSigns(std::span<const size_t> wanted, const UseSigns& use) const {
  if (wanted.empty()) return {};
  const auto file = TRY(OpenCodes());
  const size_t sign_bytes = quantizer_.shape().sign_bytes();
  Array holders[4];
  for (size_t begin = 0, end = 0; begin < wanted.size(); begin = end) {
    Rows rows = RowsOf(wanted[begin]);
    for (end = begin + 1; end < wanted.size(); end++) {
      const Rows next = RowsOf(wanted[end]);
      const uint64_t last = rows.first + rows.count;
      if (next.first < last || next.first - last > kGapRows || next.first + next.count - rows.first > kRunRows) break;
      rows.count = next.first + next.count - rows.first;
    }
    if (rows.count == 0) {
      for (const size_t partition : wanted.subspan(begin, end - begin)) TRY(use(partition, {}));
      continue;
    }
    const auto packed = TRY(ReadValues<uint8_t>(*file, kSigns, rows, holders[0]));
    const auto add = TRY(ReadValues<float>(*file, kAdd, rows, holders[1]));
    const auto scale = TRY(ReadValues<float>(*file, kScale, rows, holders[2]));
    const auto error = TRY(ReadValues<float>(*file, kError, rows, holders[3]));
    for (const size_t partition : wanted.subspan(begin, end - begin)) {
      const size_t first = offsets_[partition] - rows.first, count = lengths_[partition];
      TRY(use(partition, {packed.subspan(first * sign_bytes, count * sign_bytes), add.subspan(first, count),
                          scale.subspan(first, count), error.subspan(first, count)}));
    }
  }
  return {};
}

Result<void> IvfReader::ReadMagnitudes(size_t partition, const UseMagnitudes& use) const {
  const auto file = TRY(OpenCodes());
  const Rows rows = RowsOf(partition);
  const bool has_extra = quantizer_.shape().extra_bits() > 0;
  Array holders[4];
  MagnitudeRows out;
  out.addresses = TRY(ReadValues<uint64_t>(*file, kRowId, rows, holders[0]));
  out.add = TRY(ReadValues<float>(*file, has_extra ? kAddExtra : kAdd, rows, holders[1]));
  out.scale = TRY(ReadValues<float>(*file, has_extra ? kScaleExtra : kScale, rows, holders[2]));
  if (has_extra) out.extra = TRY(ReadValues<uint8_t>(*file, kExtra, rows, holders[3]));
  return use(out);
}

Result<CodeRows> IvfReader::Read(size_t partition) const {
  CodeRows out;
  if (lengths_[partition] == 0) return out;
  const auto copy = [](auto values, auto& to) { to.assign(values.begin(), values.end()); };
  const size_t wanted[] = {partition};
  TRY(ReadSigns(wanted, [&](size_t, const SignRows& rows) -> Result<void> {
    copy(rows.add, out.add), copy(rows.scale, out.scale), copy(rows.error, out.error);
    out.signs.resize(rows.packed.size());
    SignsFromFile(rows.packed, quantizer_.shape().sign_bytes(), out.signs.data());
    return {};
  }));
  TRY(ReadMagnitudes(partition, [&](const MagnitudeRows& rows) -> Result<void> {
    copy(rows.addresses, out.addresses), copy(rows.extra, out.extra);
    copy(rows.add, out.add_extra), copy(rows.scale, out.scale_extra);
    return {};
  }));
  return out;
}

}  // namespace squire::vector
