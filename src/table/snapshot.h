#pragma once

/// One version of a table, immutable and safe to share between threads: its manifest, its schema and the way to its
/// rows.

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "lance/deletion_file.h"
#include "lance/logical_type.h"
#include "lance/manifest.h"
#include "squire/array.h"
#include "table/file_cache.h"
#include "table/paths.h"

namespace squire::table {

/// A row's place: fragment id in the upper half, offset in the fragment in the lower.
inline uint64_t RowAddress(uint64_t fragment_id, uint64_t offset) { return fragment_id << 32 | offset; }

class Snapshot;

/// Where a version's manifest is.
struct ManifestRef {
  uint64_t version = 0;
  std::string name;
};

/// One fragment of a snapshot: reads its columns by offset and knows which offsets are deleted.
class Fragment {
 public:
  Fragment(const pb::DataFragment& meta, const Snapshot& snapshot) : meta_(meta), snapshot_(snapshot) {}

  [[nodiscard]] const pb::DataFragment& meta() const { return meta_; }
  [[nodiscard]] uint64_t id() const { return meta_.id(); }
  [[nodiscard]] int64_t physical_rows() const { return static_cast<int64_t>(meta_.physical_rows()); }
  [[nodiscard]] int64_t live_rows() const {
    return physical_rows() - static_cast<int64_t>(meta_.deletion_file().num_deleted_rows());
  }

  /// Offsets that are deleted; loaded at the first call.
  Result<const lance::RowSet*> Deleted();
  /// Offsets [first, first + count) of the column of field `field_id`, deleted ones included. A field that no file
  /// holds is null.
  Result<Array> Read(int32_t field_id, const DataType& type, int64_t first, int64_t count);
  /// Offsets `rows` of a column. REQUIRES: ascending, unique.
  Result<Array> Take(int32_t field_id, const DataType& type, std::span<const int64_t> rows);

 private:
  struct Place {
    std::shared_ptr<lance::FileReader> file;
    lance::ColumnTree tree;
  };
  /// Where the column is, or nothing when no file holds any of it.
  Result<std::optional<Place>> Find(int32_t field_id, const DataType& type);

  const pb::DataFragment& meta_;
  const Snapshot& snapshot_;
  std::mutex mutex_;
  std::shared_ptr<const lance::RowSet> deleted_;
};

class Snapshot {
 public:
  /// Reads version `version`, or the newest, and holds it against removal as long as the snapshot lives.
  /// ERRORS: NotFound, Corruption, Unsupported (by a feature's name).
  static Result<std::shared_ptr<const Snapshot>> Open(std::shared_ptr<FileCache> files, const std::string& root,
                                                      std::optional<uint64_t> version = std::nullopt);

  [[nodiscard]] uint64_t version() const { return manifest_.version(); }
  [[nodiscard]] const pb::Manifest& manifest() const { return manifest_; }
  [[nodiscard]] const pb::IndexSection& indices() const { return indices_; }
  [[nodiscard]] const Schema& schema() const { return schema_; }
  /// Field id of column `index` of the schema.
  [[nodiscard]] int32_t field_id(size_t index) const { return field_ids_[index]; }
  /// The column of a field id, or null.
  [[nodiscard]] const Field* FindField(int32_t field_id) const;
  /// Ids of a column and of what is below it. REQUIRES: the id of a top-level field.
  [[nodiscard]] const lance::FieldIds& ids_of(int32_t field_id) const { return columns_.at(field_id); }
  /// The folder that a file of this version lies below: the table's own, or one that it shares files of.
  /// ERRORS: Corruption for a base that the manifest does not name; Unsupported for one that is no local folder.
  [[nodiscard]] Result<std::string> DataFolder(const pb::DataFile& file) const;
  [[nodiscard]] Result<std::string> DeletionFolder(const pb::DeletionFile& file) const;
  /// Whether its manifest is named as Squire names them: two writers of different namings would not see each other.
  [[nodiscard]] bool has_current_naming() const { return has_current_naming_; }
  [[nodiscard]] const Paths& paths() const { return paths_; }
  /// Whether nobody removes this version while it is in use; else the folder cannot be written, or the table is
  /// somebody else's.
  [[nodiscard]] bool is_pinned() const { return pin_.is_held(); }
  [[nodiscard]] const std::shared_ptr<FileCache>& files() const { return files_; }
  /// Names for files that are to follow this version. Of a table of ours they carry this process's id, which is taken
  /// at the first call. ERRORS: TooManyFiles.
  [[nodiscard]] Result<FileNames> NewNames() const;
  [[nodiscard]] size_t num_fragments() const { return fragments_.size(); }
  [[nodiscard]] Fragment& fragment(size_t index) const { return *fragments_[index]; }
  /// The fragment with `id`, or null.
  [[nodiscard]] Fragment* FindFragment(uint64_t id) const;
  /// Rows that are not deleted.
  [[nodiscard]] int64_t num_rows() const;

 private:
  Snapshot() = default;
  /// Nothing when the version went while it was opened.
  static Result<std::shared_ptr<const Snapshot>> TryOpen(const std::shared_ptr<FileCache>& files,
                                                         const std::string& root, std::optional<uint64_t> version);
  Result<void> Parse(const std::string& path, const ManifestRef& wanted);
  [[nodiscard]] Result<std::string> BaseFolder(uint32_t base_id, const char* folder) const;

  Paths paths_;
  std::shared_ptr<FileCache> files_;
  Pin pin_;
  pb::Manifest manifest_;
  pb::IndexSection indices_;
  bool has_current_naming_ = true;
  Schema schema_;
  std::vector<int32_t> field_ids_;
  std::map<int32_t, lance::FieldIds> columns_;
  std::vector<std::unique_ptr<Fragment>> fragments_;
  std::unordered_map<uint64_t, Fragment*> fragment_by_id_;
};

/// Versions that are on disk, newest first, with the names of their manifests.
struct VersionFile {
  uint64_t version = 0;
  FileInfo file;
};
Result<std::vector<VersionFile>> ListVersions(FileSystem& fs, const Paths& paths);

/// The newest version, or the one named, and the name of its manifest. ERRORS: NotFound for the table or the version.
Result<ManifestRef> FindManifest(FileSystem& fs, const Paths& paths, std::optional<uint64_t> version = std::nullopt);

}  // namespace squire::table
