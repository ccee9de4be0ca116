#include "index/vector/stored_index.h"

#include <algorithm>

#include "index/vector/ivf_columns.h"
#include "index/vector/vectors.h"

namespace squire::vector {

Result<std::shared_ptr<const VectorIndex>> StoredIndex::Open(std::shared_ptr<table::FileCache> files, IvfModel model) {
  const auto file = TRY(files->Open(model.codes_path));
  auto codes = StoredCodes::Open(*file, model);
  if (!codes) return std::move(codes.error());
  TRY(model.CheckSize(*file, (*codes)->code_bytes() / 4));  // codes of halves are wider in memory
  std::shared_ptr<StoredIndex> out(new StoredIndex(files, std::move(model), *std::move(codes)));
  TRY(out->FindColumns(*file));
  return std::shared_ptr<const VectorIndex>(std::move(out));
}

Result<void> StoredIndex::FindColumns(lance::FileReader& file) {
  bool has_addresses = false, has_codes = false;
  for (const auto& [field, tree] : TRY(file.ReadColumns())) {
    if (field.name == kCodeColumnNames[kRowId] && field.type.id == TypeId::kUInt64) {
      addresses_ = tree;
      has_addresses = true;
    } else if (field.name == codes_->column() && codes_->IsOf(field.type)) {
      rows_ = tree;
      has_codes = true;
    }
  }
  if (has_addresses && has_codes) return {};
  return Unsupported("an " + model_.kind + " index without " + codes_->column(), model_.codes_path);
}

size_t StoredIndex::memory_bytes() const {
  const std::scoped_lock lock(mutex_);
  return memory_bytes_;
}

Result<std::shared_ptr<const StoredRows>> StoredIndex::Read(size_t partition) const {
  {
    const std::scoped_lock lock(mutex_);
    if (kept_[partition] != nullptr) return kept_[partition];
  }
  const auto read = std::make_shared<StoredRows>();
  const FileRows rows = model_.RowsOf(partition);
  if (rows.count > 0) {
    const auto files = files_.lock();
    if (files == nullptr) return Internal("an index is read after its table was closed");
    const auto file = TRY(files->Open(model_.codes_path));
    Array holder;
    const auto addresses = TRY(ReadIndexValues<uint64_t>(*file, addresses_, rows, holder));
    read->addresses.assign(addresses.begin(), addresses.end());
    TRY(codes_->Read(*file, rows_, rows, read->codes));
    if (read->addresses.size() != rows.count || read->codes.size() != rows.count * codes_->code_bytes())
      return Corruption("a partition of an index has fewer codes than rows", model_.codes_path);
  }
  const std::scoped_lock lock(mutex_);
  if (kept_[partition] == nullptr && memory_bytes_ + read->memory_bytes() <= kMemoryBytesMax) {
    kept_[partition] = read;
    memory_bytes_ += read->memory_bytes();
  }
  return std::shared_ptr<const StoredRows>(read);
}

Result<std::vector<simd::Neighbor>> StoredIndex::Search(std::span<const float> query, const ProbeOptions& options,
                                                        const RowMask& mask, std::span<const Partition* const>) const {
  std::vector<float> prepared(query.begin(), query.end());
  if (query.size() != dim() || !Prepare(metric(), prepared)) return NoQuery(query.size());
  const StoredCodes::Measure measure = codes_->MeasureFor(prepared);
  simd::TopK nearest(options.keep);
  std::vector<float> distances;
  for (const Probe& probe : NearestPartitions(prepared, options.nprobes)) {
    const auto rows = TRY(Read(probe.partition));
    distances.resize(rows->addresses.size());
    measure(centers()[probe.partition], *rows, distances.data());
    for (size_t row = 0; row < distances.size(); row++)
      if (distances[row] <= nearest.bound() && mask.Contains(rows->addresses[row]))
        nearest.Push(distances[row], rows->addresses[row]);
  }
  return nearest.Take();
}

}  // namespace squire::vector
