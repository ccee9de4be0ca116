#include "index/vector/rabit_index.h"

#include <algorithm>

#include "index/vector/ivf_builder.h"

namespace squire::vector {
namespace {

constexpr size_t kBlocksPerPiece = 8;  // between looks at the bound
constexpr size_t kPieceRows = kBlocksPerPiece * 32;
constexpr float kFreshSlack = 1.0f;  // rows whose mean is their center lie farther from it

/// The candidates of one query so far.
class Candidates {
 public:
  Candidates(const CodeQuery& query, const CodeShape& shape, const ProbeOptions& options, const RowMask& mask)
      : query_(query), shape_(shape), slack_(options.slack), mask_(mask), nearest_(options.keep, options.bound) {}

  /// From now on.
  void SetSlack(float slack) { slack_ = slack; }

  /// `get_codes` is asked for the rows' codes when one is near enough to be looked at.
  template <class GetCodes>
  Result<void> Scan(const SignBlocks& signs, const CodeQuery::Center& center, GetCodes get_codes) {
    const simd::Kernels& kernels = simd::ActiveKernels();
    const size_t sign_bytes = shape_.sign_bytes();
    const RowCodes* codes = nullptr;
    for (size_t block = 0; block < signs.blocks(); block += kBlocksPerPiece) {
      const size_t blocks = std::min(kBlocksPerPiece, signs.blocks() - block), first = block * 32;
      kernels.scan_bits(query_.tables(), signs.signs() + first * sign_bytes, sign_bytes, blocks, sums_);
      kernels.estimate_rows(sums_, signs.scale() + first, signs.add() + first, signs.error() + first, blocks,
                            query_.Terms(center, slack_, nearest_.bound()), estimates_, masks_);
      for (size_t b = 0; b < blocks; b++) {
        for (uint32_t bits = masks_[b]; bits != 0; bits &= bits - 1) {
          const size_t in_piece = 32 * b + static_cast<size_t>(__builtin_ctz(bits)), row = first + in_piece;
          const float least = estimates_[in_piece] - signs.error()[row] * slack_ * center.error;
          if (!(least <= nearest_.bound())) continue;
          if (codes == nullptr) codes = TRY(get_codes());
          Look(*codes, center, row);
        }
      }
    }
    return {};
  }

  std::vector<simd::Neighbor> Take() { return nearest_.Take(); }

 private:
  void Look(const RowCodes& codes, const CodeQuery::Center& center, size_t row) {
    const uint64_t address = codes.address(row);
    if (!mask_.Contains(address)) return;
    const uint8_t* code = codes.code(row);
    nearest_.Push(query_.Refine(center, code, code + 8 * shape_.groups(), codes.add(row), codes.scale(row)), address);
  }

