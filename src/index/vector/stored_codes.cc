#include "index/vector/stored_codes.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "index/vector/vectors.h"

namespace squire::vector {
namespace {

constexpr size_t kDecodedRows = 64;
constexpr size_t kCodewords = 256;

class FlatCodes : public StoredCodes {
 public:
  explicit FlatCodes(const IvfModel& model) : metric_(model.metric), dim_(model.centers.dim) {}
  [[nodiscard]] const char* column() const override { return "flat"; }
  [[nodiscard]] size_t code_bytes() const override { return dim_ * sizeof(float); }
  [[nodiscard]] float DefaultRefine() const override { return 1; }
  [[nodiscard]] bool IsOf(const DataType& type) const override {
    return IsVectorType(type) && static_cast<size_t>(type.width) == dim_;
  }
  [[nodiscard]] Result<void> Read(lance::FileReader& file, const lance::ColumnTree& column, FileRows rows,
                                  std::vector<uint8_t>& out) const override {
    const auto read = file.Read(column, static_cast<int64_t>(rows.first), static_cast<int64_t>(rows.count));
    if (!read) return read.error();
    const Array vectors = TRY(ToFloats(*read));
    if (vectors.null_count() > 0) return Corruption("an index has a row of codes without a value");
    out.resize(rows.count * code_bytes());
    for (uint64_t row = 0; row < rows.count; row++) {
      const auto items = vectors.Items<float>(static_cast<int64_t>(row));
      std::memcpy(out.data() + row * code_bytes(), items.data(), code_bytes());
    }
    return {};
  }
  [[nodiscard]] Measure MeasureFor(std::span<const float> query) const override {
    return [this, distance = simd::DistanceTo(metric_, query)](std::span<const float>, const StoredRows& rows,
                                                               float* out) {
      distance.Measure(rows.codes.data(), code_bytes(), rows.addresses.size(), out);
    };
  }

 private:
  simd::Metric metric_;
  size_t dim_;
};

/// Values in a range that is the same for all dimensions, in 255 steps.
class ScalarCodes : public StoredCodes {
 public:
  ScalarCodes(const IvfModel& model, float start, float end)
      : metric_(model.metric), dim_(model.centers.dim), start_(start), step_((end - start) / 255) {}
  [[nodiscard]] const char* column() const override { return "__sq_code"; }
  [[nodiscard]] size_t code_bytes() const override { return dim_; }
  [[nodiscard]] float DefaultRefine() const override { return 1.5f; }
  [[nodiscard]] Measure MeasureFor(std::span<const float> query) const override {
    return [this, distance = simd::DistanceTo(metric_, query)](std::span<const float>, const StoredRows& rows,
                                                               float* out) {
      std::vector<float> values(std::min(kDecodedRows, rows.addresses.size()) * dim_);
      for (size_t first = 0; first < rows.addresses.size(); first += kDecodedRows) {
        const size_t count = std::min(kDecodedRows, rows.addresses.size() - first);
        const uint8_t* codes = rows.codes.data() + first * dim_;
        for (size_t i = 0; i < count * dim_; i++) values[i] = start_ + step_ * static_cast<float>(codes[i]);
        distance.Measure(reinterpret_cast<const uint8_t*>(values.data()), dim_ * sizeof(float), count, out + first);
      }
    };
  }

 private:
  simd::Metric metric_;
  size_t dim_;
  float start_, step_;
};

/// Parts of a vector, or of its difference from the center (L2 and cosine), each by the nearest of 256 (or 16) words.
/// Codes of a partition lie part by part, one of each row.
class ProductCodes : public StoredCodes {
 public:
  ProductCodes(const IvfModel& model, size_t parts, unsigned bits, std::vector<float> words)
      : metric_(model.metric), dim_(model.centers.dim), parts_(parts), bits_(bits), words_(std::move(words)) {
    for (size_t word = 0; word < words_.size() / width(); word++) {
      float square = 0;
      for (size_t i = 0; i < width(); i++) square += words_[word * width() + i] * words_[word * width() + i];
      squares_.push_back(square);
    }
  }
  [[nodiscard]] const char* column() const override { return "__pq_code"; }
  [[nodiscard]] size_t code_bytes() const override { return bits_ == 4 ? parts_ / 2 : parts_; }
  [[nodiscard]] float DefaultRefine() const override { return 10; }
  [[nodiscard]] Measure MeasureFor(std::span<const float> query) const override {
    return [this, values = std::vector<float>(query.begin(), query.end())](std::span<const float> center,
                                                                           const StoredRows& rows, float* out) {
      MeasureRows(TablesOf(values, center), rows, out);
    };
  }

 private:
  [[nodiscard]] size_t width() const { return dim_ / parts_; }
  [[nodiscard]] size_t words_of_part() const { return size_t{1} << bits_; }

