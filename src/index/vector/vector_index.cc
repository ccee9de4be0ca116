#include "index/vector/vector_index.h"

#include <algorithm>
#include <cmath>

#include "index/vector/ivf_builder.h"

namespace squire::vector {
namespace {

constexpr size_t kBlocksPerPiece = 8;  // between looks at the bound
constexpr size_t kPieceRows = kBlocksPerPiece * 32;
constexpr float kFreshSlack = 1.0f;  // rows that lie far from what they were encoded around are told less exactly

struct Probe {
  float distance = 0;  // by which partitions are ordered
  float dot = 0;
  uint32_t partition = 0;
};

/// Partitions nearest first, as many as asked for.
std::vector<Probe> NearestPartitions(const Centers& centers, simd::Metric metric, std::span<const float> query,
                                     size_t count) {
  std::vector<float> dots(centers.count());
  simd::ActiveKernels().dot(query.data(), centers.dim, reinterpret_cast<const uint8_t*>(centers.values.data()),
                            4 * centers.dim, centers.count(), dots.data());
  std::vector<Probe> probes(centers.count());
  for (uint32_t i = 0; i < probes.size(); i++) {
    const float distance = metric == simd::Metric::kDot ? -dots[i] : centers.squares[i] - 2 * dots[i];
    probes[i] = {distance, dots[i], i};
  }
  const auto nearer = [](const Probe& a, const Probe& b) {
    return a.distance < b.distance || (a.distance == b.distance && a.partition < b.partition);
  };
  if (count < probes.size()) {
    std::nth_element(probes.begin(), probes.begin() + static_cast<ptrdiff_t>(count), probes.end(), nearer);
    probes.resize(count);
  }
  std::ranges::sort(probes, nearer);
  return probes;
}

/// The candidates of one query so far.
class Candidates {
 public:
  Candidates(const CodeQuery& query, const ProbeOptions& options, const RowMask& mask)
      : query_(query), slack_(options.slack), mask_(mask), nearest_(options.keep, options.bound) {}

  /// From now on.
  void SetSlack(float slack) { slack_ = slack; }

  void Scan(const Partition& partition, const CodeQuery::Center& center, size_t sign_bytes, size_t sign_stride) {
    const simd::Kernels& kernels = simd::ActiveKernels();
    for (size_t block = 0; block < partition.blocks(); block += kBlocksPerPiece) {
      const size_t blocks = std::min(kBlocksPerPiece, partition.blocks() - block), first = block * 32;
      kernels.scan_bits(query_.tables(), partition.sign_blocks() + first * sign_bytes, sign_bytes, blocks, sums_);
      kernels.estimate_rows(sums_, partition.scale() + first, partition.add() + first, partition.error() + first,
                            blocks, query_.Terms(center, slack_, nearest_.bound()), estimates_, masks_);
      for (size_t b = 0; b < blocks; b++) {
        for (uint32_t bits = masks_[b]; bits != 0; bits &= bits - 1) {
          const size_t in_piece = 32 * b + static_cast<size_t>(__builtin_ctz(bits)), row = first + in_piece;
          const float least = estimates_[in_piece] - partition.error()[row] * slack_ * center.error;
          if (least <= nearest_.bound()) Look(partition, center, row, sign_stride);
        }
      }
    }
  }

  std::vector<simd::Neighbor> Take() { return nearest_.Take(); }

 private:
  void Look(const Partition& partition, const CodeQuery::Center& center, size_t row, size_t sign_stride) {
    const uint64_t address = partition.address(row);
    if (!mask_.Contains(address)) return;
    const uint8_t* code = partition.code(row);
    const float distance =
        query_.Refine(center, code, code + sign_stride, partition.add_extra(row), partition.scale_extra(row));
    nearest_.Push(distance, address);
  }

