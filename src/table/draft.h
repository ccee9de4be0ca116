#pragma once

/// A version in the making: changes laid over a snapshot, then published or dropped. A draft belongs to one thread.
/// Source: docs/lance_format.md, "Commit".

#include <set>
#include <string>
#include <vector>

#include "io/durable.h"
#include "table/commit.h"

namespace squire::table {

/// All that makes a version.
struct Version {
  pb::Manifest manifest;
  pb::IndexSection indices;
  pb::Transaction transaction;
  std::vector<NewFile> files;        ///< written before the manifest
  std::vector<std::string> folders;  ///< of new names: of `files`, and of others that were synced before
  std::string mark;                  ///< of the writer, in temporary names
};

/// Writes the files, then the manifest as `manifest_path`, then the hint of where it is. What was written and is to be
/// removed unless the version stands is added to `leftovers`.
/// ERRORS: AlreadyExists when another writer was first; CommitUnknown; NoSpace, Io.
Result<void> PublishVersion(FileSystem& fs, const Paths& paths, const std::string& manifest_path, Version& version,
                            std::vector<std::string>& leftovers);

class Draft {
 public:
  /// REQUIRES: `onto` outlives the draft.
  explicit Draft(const Snapshot& onto);
  /// Removes the files of a draft that did not become a version; best effort.
  ~Draft();
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  /// Lays `change`, made against `base`, over what is there. REQUIRES: CheckRebase agreed; a draft takes several
  /// changes only when all of them append, delete or update. ERRORS: Conflict, Corruption; the draft is as it was
  /// before.
  Result<void> Add(const Snapshot& base, const Change& change);

  /// Writes the version. ERRORS: AlreadyExists when another writer was first; CommitUnknown; NoSpace, Io.
  Result<void> Publish();

 private:
  Result<void> AddDeletes(const Change& change);
  Result<void> AddSchema(const Change& change);
  Result<void> AddRewrite(const Snapshot& base, const Change& change);
  void AddFragments(const Change& change);
  void AddRowIds(pb::DataFragment& fragment);
  void AddIndices(const Change& change);
  void Restore(const Change& change);
  void WriteDeletes();
  void Describe();
  void DescribeAlone();
  Result<void> ListFolders();
  [[nodiscard]] uint64_t NextFragmentId() const;
  pb::DataFragment* FindNext(uint64_t id);
  void RemoveNext(const std::set<uint64_t>& ids);

  const Snapshot& onto_;
  FileSystem& fs_;
  Version version_;
  pb::Manifest& next_ = version_.manifest;
  pb::Transaction& transaction_ = version_.transaction;
  std::vector<const Change*> changes_;

  std::map<uint64_t, lance::RowSet> deleted_;  // all of a fragment's, old ones too
  std::vector<pb::DataFragment> added_, updated_;
  std::set<uint64_t> removed_;
  std::vector<uint64_t> rewritten_as_;  // ids of the new fragments of a rewrite
  std::vector<pb::IndexMetadata> dropped_indices_;

  FileNames names_;
  std::vector<std::string> leftovers_;
};

/// What must hold for a change made against `base` to be laid over `latest`. ERRORS: Conflict, telling why.
Result<void> CheckRebase(const Snapshot& base, const Snapshot& latest, const Change& change);

/// The manifest that follows `base`, with a new number, date and writer.
pb::Manifest NextManifest(const pb::Manifest& base);

/// Highest id of a field that was ever used: new columns take those above, so that no old data file is taken for
/// theirs.
int32_t HighestFieldId(const pb::Manifest& manifest);

}  // namespace squire::table
