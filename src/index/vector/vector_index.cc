#include "index/vector/vector_index.h"

#include <algorithm>
#include <cmath>

#include "index/vector/ivf_columns.h"
#include "index/vector/rabit_index.h"
#include "index/vector/stored_index.h"

namespace squire::vector {

Result<std::shared_ptr<const VectorIndex>> VectorIndex::Open(std::shared_ptr<table::FileCache> files,
                                                             const std::string& folder) {
  IvfModel model = TRY(IvfModel::Read(*files, folder));
  if (model.kind == kKind) return RabitIndex::Open(std::move(files), std::move(model));
  return StoredIndex::Open(std::move(files), std::move(model));
}

Result<Partition> VectorIndex::Encode(std::span<const float>, std::span<const uint64_t>) const {
  return Unsupported("rows are not encoded for an index of this kind");
}

size_t VectorIndex::DefaultProbes() const {
  // Measured on questions about code, which lie aside of what they ask for (docs/vector_index.md).
  const double partitions = static_cast<double>(num_partitions());
  return static_cast<size_t>(std::ceil(std::min(partitions, 1.6 * std::pow(partitions, 0.75))));
}

std::vector<VectorIndex::Probe> VectorIndex::NearestPartitions(std::span<const float> query, size_t nprobes) const {
  const size_t count = std::min(num_partitions(), nprobes == 0 ? DefaultProbes() : nprobes);
  const Centers& all = centers();
  std::vector<float> dots(all.count());
  simd::ActiveKernels().dot(query.data(), all.dim, reinterpret_cast<const uint8_t*>(all.values.data()), 4 * all.dim,
                            all.count(), dots.data());
  std::vector<Probe> probes(all.count());
  for (uint32_t i = 0; i < probes.size(); i++) {
    const float distance = metric() == simd::Metric::kDot ? -dots[i] : all.squares[i] - 2 * dots[i];
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

Error VectorIndex::NoQuery(size_t size) const {
  return InvalidArgument("a query of " + std::to_string(size) + " values, all to be finite, for an index of " +
                         std::to_string(dim()));
}

}  // namespace squire::vector