  const CodeQuery& query_;
  float slack_;
  const RowMask& mask_;
  simd::TopK nearest_;
  uint16_t sums_[kPieceRows];
  float estimates_[kPieceRows];
  uint32_t masks_[kBlocksPerPiece];
};

}  // namespace

VectorIndex::VectorIndex(IvfReader files)
    : files_(std::move(files)), slots_(files_.centers().count()), owned_(slots_.size()) {
  const Centers& all = files_.centers();
  middle_.dim = all.dim;
  middle_.values.resize(all.dim);
  for (size_t i = 0; i < all.dim; i++) {
    double sum = 0;
    for (size_t center = 0; center < all.count(); center++) sum += all[center][i];
    middle_.values[i] = static_cast<float>(sum / static_cast<double>(all.count()));
  }
  middle_.Measure();
}

Result<Partition> VectorIndex::Encode(std::span<const float> rows, std::span<const uint64_t> addresses) const {
  std::vector<float> prepared;
  std::vector<uint64_t> kept;
  for (size_t row = 0; row < addresses.size(); row++) {
    std::vector<float> values(rows.begin() + static_cast<ptrdiff_t>(row * dim()),
                              rows.begin() + static_cast<ptrdiff_t>((row + 1) * dim()));
    if (!quantizer().Prepare(values)) continue;
    prepared.insert(prepared.end(), values.begin(), values.end());
    kept.push_back(addresses[row]);
  }
  CodeRows codes;
  const std::vector<uint32_t> center_of(kept.size(), 0);
  TRY(EncodeRows(quantizer(), middle_, RotateCenters(quantizer().rotation(), middle_), prepared, kept, center_of, 1,
                 codes));
  return Partition::Of(codes, quantizer().shape());
}

Result<std::shared_ptr<const VectorIndex>> VectorIndex::Open(std::shared_ptr<table::FileCache> files,
                                                             const std::string& folder) {
  auto reader = IvfReader::Open(std::move(files), folder);
  if (!reader) return std::move(reader.error());
  return std::shared_ptr<const VectorIndex>(new VectorIndex(*std::move(reader)));
}

size_t VectorIndex::DefaultProbes() const {
  // Measured on questions about code, which lie aside of what they ask for (docs/vector_index.md).
  const double partitions = static_cast<double>(num_partitions());
  return static_cast<size_t>(std::ceil(std::min(partitions, 1.6 * std::pow(partitions, 0.75))));
}

Result<const Partition*> VectorIndex::Get(size_t partition) const {
  if (const Partition* ready = slots_[partition].load(std::memory_order_acquire)) return ready;
  Partition read = TRY(Partition::Of(TRY(files_.Read(partition)), quantizer().shape()));
  auto made = std::make_unique<const Partition>(std::move(read));
  const std::scoped_lock lock(mutex_);
  if (const Partition* ready = slots_[partition].load(std::memory_order_relaxed)) return ready;
  owned_[partition] = std::move(made);
  memory_bytes_ += owned_[partition]->memory_bytes();
  slots_[partition].store(owned_[partition].get(), std::memory_order_release);
  return owned_[partition].get();
}

Result<std::vector<simd::Neighbor>> VectorIndex::Search(std::span<const float> query, const ProbeOptions& options,
                                                        const RowMask& mask,
                                                        std::span<const Partition* const> fresh) const {
  std::vector<float> prepared(query.begin(), query.end());
  if (query.size() != dim() || !quantizer().Prepare(prepared))
    return InvalidArgument("a query of " + std::to_string(query.size()) +
                           " values, all to be finite, for an index of " + std::to_string(dim()));
  const CodeQuery coded(quantizer(), prepared);
  const CodeShape& shape = quantizer().shape();
  const size_t count = std::min(num_partitions(), options.nprobes == 0 ? DefaultProbes() : options.nprobes);
  Candidates candidates(coded, options, mask);
  for (const Probe& probe : NearestPartitions(centers(), metric(), prepared, count)) {
    const Partition* partition = TRY(Get(probe.partition));
    if (partition->size() == 0) continue;
    candidates.Scan(*partition, coded.Against(probe.dot, centers().squares[probe.partition]), shape.sign_bytes(),
                    8 * shape.groups());
  }
  if (!fresh.empty()) {  // last: few of them are nearer than what was found in the right places
    float dot = 0;
    simd::ActiveKernels().dot(prepared.data(), dim(), reinterpret_cast<const uint8_t*>(middle_.values.data()),
                              4 * dim(), 1, &dot);
    candidates.SetSlack(std::max(options.slack, kFreshSlack));
    const CodeQuery::Center middle = coded.Against(dot, middle_.squares[0]);
    for (const Partition* rows : fresh) candidates.Scan(*rows, middle, shape.sign_bytes(), 8 * shape.groups());
  }
  return candidates.Take();
}

}  // namespace squire::vector