  const CodeQuery& query_;
  const CodeShape shape_;
  float slack_;
  const RowMask& mask_;
  simd::TopK nearest_;
  uint16_t sums_[kPieceRows];
  float estimates_[kPieceRows];
  uint32_t masks_[kBlocksPerPiece];
};

}  // namespace

RabitIndex::RabitIndex(IvfReader files)
    : files_(std::move(files)),
      origin_(Origin::Of(files_.centers().values, files_.centers().dim, files_.quantizer().metric())),
      rotated_origin_(origin_.Rotated(files_.quantizer().rotation(), files_.quantizer().shape().groups())),
      slots_(files_.centers().count()) {
  if (!origin_.is_zero()) moved_ = origin_.Moved(files_.centers());
}

/// Around their own mean: rows that come together may lie far from all that is there.
Result<Partition> RabitIndex::Encode(std::span<const float> rows, std::span<const uint64_t> addresses) const {
  std::vector<float> prepared(rows.begin(), rows.end());
  std::vector<uint64_t> kept(addresses.begin(), addresses.end());
  quantizer().PrepareRows(prepared, kept);
  Centers middle{dim(), MeanOf(prepared, dim()), {}};
  middle.Measure();
  CodeRows codes;
  const std::vector<uint32_t> center_of(kept.size(), 0);
  TRY(EncodeRows(quantizer(), middle, RotateCenters(quantizer().rotation(), middle), prepared, kept, center_of, 1,
                 codes));
  Partition out = TRY(Partition::Of(codes, quantizer().shape(), rotated_origin_));
  out.center = origin_.Moved(middle);
  return out;
}

Result<std::shared_ptr<const VectorIndex>> RabitIndex::Open(std::shared_ptr<table::FileCache> files, IvfModel model) {
  auto reader = IvfReader::Open(std::move(files), std::move(model));
  if (!reader) return std::move(reader.error());
  return std::shared_ptr<const VectorIndex>(new RabitIndex(*std::move(reader)));
}

float RabitIndex::DefaultRefine() const {
  constexpr float kByBits[] = {20, 4, 2};  // measured: recall of 0.98 and more where all partitions are searched
  const unsigned bits = quantizer().shape().bits;
  return bits <= std::size(kByBits) ? kByBits[bits - 1] : 1.5f;
}

template <class T>
const T* RabitIndex::Keep(std::atomic<const T*>& slot, T made) const {
  auto owned = std::make_unique<const T>(std::move(made));
  const std::scoped_lock lock(mutex_);
  if (const T* ready = slot.load(std::memory_order_relaxed)) return ready;  // another thread was first
  memory_bytes_ += owned->memory_bytes();
  const T* out = owned.release();
  slot.store(out, std::memory_order_release);
  return out;
}

Result<void> RabitIndex::ReadSigns(std::vector<size_t> partitions) const {
  std::ranges::sort(partitions);
  return files_.ReadSigns(partitions, [&](size_t i, const SignRows& rows) -> Result<void> {
    SignBlocks read = TRY(SignBlocks::Of(rows, quantizer().shape(), rotated_origin_));
    Keep(slots_[i].signs, std::move(read));
    return {};
  });
}

Result<const RowCodes*> RabitIndex::CodesOf(size_t partition) const {
  Slot& slot = slots_[partition];
  if (const RowCodes* ready = slot.codes.load(std::memory_order_acquire)) return ready;
  const SignBlocks& signs = *slot.signs.load(std::memory_order_acquire);
  TRY(files_.ReadMagnitudes(partition, [&](const MagnitudeRows& rows) -> Result<void> {
    RowCodes read = TRY(RowCodes::Of(signs, rows, quantizer().shape(), rotated_origin_));
    Keep(slot.codes, std::move(read));
    return {};
  }));
  return slot.codes.load(std::memory_order_acquire);
}

Result<std::vector<simd::Neighbor>> RabitIndex::Search(std::span<const float> query, const ProbeOptions& options,
                                                       const RowMask& mask,
                                                       std::span<const Partition* const> fresh) const {
  std::vector<float> prepared(query.begin(), query.end());
  if (query.size() != dim() || !quantizer().Prepare(prepared)) return NoQuery(query.size());
  origin_.Move(prepared);
  const CodeQuery coded(quantizer(), prepared);
  const std::vector<Probe> probes = NearestPartitions(prepared, options.nprobes);
  std::vector<size_t> missing;
  for (const Probe& probe : probes)
    if (slots_[probe.partition].signs.load(std::memory_order_acquire) == nullptr) missing.push_back(probe.partition);
  if (!missing.empty()) TRY(ReadSigns(std::move(missing)));
  Candidates candidates(coded, quantizer().shape(), options, mask);
  for (const Probe& probe : probes) {
    const SignBlocks& signs = *slots_[probe.partition].signs.load(std::memory_order_acquire);
    TRY(candidates.Scan(signs, coded.Against(probe.dot, centers().squares[probe.partition]),
                        [&] { return CodesOf(probe.partition); }));
  }
  // Last: few of them are nearer than what was found in the right places.
  candidates.SetSlack(std::max(options.slack, kFreshSlack));
  for (const Partition* rows : fresh) {
    float dot = 0;
    simd::ActiveKernels().dot(prepared.data(), dim(), reinterpret_cast<const uint8_t*>(rows->center.values.data()),
                              4 * dim(), 1, &dot);
    TRY(candidates.Scan(rows->signs, coded.Against(dot, rows->center.squares[0]),
                        [&]() -> Result<const RowCodes*> { return &rows->codes; }));
  }
  return candidates.Take();
}

}  // namespace squire::vector
