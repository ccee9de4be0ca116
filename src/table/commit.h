#pragma once

/// Publishing the next version of a table: a change is laid over the newest manifest, and where another writer was
/// first, laid anew over his. Source: docs/lance_format.md, "Commit".

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "table/snapshot.h"

namespace squire::table {

/// What a commit does to the table it finds.
struct Change {
  enum class Kind {
    kAppend,     ///< new fragments only
    kDelete,     ///< rows gone only
    kUpdate,     ///< both in one version: no reader sees a row gone and its successor not there
    kRewrite,    ///< `rewritten` fragments replaced by `new_fragments`, which hold the same rows
    kOverwrite,  ///< everything replaced by `new_fragments`, which have `schema`
  };
  Kind kind = Kind::kAppend;
  std::vector<pb::DataFragment> new_fragments;     ///< without ids; their files are synced
  std::map<uint64_t, lance::RowSet> deleted_rows;  ///< newly deleted offsets by fragment id
  std::vector<uint64_t> rewritten;                 ///< fragment ids, in the order of their rows
  std::string predicate;                           ///< of a delete, for people who read the transaction
  std::optional<Schema> schema;                    ///< of an overwrite
};

struct CommitOptions {
  int rebase_max = 32;  ///< how often another writer may be first before Conflict is returned
};

/// Publishes `change`, made against `base`, and returns the new version. What it names is durable before: see
/// docs/durability.md for the syncs that this takes.
///
/// Rebases by comparing manifests: an append never conflicts; deleted rows are merged with what others deleted
/// meanwhile; an overwrite replaces whatever is there. ERRORS: Conflict when a row to be deleted is gone or moved, a
/// fragment to be rewritten changed, or the schema did; CommitUnknown; NoSpace, Io. After any error but CommitUnknown
/// the table is as it was.
Result<std::shared_ptr<const Snapshot>> Commit(std::shared_ptr<const Snapshot> base, Change change,
                                               const CommitOptions& options = {});

/// Creates an empty table of `schema` as version 1. ERRORS: AlreadyExists.
Result<std::shared_ptr<const Snapshot>> CreateTable(std::shared_ptr<FileCache> files, const std::string& root,
                                                    const Schema& schema,
                                                    const std::map<std::string, std::string>& config = {});

}  // namespace squire::table