  /// What each word of each part adds to the distance.
  [[nodiscard]] std::vector<float> TablesOf(std::span<const float> query, std::span<const float> center) const {
    const bool is_dot = metric_ == simd::Metric::kDot;
    std::vector<float> wanted(query.begin(), query.end()), tables(parts_ * words_of_part());
    for (size_t i = 0; !is_dot && i < dim_; i++) wanted[i] -= center[i];
    for (size_t part = 0; part < parts_; part++) {
      const size_t first = part * words_of_part();
      simd::ActiveKernels().dot(wanted.data() + part * width(), width(),
                                reinterpret_cast<const uint8_t*>(words_.data() + first * width()),
                                width() * sizeof(float), words_of_part(), tables.data() + first);
    }
    for (size_t i = 0; i < tables.size(); i++) tables[i] = is_dot ? -tables[i] : squares_[i] - 2 * tables[i];
    if (is_dot) return tables;
    float square = 0;
    for (const float value : wanted) square += value * value;
    for (size_t word = 0; word < words_of_part(); word++) tables[word] += square;  // once a row
    return tables;
  }

  void MeasureRows(const std::vector<float>& tables, const StoredRows& rows, float* out) const {
    const size_t count = rows.addresses.size();
    std::fill_n(out, count, 0.0f);
    for (size_t i = 0; i < code_bytes(); i++) {
      const uint8_t* codes = rows.codes.data() + i * count;
      if (bits_ == 8) {
        const float* table = tables.data() + i * kCodewords;
        for (size_t row = 0; row < count; row++) out[row] += table[codes[row]];
      } else {
        const float *low = tables.data() + 2 * i * 16, *high = low + 16;
        for (size_t row = 0; row < count; row++) out[row] += low[codes[row] & 15] + high[codes[row] >> 4];
      }
    }
  }

  simd::Metric metric_;
  size_t dim_, parts_;
  unsigned bits_;
  std::vector<float> words_, squares_;
};

Result<std::unique_ptr<const StoredCodes>> OpenScalar(const IvfModel& model) {
  const nlohmann::json bounds = ValueOr(model.codes, "bounds", nlohmann::json());
  const auto start = static_cast<float>(ValueOr<double>(bounds, "start", NAN));
  const auto end = static_cast<float>(ValueOr<double>(bounds, "end", NAN));
  if (ValueOr<uint64_t>(model.codes, "num_bits", 8) != 8)
    return Unsupported("an index of scalar codes that are no bytes", model.codes_path);
  if (!std::isfinite(start) || !std::isfinite(end) || !std::isfinite(end - start) || end < start)
    return Unsupported("an index of scalar codes between " + std::to_string(start) + " and " + std::to_string(end),
                       model.codes_path);
  return std::unique_ptr<const StoredCodes>(new ScalarCodes(model, start, end));
}

Result<std::unique_ptr<const StoredCodes>> OpenProduct(lance::FileReader& file, const IvfModel& model) {
  const uint64_t bits = ValueOr<uint64_t>(model.codes, "nbits", 0);
  const uint64_t parts = ValueOr<uint64_t>(model.codes, "num_sub_vectors", 0);
  if (!ValueOr(model.codes, "transposed", false) || (bits != 8 && bits != 4) || (bits == 4 && parts % 2 != 0))
    return Unsupported("an index of product codes of another form", model.codes_path);
  const size_t dim = model.centers.dim;
  if (parts == 0 || parts > dim || dim % parts != 0)
    return Corruption("product codes of " + std::to_string(parts) + " parts of " + std::to_string(dim) + " dimensions",
                      model.codes_path);
  const uint64_t book = ValueOr<uint64_t>(model.codes, "codebook_position", 0);
  if (book == 0) return Unsupported("an index of product codes whose words lie elsewhere", model.codes_path);
  const auto buffer = TRY(file.ReadGlobalBuffer(book));
  auto words = TRY(ReadFloats(buffer, model.codes_path));
  if (words.size() != (size_t{1} << bits) * dim)
    return Corruption("a code book of " + std::to_string(words.size()) + " values", model.codes_path);
  return std::unique_ptr<const StoredCodes>(
      new ProductCodes(model, parts, static_cast<unsigned>(bits), std::move(words)));
}

}  // namespace

bool StoredCodes::IsOf(const DataType& type) const {
  return type.id == TypeId::kFixedSizeList && static_cast<size_t>(type.width) == code_bytes() &&
         type.children[0].type.id == TypeId::kUInt8;
}

Result<void> StoredCodes::Read(lance::FileReader& file, const lance::ColumnTree& column, FileRows rows,
                               std::vector<uint8_t>& out) const {
  Array holder;
  const auto bytes = TRY(ReadIndexValues<uint8_t>(file, column, rows, holder));
  out.assign(bytes.begin(), bytes.end());
  return {};
}

Result<std::unique_ptr<const StoredCodes>> StoredCodes::Open(lance::FileReader& file, const IvfModel& model) {
  const std::string& kind = model.kind;
  if (kind == "IVF_FLAT" || kind == "IVF_HNSW_FLAT") return std::unique_ptr<const StoredCodes>(new FlatCodes(model));
  if (kind == "IVF_SQ" || kind == "IVF_HNSW_SQ") return OpenScalar(model);
  if (kind == "IVF_PQ" || kind == "IVF_HNSW_PQ") return OpenProduct(file, model);
  return Unsupported("an index of kind " + kind, model.codes_path);
}

}  // namespace squire::vector
