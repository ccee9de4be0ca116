#include "index/vector/quantizer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "index/vector/code_layout.h"
#include "index/vector/vectors.h"

namespace squire::vector {
namespace {

constexpr float kErrorFactor = 1.9f;  // of the expected error: what the error factors of the format stand for
// Magnitudes above so many standard deviations share the highest code; the best value is looked for among these.
constexpr float kClips[] = {1.6f, 2.0f, 2.4f, 2.8f, 3.2f, 3.8f};
constexpr float kClipStep = 0.2f;
// What entries of tables lose by rounding adds up to step * sqrt(dim) / sqrt(48), times the scale of a row, which is
// about 1.8 of its error factor: so much of it (with room), and of the query's distance from a center, as if it lay
// farther off.
constexpr float kTableError = 0.4f;
constexpr float kAgreement = 1e-3f;   // of factors with vectors: a bit that turned is more
constexpr float kTellingPart = 0.1f;  // from here on, factors tell nothing

float RatioOrZero(float numerator, float denominator) {
  const float ratio = denominator == 0.0f ? 0.0f : numerator / denominator;
  return std::isfinite(ratio) ? ratio : 0.0f;
}

float Clamped(float value) {
  constexpr float kMax = std::numeric_limits<float>::max();
  return std::isnan(value) ? kMax : std::clamp(value, -kMax, kMax);
}

}  // namespace

bool Quantizer::Prepare(std::span<float> vector) const { return vector::Prepare(metric_, vector); }

void Quantizer::PrepareRows(std::vector<float>& rows, std::vector<uint64_t>& addresses) const {
  const size_t dim = shape_.dim;
  size_t kept = 0;
  for (size_t row = 0; row < addresses.size(); row++) {
    const auto values = std::span(rows).subspan(row * dim, dim);
    if (!Prepare(values)) continue;
    if (kept != row) std::ranges::copy(values, rows.begin() + static_cast<ptrdiff_t>(kept * dim));
    addresses[kept++] = addresses[row];
  }
  rows.resize(kept * dim);
  addresses.resize(kept);
}

/// Products of a row's difference and code, and of its center and code.
struct Quantizer::Sums {
  float norm_square = 0;
  float sign_dot = 0, sign_center = 0;
  float extra_dot = 0, extra_center = 0;
  float center_dot = 0;
  bool is_zero = false;
};

/// Finds the codes whose direction is nearest to the difference's, into scratch.best. Returns the product of both.
float Quantizer::QuantizeMagnitudes(Scratch& scratch, float norm) const {
  const simd::Kernels& kernels = simd::ActiveKernels();
  const unsigned code_max = (1u << shape_.extra_bits()) - 1;
  const float unit = static_cast<float>(code_max + 1) * std::sqrt(static_cast<float>(shape_.dim)) / norm;
  float best_quality = -1, best_dot = 0, best_clip = 0;
  const auto consider = [&](float clip) {
    float dot = 0, square = 0;
    kernels.quantize(scratch.rotated.data(), shape_.dim, unit / clip, code_max, scratch.codes.data(), &dot, &square);
    const float quality = dot / std::sqrt(square);
    if (!(quality > best_quality)) return;
    best_quality = quality;
    best_dot = dot;
    best_clip = clip;
    scratch.best.swap(scratch.codes);
  };
  for (const float clip : kClips) consider(clip);
  const float middle = best_clip;
  consider(middle - kClipStep);
  consider(middle + kClipStep);
  return best_dot;
}

CodeFactors Quantizer::FactorsOf(const Sums& sums) const {
  CodeFactors out;
  const float weight = metric_ == simd::Metric::kDot ? 1.0f : 2.0f;
  const float base = metric_ == simd::Metric::kDot ? 1.0f - sums.center_dot : sums.norm_square;
  const float ratio = RatioOrZero(sums.norm_square, sums.sign_dot);
  out.add = base + weight * ratio * sums.sign_center;
  out.scale = -weight * ratio;
  if (shape_.dim > 1 && sums.norm_square > 0 && sums.sign_dot != 0) {
    const auto dim = static_cast<float>(shape_.dim);
    const float alignment = sums.norm_square * dim * 0.25f / (sums.sign_dot * sums.sign_dot);
    const float angle = std::sqrt(std::max(alignment - 1.0f, 0.0f) / (dim - 1.0f));
    out.error = weight * std::sqrt(sums.norm_square) * kErrorFactor * angle;
  }
  const float extra_ratio = RatioOrZero(sums.norm_square, sums.extra_dot);
  out.add_extra = base + weight * extra_ratio * sums.extra_center;
  out.scale_extra = -weight * extra_ratio;
  if (sums.is_zero && metric_ == simd::Metric::kCosine) {
    // A vector without a length is at cosine distance 1 of all others, which is a squared distance of 2, not 1.
    out.add += 1.0f;
    out.add_extra += 1.0f;
  }
  for (float* value : {&out.add, &out.scale, &out.error, &out.add_extra, &out.scale_extra}) *value = Clamped(*value);
  return out;
}

CodeFactors Quantizer::Encode(std::span<const float> vector, std::span<const float> center,
                              std::span<const float> rotated_center, uint8_t* signs, uint8_t* extra,
                              Scratch& scratch) const {
  const size_t dim = shape_.dim;
  scratch.rotated.resize(dim);
  Sums sums;
  sums.is_zero = true;
  for (size_t i = 0; i < dim; i++) {
    const float value = vector[i] - center[i];
    scratch.rotated[i] = value;
    sums.norm_square += value * value;
    sums.is_zero &= vector[i] == 0.0f;
  }
  rotation_.Apply(scratch.rotated.data());
  std::memset(signs, 0, shape_.sign_bytes());
  const bool has_extra = shape_.extra_bits() > 0;
  const bool has_direction = sums.norm_square > 0 && std::isfinite(sums.norm_square);
  scratch.best.assign(has_extra ? 64 * shape_.groups() : 0, 0);
  scratch.codes.assign(scratch.best.size(), 0);
  if (has_extra && has_direction) sums.extra_dot = QuantizeMagnitudes(scratch, std::sqrt(sums.norm_square));
  const auto code_max = static_cast<uint8_t>((1u << shape_.extra_bits()) - 1);
  for (size_t i = 0; i < dim; i++) {
    const float value = scratch.rotated[i], center_value = rotated_center[i];
    const bool is_negative = std::signbit(value);
    signs[i / 8] |= static_cast<uint8_t>(!is_negative << (i % 8));
    sums.sign_dot += std::abs(value) * 0.5f;
    sums.sign_center += is_negative ? -0.5f * center_value : 0.5f * center_value;
    sums.center_dot += value * center_value;
    if (!has_extra) continue;
    const float middle = static_cast<float>(scratch.best[i]) + 0.5f;
    sums.extra_center += is_negative ? -middle * center_value : middle * center_value;
    // Below zero, codes count from the other end: sign and magnitude together are one number.
    if (is_negative && has_direction) scratch.best[i] ^= code_max;
  }
  if (has_extra) PackExtra(scratch.best, shape_.extra_bits(), extra);
  return FactorsOf(sums);
}

bool Quantizer::Agrees(std::span<const float> vector, std::span<const float> center,
                       std::span<const float> rotated_center, const uint8_t* signs, const uint8_t* extra,
                       const CodeFactors& factors, float rounding) const {
  const simd::Kernels& kernels = simd::ActiveKernels();
  std::vector<float> rotated(64 * shape_.groups()), of_center(rotated.size());
  std::vector<uint8_t> whole(8 * shape_.groups());
  std::memcpy(whole.data(), signs, shape_.sign_bytes());
  std::ranges::copy(rotated_center, of_center.begin());
  Sums sums;
  sums.is_zero = true;
  float vector_square = 0, center_square = 0;
  for (size_t i = 0; i < shape_.dim; i++) {
    rotated[i] = vector[i] - center[i];
    sums.norm_square += rotated[i] * rotated[i];
    vector_square += vector[i] * vector[i];
    center_square += center[i] * center[i];
    sums.is_zero &= vector[i] == 0.0f;
  }
  const float norm = std::sqrt(sums.norm_square);
  // What the difference lost by rounding, and what sums over it lose.
  const float part = kAgreement + 8 * rounding * RatioOrZero(std::sqrt(vector_square), norm);
  if (!(norm > 0) || !std::isfinite(sums.norm_square) || part > kTellingPart) return true;
  rotation_.Apply(rotated.data());
  float total = 0, center_total = 0;
  for (size_t i = 0; i < shape_.dim; i++) {
    total += rotated[i];
    center_total += of_center[i];
    sums.center_dot += rotated[i] * of_center[i];
  }
  const auto product = [&](const std::vector<float>& with, float sum, unsigned bits) {
    const float dot = kernels.code_dot(with.data(), whole.data(), extra, bits, shape_.groups());
    return dot - (static_cast<float>(1u << bits) - 0.5f) * sum;
  };
  sums.sign_dot = product(rotated, total, 0);
  sums.sign_center = product(of_center, center_total, 0);
  if (shape_.extra_bits() > 0) {
    sums.extra_dot = product(rotated, total, shape_.extra_bits());
    sums.extra_center = product(of_center, center_total, shape_.extra_bits());
  }
  const CodeFactors wanted = FactorsOf(sums);
  const auto is_near = [part](float a, float b, float size) { return std::abs(a - b) <= part * size; };
  const float length = 1 + sums.norm_square + 2 * norm * std::sqrt(center_square);
  const float error_square = 16 * sums.norm_square * kErrorFactor / static_cast<float>(shape_.dim);
  bool agrees = is_near(factors.add, wanted.add, length) && is_near(factors.scale, wanted.scale, -wanted.scale) &&
                is_near(factors.error * factors.error, wanted.error * wanted.error, error_square);
  if (shape_.extra_bits() > 0)
    agrees = agrees && is_near(factors.add_extra, wanted.add_extra, length) &&
             is_near(factors.scale_extra, wanted.scale_extra, -wanted.scale_extra);
  return agrees;
}

CodeQuery::CodeQuery(const Quantizer& quantizer, std::span<const float> query)
    : kernels_(&simd::ActiveKernels()), shape_(quantizer.shape()), metric_(quantizer.metric()) {
  rotated_.assign(64 * shape_.groups(), 0.0f);
  std::ranges::copy(query, rotated_.begin());
  for (const float value : query) square_ += value * value;
  quantizer.rotation().Apply(rotated_.data());
  for (size_t i = 0; i < shape_.dim; i++) total_ += rotated_[i];
  // Entry v of a table is the sum of the values whose bits are set in v, less the least such sum.
  const size_t num_tables = shape_.dim / 4;
  std::vector<float> sums(16 * num_tables);
  float widest = 0;
  for (size_t t = 0; t < num_tables; t++) {
    float* entry = &sums[16 * t];
    float least = 0, most = 0;
    for (size_t bit = 0; bit < 4; bit++) {
      const float value = rotated_[4 * t + bit];
      (value < 0 ? least : most) += value;
      for (size_t v = 0; v < size_t{1} << bit; v++) entry[v + (size_t{1} << bit)] = entry[v] + value;
    }
    for (size_t v = 0; v < 16; v++) entry[v] -= least;
    least_ += least;
    widest = std::max(widest, most - least);
  }
  step_ = widest / static_cast<float>(simd::kTableEntryMax);
  table_error_ = kTableError * step_ * std::sqrt(static_cast<float>(shape_.dim));
  const float factor = RatioOrZero(1.0f, step_);
  tables_.resize(sums.size());
  for (size_t i = 0; i < sums.size(); i++)
    tables_[i] = static_cast<uint8_t>(std::min(sums[i] * factor + 0.5f, static_cast<float>(simd::kTableEntryMax)));
}

CodeQuery::Center CodeQuery::Against(float dot, float square) const {
  Center out;
  if (metric_ == simd::Metric::kDot) {
    // What of the query lies along the center is known; only the rest meets the code's error.
    const float along = RatioOrZero(dot, square);
    out.add_weight = along;
    out.constant = 1.0f - dot - along;
    out.error = std::sqrt(std::max(square_ - along * dot, 0.0f) + table_error_ * table_error_);
  } else {
    out.constant = std::max(square_ + square - 2.0f * dot, 0.0f);
    out.error = std::sqrt(out.constant + table_error_ * table_error_);
  }
  return out;
}

simd::EstimateTerms CodeQuery::Terms(const Center& center, float slack, float bound) const {
  return {step_, least_ - 0.5f * total_, center.add_weight, center.constant, slack * center.error, bound};
}

float CodeQuery::Refine(const Center& center, const uint8_t* signs, const uint8_t* extra, float add_extra,
                        float scale_extra) const {
  const auto unit = static_cast<float>(1u << shape_.extra_bits());
  const float product = kernels_->code_dot(rotated_.data(), signs, extra, shape_.extra_bits(), shape_.groups());
  return (product - (unit - 0.5f) * total_) * scale_extra + add_extra * center.add_weight + center.constant;
}

}  // namespace squire::vector
