#include "query/vector_cache.h"

#include <algorithm>

#include "base/allocate.h"
#include "index/vector/vectors.h"

namespace squire::query {
Result<VectorRange> VectorRange::Of(const Array& rows, bool is_lasting) {
  const Array vectors = TRY(vector::ToFloats(rows));
  VectorRange out;
  out.count = static_cast<size_t>(vectors.length);
  out.dim = static_cast<size_t>(vectors.type.width);
  const size_t row_bytes = out.dim * sizeof(float);
  const Buffer& items = vectors.children[0].buffers[0];
  const auto begin =
      static_cast<size_t>(vectors.children[0].offset) * sizeof(float) + static_cast<size_t>(vectors.offset) * row_bytes;
  out.values = items.Slice(begin, out.count * row_bytes);
  if (is_lasting) {
    const OwnedBytes copy = TRY(OwnedBytes::AllocateLasting(out.values.size()));
    std::ranges::copy(out.values.span(), copy.data());
    out.values = copy.Freeze();
  }
  if (vectors.validity.empty()) return out;
  out.valid.resize((out.count + 63) / 64);
  for (size_t row = 0; row < out.count; row++)
    if (vectors.IsValid(static_cast<int64_t>(row))) out.valid[row / 64] |= uint64_t{1} << (row % 64);
  return out;
}

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

bool VectorCache::IsKeeping() const {
  const std::scoped_lock lock(mutex_);
  return searches_ > kSearchesBeforeKeeping;
}

bool VectorCache::IsOf(const Held& held, const table::Fragment& fragment) {
  return std::ranges::equal(held.files, fragment.meta().files(), {}, {}, &pb::DataFile::path);
}

std::shared_ptr<const VectorRange> VectorCache::Find(const table::Fragment& fragment, uint64_t offset) const {
  const int64_t first = static_cast<int64_t>(offset) / kRangeRows * kRangeRows;
  const std::scoped_lock lock(mutex_);
  const auto found = held_.find({fragment.id(), first});
  if (found == held_.end() || !IsOf(found->second, fragment)) return nullptr;
  return found->second.rows;
}

bool VectorCache::Holds(const table::Fragment& fragment, std::span<const uint64_t> wanted) const {
  constexpr size_t kWords = kRangeRows / 64;
  for (size_t word = 0; word < wanted.size(); word += kWords) {
    const auto range = wanted.subspan(word, std::min(kWords, wanted.size() - word));
    const bool is_wanted = std::ranges::any_of(range, [](uint64_t bits) { return bits != 0; });
    if (is_wanted && Find(fragment, word * 64) == nullptr) return false;
  }
  return true;
}

Result<std::shared_ptr<const VectorRange>> VectorCache::Read(const table::Snapshot& snapshot,
                                                             const table::Projection& column,
                                                             const table::RowRange& range) const {
  auto held = Find(snapshot.fragment(range.fragment), static_cast<uint64_t>(range.first));
  if (held != nullptr && held->count == static_cast<size_t>(range.count)) return held;
  const Batch batch = TRY(table::ReadPhysicalRange(snapshot, column, range));
  VectorRange read = TRY(VectorRange::Of(batch.columns[0], IsKeeping()));
  const auto made = std::make_shared<const VectorRange>(std::move(read));
  Keep(snapshot, range, made);
  return made;
}

Result<void> VectorCache::Missed(const table::Snapshot& snapshot, const table::Projection& column,
                                 std::span<const uint64_t> addresses) const {
  std::vector<std::pair<uint64_t, int64_t>> due;  // fragment id and first row
  {
    const std::scoped_lock lock(mutex_);
    for (const uint64_t address : addresses) {
      const table::Fragment* fragment = snapshot.FindFragment(address >> 32);
      if (fragment == nullptr) continue;
      const int64_t first = static_cast<int64_t>(address & 0xffffffff) / kRangeRows * kRangeRows;
      const int64_t count = std::min(kRangeRows, fragment->physical_rows() - first);
      if (++misses_[{fragment->id(), first}] == (count + kMissesOf - 1) / kMissesOf)
        due.emplace_back(fragment->id(), first);
    }
    if (!due.empty()) searches_ = kSearchesBeforeKeeping + 1;
  }
  for (const auto& [id, first] : due) {
    for (size_t i = 0; i < snapshot.num_fragments(); i++) {
      if (snapshot.fragment(i).id() != id) continue;
      const int64_t count = std::min(kRangeRows, snapshot.fragment(i).physical_rows() - first);
      TRY(Read(snapshot, column, {i, first, count}));
    }
  }
  return {};
}

void VectorCache::Keep(const table::Snapshot& snapshot, const table::RowRange& range,
                       std::shared_ptr<const VectorRange> rows) const {
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
    std::erase_if(misses_, [&](const auto& entry) { return snapshot.FindFragment(entry.first.first) == nullptr; });
  }
  Held& held = held_[{fragment.id(), range.first}];
  if (held.rows != nullptr) bytes_ -= held.rows->byte_size();
  if (bytes_ + bytes > kBytesMax) {
    held_.erase({fragment.id(), range.first});
    return;
  }
  std::vector<std::string> files;
  for (const pb::DataFile& file : fragment.meta().files()) files.push_back(file.path());
  held = {std::move(files), std::move(rows)};
  bytes_ += bytes;
}

}  // namespace squire::query
