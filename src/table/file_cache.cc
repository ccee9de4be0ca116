#include "table/file_cache.h"

namespace squire::table {

Result<std::shared_ptr<lance::FileReader>> FileCache::Open(const std::string& path) {
  {
    const std::scoped_lock lock(mutex_);
    if (auto held = readers_.Find(path)) return held;
  }
  auto reader = TRY(lance::FileReader::Open(fs_, path));  // without the lock: others go on while a file is opened
  const std::scoped_lock lock(mutex_);
  return readers_.Add(path, std::move(reader), 1);
}

Result<std::shared_ptr<const lance::RowSet>> FileCache::ReadDeletions(const std::string& path,
                                                                      const pb::DeletionFile& file, uint64_t num_rows) {
  {
    const std::scoped_lock lock(mutex_);
    auto held = deletions_.Find(path);
    if (held && held->num_rows() == num_rows) return held;
  }
  const auto bytes = TRY(ReadWholeFile(fs_, path));
  auto rows = file.file_type() == pb::DeletionFile::BITMAP ? lance::ParseRoaring(bytes, num_rows)
                                                           : lance::ParseArrowDeletions(bytes, num_rows);
  if (!rows) {
    rows.error().path = path;
    return std::move(rows.error());
  }
  auto held = std::make_shared<const lance::RowSet>(*std::move(rows));
  const std::scoped_lock lock(mutex_);
  (void)deletions_.Add(path, held, held->words().size_bytes() + path.size());
  return held;
}

std::shared_ptr<const KeyHashes> FileCache::RecallKeyHashes(const std::string& place) {
  const std::scoped_lock lock(mutex_);
  return key_hashes_.Find(place);
}

void FileCache::RememberKeyHashes(const std::string& place, std::shared_ptr<const KeyHashes> hashes) {
  const uint64_t cost = hashes->size() * sizeof(uint32_t) + place.size();
  const std::scoped_lock lock(mutex_);
  (void)key_hashes_.Add(place, std::move(hashes), cost);
}

std::shared_ptr<const void> FileCache::RecallAny(const std::string& key) {
  const std::scoped_lock lock(mutex_);
  return made_.Find(key);
}

void FileCache::Remember(const std::string& key, std::shared_ptr<const void> made) {
  std::shared_ptr<const void> replaced;  // goes when the lock is free
  const std::scoped_lock lock(mutex_);
  replaced = made_.Remove(key);
  made_.Add(key, std::move(made), 1);
}

std::shared_ptr<Pins> FileCache::PinsOf(const std::string& root) {
  const std::scoped_lock lock(mutex_);
  std::shared_ptr<Pins>& pins = pins_[root];
  if (!pins) pins = std::make_shared<Pins>(fs_, Paths{root});
  return pins;
}

Result<std::shared_ptr<WriterLease>> FileCache::LeaseOf(const std::string& root) {
  const std::scoped_lock lock(mutex_);
  std::shared_ptr<WriterLease>& lease = leases_[root];
  if (!lease || !lease->is_ours()) lease = TRY(WriterLease::Of(fs_, Paths{root}));
  return lease;
}

}  // namespace squire::table
