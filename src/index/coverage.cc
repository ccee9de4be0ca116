#include "index/coverage.h"

#include <algorithm>

#include "base/clock.h"
#include "lance/deletion_file.h"

namespace squire::index {

Result<std::set<uint64_t>> CoveredFragments(const table::Snapshot& snapshot, const pb::IndexMetadata& index) {
  uint64_t limit = uint64_t{snapshot.manifest().max_fragment_id()} + 1;
  for (size_t i = 0; i < snapshot.num_fragments(); i++) limit = std::max(limit, snapshot.fragment(i).id() + 1);
  const auto bitmap = TRY(lance::ParseRoaring(AsBytes(index.fragment_bitmap()), limit));
  std::set<uint64_t> covered;
  for (uint64_t id = 0; id < limit; id++)
    if (bitmap.Contains(id)) covered.insert(id);
  return covered;
}

pb::IndexMetadata DescribeIndex(const table::Snapshot& snapshot, const std::string& uuid, int32_t field_id,
                                const std::string& name, const std::vector<std::pair<std::string, uint64_t>>& files) {
  pb::IndexMetadata index;
  std::string bytes;
  std::string hex = uuid;
  std::erase(hex, '-');
  for (size_t i = 0; i + 1 < hex.size(); i += 2) bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  index.mutable_uuid()->set_uuid(bytes);
  index.add_fields(field_id);
  index.set_name(name);
  index.set_dataset_version(snapshot.version());
  uint64_t limit = 1;
  for (size_t i = 0; i < snapshot.num_fragments(); i++) limit = std::max(limit, snapshot.fragment(i).id() + 1);
  lance::RowSet fragments(limit);
  for (size_t i = 0; i < snapshot.num_fragments(); i++) fragments.Add(snapshot.fragment(i).id());
  const auto bitmap = lance::SerializeRoaring(fragments);
  index.set_fragment_bitmap(bitmap.data(), bitmap.size());
  index.set_created_at(static_cast<uint64_t>(NowNs() / 1'000'000));
  for (const auto& [file, size] : files) {
    index.add_files()->set_path(file);
    index.mutable_files(index.files_size() - 1)->set_size_bytes(size);
  }
  return index;
}

}  // namespace squire::index
