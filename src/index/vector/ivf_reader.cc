// Reading Lance's IVF_RQ: what Squire wrote, and what others did.

#include <algorithm>

#include "index/vector/code_layout.h"
#include "index/vector/ivf_columns.h"

namespace squire::vector {
namespace {

constexpr uint64_t kGapRows = 128;   // between two partitions that are read at once: less than another reading costs
constexpr uint64_t kRunRows = 8192;  // read at once, unless a partition has more

/// The quantizer that the file of codes describes. ERRORS: Unsupported for forms that are not read.
Result<Quantizer> QuantizerOf(const IvfModel& model) {
  const nlohmann::json& json = model.codes;
  const std::string& path = model.codes_path;
  const size_t dim = model.centers.dim;
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
  for (const nlohmann::json& byte : *signs) {
    if (!byte.is_number_unsigned() || byte.get<uint64_t>() > 255) return Corruption("a rotation of no bytes", path);
    bits.push_back(byte.get<uint8_t>());
  }
  return Quantizer(shape, model.metric, TRY(Rotation::FromBits(dim, bits)));
}

}  // namespace

Result<void> IvfReader::FindColumns(lance::FileReader& file) {
  const CodeShape& shape = quantizer_.shape();
  const auto present = TRY(file.ReadColumns());
  for (size_t column = 0; column < (shape.extra_bits() > 0 ? kCodeColumns : kExtra); column++) {
    const auto found = std::ranges::find(present, kCodeColumnNames[column], [](const auto& c) { return c.first.name; });
    if (found == present.end())
      return Unsupported(std::string("an IVF_RQ index without ") + kCodeColumnNames[column], model_.codes_path);
    const DataType wanted = CodeColumnType(column, shape);
    const DataType& type = found->first.type;
    const bool is_same = type.id == wanted.id && type.width == wanted.width &&
                         (wanted.children.empty() || type.children[0].type.id == TypeId::kUInt8);
    if (!is_same)
      return Corruption(std::string("column ") + kCodeColumnNames[column] + " of an index is of " + type.ToString(),
                        model_.codes_path);
    columns_.push_back(found->second);
  }
  return {};
}

Result<IvfReader> IvfReader::Open(std::shared_ptr<table::FileCache> files, const std::string& folder) {
  IvfModel model = TRY(IvfModel::Read(*files, folder));
  return Open(std::move(files), std::move(model));
}

Result<IvfReader> IvfReader::Open(std::shared_ptr<table::FileCache> files, IvfModel model) {
  if (model.kind != kKind) return Unsupported("an index of kind " + model.kind, model.codes_path);
  auto quantizer = QuantizerOf(model);
  if (!quantizer) return std::move(quantizer.error());
  const auto codes = TRY(files->Open(model.codes_path));
  TRY(model.CheckSize(*codes, quantizer->shape().sign_bytes()));
  IvfReader out(files, std::move(model), *std::move(quantizer));
  TRY(out.FindColumns(*codes));
  return out;
}

Result<std::shared_ptr<lance::FileReader>> IvfReader::OpenCodes() const {
  const auto files = files_.lock();
  if (files == nullptr) return Internal("an index is read after its table was closed");
  return files->Open(model_.codes_path);
}

Result<void> IvfReader::ReadSigns(std::span<const size_t> wanted, const UseSigns& use) const {
  if (wanted.empty()) return {};
  const auto file = TRY(OpenCodes());
  const size_t sign_bytes = quantizer_.shape().sign_bytes();
  Array holders[4];
  for (size_t begin = 0, end = 0; begin < wanted.size(); begin = end) {
    FileRows rows = model_.RowsOf(wanted[begin]);
    for (end = begin + 1; end < wanted.size(); end++) {
      const FileRows next = model_.RowsOf(wanted[end]);
      const uint64_t last = rows.first + rows.count;
      if (next.first < last || next.first - last > kGapRows || next.first + next.count - rows.first > kRunRows) break;
      rows.count = next.first + next.count - rows.first;
    }
    if (rows.count == 0) {
      for (const size_t partition : wanted.subspan(begin, end - begin)) TRY(use(partition, {}));
      continue;
    }
    const auto packed = TRY(ReadIndexValues<uint8_t>(*file, columns_[kSigns], rows, holders[0]));
    const auto add = TRY(ReadIndexValues<float>(*file, columns_[kAdd], rows, holders[1]));
    const auto scale = TRY(ReadIndexValues<float>(*file, columns_[kScale], rows, holders[2]));
    const auto error = TRY(ReadIndexValues<float>(*file, columns_[kError], rows, holders[3]));
    for (const size_t partition : wanted.subspan(begin, end - begin)) {
      const size_t first = model_.offsets[partition] - rows.first, count = model_.lengths[partition];
      TRY(use(partition, {packed.subspan(first * sign_bytes, count * sign_bytes), add.subspan(first, count),
                          scale.subspan(first, count), error.subspan(first, count)}));
    }
  }
  return {};
}

Result<void> IvfReader::ReadMagnitudes(size_t partition, const UseMagnitudes& use) const {
  const auto file = TRY(OpenCodes());
  const FileRows rows = model_.RowsOf(partition);
  const bool has_extra = quantizer_.shape().extra_bits() > 0;
  Array holders[4];
  MagnitudeRows out;
  out.addresses = TRY(ReadIndexValues<uint64_t>(*file, columns_[kRowId], rows, holders[0]));
  out.add = TRY(ReadIndexValues<float>(*file, columns_[has_extra ? kAddExtra : kAdd], rows, holders[1]));
  out.scale = TRY(ReadIndexValues<float>(*file, columns_[has_extra ? kScaleExtra : kScale], rows, holders[2]));
  if (has_extra) out.extra = TRY(ReadIndexValues<uint8_t>(*file, columns_[kExtra], rows, holders[3]));
  return use(out);
}

Result<CodeRows> IvfReader::Read(size_t partition) const {
  CodeRows out;
  if (model_.lengths[partition] == 0) return out;
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
