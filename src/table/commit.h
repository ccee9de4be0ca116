#pragma once

/// Publishing the next version of a table: a change is laid over the newest manifest, and where another writer was
/// first, laid anew over his. Writers of one process that commit at the same time share a version.
/// Source: docs/lance_format.md, "Commit".

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "table/key_set.h"
#include "table/snapshot.h"

namespace squire::table {

/// What a commit does to the table it finds.
struct Change {
  enum class Kind {
    kAppend,       ///< new fragments only
    kDelete,       ///< rows gone only
    kUpdate,       ///< both in one version: no reader sees a row gone and its successor not there
    kRewrite,      ///< `rewritten` fragments replaced by `new_fragments`, which hold their live rows in order
    kOverwrite,    ///< everything replaced by `new_fragments`, which have `schema`
    kProject,      ///< columns dropped or renamed: `fields` is the new schema
    kAddColumns,   ///< `fields` is the new schema, `new_files` the data files that hold the new columns
    kCreateIndex,  ///< only indexes change
    kRestore,      ///< `restored` becomes the newest version again
  };
  Kind kind = Kind::kAppend;
  std::vector<pb::DataFragment> new_fragments;     ///< without ids; their files are durable
  std::map<uint64_t, lance::RowSet> deleted_rows;  ///< newly deleted offsets by fragment id
  std::vector<uint64_t> rewritten;                 ///< fragment ids, in the order of their rows
  std::string predicate;                           ///< of a delete, for people who read the transaction
  std::optional<Schema> schema;                    ///< of an overwrite
  google::protobuf::RepeatedPtrField<pb::Field> fields;
  std::map<uint64_t, pb::DataFile> new_files;  ///< by fragment id; a fragment without one has nulls
  std::vector<pb::IndexMetadata> new_indices;  ///< their files are durable
  std::vector<std::string> removed_indices;    ///< by uuid
  std::shared_ptr<const Snapshot> restored;
  /// Of an append or update whose rows stand in for others by key: such rows in the fragments, by place in `latest`,
  /// that came since the base; they are deleted too. Without it they stay. ERRORS: Conflict, to be made anew.
  /// THREADS: that of another writer, while Commit waits.
  std::function<Result<std::map<uint64_t, lance::RowSet>>(const Snapshot& latest, std::span<const size_t> added)>
      find_added;
  /// All keys of one column that the change deletes or adds rows of, where they are known: who has others need not see
  /// its rows. Outlives the commit.
  const KeySet* keys = nullptr;
  std::string key_column;
};

struct CommitOptions {
  int rebase_max = 32;  ///< how often another writer may be first before Conflict is returned
};

/// Publishes `change`, made against `base`, and returns the new version. All files it writes are durable before.
///
/// Rebases by comparing manifests: an append meets nothing but a new column that must not be null; deleted rows are
/// merged with what others deleted meanwhile; of rewritten fragments the rows that others deleted meanwhile are deleted
/// where they are now; an overwrite or restore replaces whatever is there. ERRORS: Conflict when a row to be deleted is
/// gone or moved, a fragment to be rewritten is gone or has other columns, or the schema changed in a way that matters;
/// CommitUnknown; NoSpace, Io. After any error but CommitUnknown the table is as it was.
/// THREADS: any.
Result<std::shared_ptr<const Snapshot>> Commit(std::shared_ptr<const Snapshot> base, Change change,
                                               const CommitOptions& options = {});

/// Whether rows written for one are rows of the other.
bool HaveSameFields(const Snapshot& base, const Snapshot& latest);

/// Creates an empty table of `schema` as version 1. ERRORS: AlreadyExists.
Result<std::shared_ptr<const Snapshot>> CreateTable(std::shared_ptr<FileCache> files, const std::string& root,
                                                    const Schema& schema,
                                                    const std::map<std::string, std::string>& config = {});

}  // namespace squire::table
