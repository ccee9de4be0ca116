#include "query/vector_cache.h"

#include "index/vector/vectors.h"

namespace squire::query {

std::shared_ptr<const VectorCache> VectorCache::Of(const table::Snapshot& snapshot, int32_t field_id) {
  const std::string key = "vector cache " + std::to_string(field_id) + " " + snapshot.paths().root;
  auto cache = snapshot.files()->Recall<VectorCache>(key);
  if (cache == nullptr) {
    cache = std::make_shared<const VectorCache>();
    snapshot.files()->Remember(key, cache);
  }
  return cache;
}

void VectorCache::BeginSearch() const {
  const std::scoped_lock lock(mutex_);
  if (searches_ <= kSearchesBeforeKeeping) searches_++;
}

std::string VectorCache::FilesOf(const table::Fragment& fragment) {
  std::string out;
  for (const pb::DataFile& file : fragment.meta().files()) out += file.path() + '\n';
  return out;
}

std::shared_ptr<const Array> VectorCache::Find(const table::Fragment& fragment, uint64_t offset) const {
  const int64_t first = static_cast<int64_t>(offset) / kRangeRows * kRangeRows;
  const std::scoped_lock lock(mutex_);
  const auto found = held_.find({fragment.id(), first});
  if (found == held_.end() || found->second.files != FilesOf(fragment)) return nullptr;
  return found->second.rows;
}

Result<Array> VectorCache::Read(const table::Snapshot& snapshot, const table::Projection& column,
                                const table::RowRange& range) const {
  const table::Fragment& fragment = snapshot.fragment(range.fragment);
  if (const auto held = Find(fragment, static_cast<uint64_t>(range.first))) {
    if (held->length == range.count) return *held;
  }
  const Batch batch = TRY(table::ReadPhysicalRange(snapshot, column, range));
  Array rows = TRY(vector::ToFloats(batch.columns[0]));
  Keep(snapshot, range, std::make_shared<const Array>(rows));
  return rows;
}

void VectorCache::Keep(const table::Snapshot& snapshot, const table::RowRange& range,
                       std::shared_ptr<const Array> rows) const {
  const int64_t bytes = rows->byte_size();
  const table::Fragment& fragment = snapshot.fragment(range.fragment);
  const std::scoped_lock lock(mutex_);
  if (searches_ <= kSearchesBeforeKeeping) return;
  if (bytes_ + bytes > kBytesMax) {  // room may be had of fragments that are gone
    std::erase_if(held_, [&](const auto& entry) {
      if (snapshot.FindFragment(entry.first.first) != nullptr) return false;
      bytes_ -= entry.second.rows->byte_size();
      return true;
    });
  }
  Held& held = held_[{fragment.id(), range.first}];
  if (held.rows != nullptr) bytes_ -= held.rows->byte_size();
  if (bytes_ + bytes > kBytesMax) {
    held_.erase({fragment.id(), range.first});
    return;
  }
  held = {FilesOf(fragment), std::move(rows)};
  bytes_ += bytes;
}

}  // namespace squire::query
