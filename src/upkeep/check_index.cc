#include "upkeep/check_index.h"

#include <algorithm>

#include "index/key/btree.h"
#include "index/text/text_index.h"
#include "index/vector/ivf_files.h"
#include "table/scan.h"
#include "upkeep/check_fragment.h"
#include "upkeep/check_text_index.h"
#include "upkeep/check_vector_index.h"

namespace squire::upkeep {
namespace {

constexpr char kRowIdColumn[] = "_rowid";

/// An order-independent sum over (row, value) pairs tells whether two sets of them are equal.
uint64_t Mix(uint64_t x) {  // the finalizer of splitmix64
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}
uint64_t HashEntry(uint64_t address, const index::SortKey& key) {
  const uint64_t value = key.is_valid ? key.number ^ std::hash<std::string_view>()(key.text) : ~uint64_t{0};
  return Mix(address ^ Mix(value + 0x9e3779b97f4a7c15u));
}

class Checker {
 public:
  Checker(const table::Snapshot& snapshot, const pb::IndexMetadata& index, bool deep)
      : snapshot_(snapshot),
        index_(index),
        deep_(deep),
        folder_(snapshot.paths().Index(table::UuidText(index.uuid()))) {}

  Result<IndexCheck> Run() {
    auto checked = CheckAll();
    if (checked) return std::move(out_);
    Error& error = checked.error();
    if (error.code == Code::kUnsupported)
      out_.unchecked.push_back("index '" + index_.name() + "': " + error.message);
    else if (IsDamage(error))
      out_.damage = "index '" + index_.name() + "': " + error.ToString();
    else
      return std::move(error);
    return std::move(out_);
  }

 private:
  Result<void> CheckAll() {
    if (index_.has_base_id()) return Unsupported("an index of another base path is not checked");
    if (index_.fields_size() == 0 && index_.files_size() == 0) return {};  // no index of a column; it has no files
    FileSystem& fs = snapshot_.files()->fs();
    std::vector<FileInfo> files = TRY(fs.List(folder_));
    for (const pb::IndexFile& file : index_.files()) {
      const FileInfo found = TRY(fs.Stat(JoinPath(folder_, file.path())));
      if (found.size_bytes != file.size_bytes())
        return Corruption("it has " + std::to_string(found.size_bytes) + " bytes, the manifest says " +
                              std::to_string(file.size_bytes()),
                          JoinPath(folder_, file.path()));
    }
    std::ranges::sort(files, {}, &FileInfo::name);
    for (const FileInfo& file : files)
      if (!file.is_folder && (file.name.ends_with(".lance") || file.name.ends_with(".idx"))) TRY(CheckFile(file.name));
    if (text::IsTextIndex(index_)) {
      out_.bytes_read += TRY(CheckTextIndex(snapshot_, index_, deep_));
      return {};
    }
    if (index_.index_details().type_url() == vector::kVectorDetailsUrl) {
      const auto checked = CheckVectorIndex(snapshot_, index_, deep_);
      out_.bytes_read += static_cast<uint64_t>(TRY(checked));
      return {};
    }
    if (index_.index_details().type_url() != index::kBTreeDetailsUrl) return {};
    const auto tree = TRY(index::BTree::Open(snapshot_, index_));
    if (deep_ && !HasStableIds()) TRY(CheckEntries(*tree));
    return {};
  }

  /// Then indexes name rows by those, not by their place.
  [[nodiscard]] bool HasStableIds() const {
    return (snapshot_.manifest().reader_feature_flags() & lance::kFlagStableRowIds) != 0;
  }

  Result<void> CheckFile(const std::string& name) {
    const auto reader = TRY(snapshot_.files()->Open(JoinPath(folder_, name)));
    if (!deep_) return {};
    for (const auto& [field, tree] : TRY(reader->ReadColumns())) {
      const bool are_rows = field.name == kRowIdColumn && field.type.id == TypeId::kUInt64 && !HasStableIds();
      const auto read = ReadInBatches(reader->num_rows(), [&](int64_t first, int64_t count) -> Result<int64_t> {
        const Array values = TRY(reader->Read(tree, first, count));
        if (are_rows && values.null_count() == 0)
          for (uint64_t address : values.values<uint64_t>()) TRY(CheckAddress(address));
        return values.byte_size();
      });
      if (!read && read.error().code == Code::kUnsupported) {
        out_.unchecked.push_back("index '" + index_.name() + "': " + read.error().message);
        continue;
      }
      out_.bytes_read += TRY(read);
    }
    return {};
  }

  /// Rows of fragments that were dropped since are no damage: whoever searches leaves them out.
  Result<table::Fragment*> CheckAddress(uint64_t address) const {
    const uint64_t id = address >> 32, offset = address & 0xffffffff;
    table::Fragment* fragment = snapshot_.FindFragment(id);
    if (fragment == nullptr && snapshot_.manifest().has_max_fragment_id() &&
        id > snapshot_.manifest().max_fragment_id())
      return Corruption("it names a row of fragment " + std::to_string(id) + ", which there never was", folder_);
    if (fragment != nullptr && offset >= static_cast<uint64_t>(fragment->physical_rows()))
      return Corruption("it names row " + std::to_string(offset) + " of fragment " + std::to_string(id) +
                            ", which has " + std::to_string(fragment->physical_rows()),
                        folder_);
    return fragment;
  }

  struct Covered {
    lance::RowSet rows;
    uint64_t sum = 0;
  };

  Result<void> CheckEntries(const index::BTree& tree) {
    std::map<uint64_t, Covered> covered;
    out_.bytes_read += TRY(ReadInBatches(tree.num_entries(), [&](int64_t first, int64_t count) -> Result<int64_t> {
      const auto page = TRY(tree.Read(first, count));
      const auto addresses = page.addresses.values<uint64_t>();
      for (int64_t row = 0; row < count; row++) {
        const uint64_t address = addresses[static_cast<size_t>(row)];
        table::Fragment* fragment = TRY(CheckAddress(address));
        if (fragment == nullptr || !tree.Covers(fragment->id())) continue;
        Covered& at = covered.try_emplace(fragment->id(), Covered{lance::RowSet(fragment->meta().physical_rows()), 0})
                          .first->second;
        const auto deleted = fragment->Deleted();
        if (!deleted && !IsDamage(deleted.error())) return deleted.error();
        if (!deleted) continue;  // the fragment's damage is told of by itself
        if ((*deleted)->Contains(address & 0xffffffff) || !at.rows.Add(address & 0xffffffff)) continue;
        at.sum += HashEntry(address, index::KeyAt(page.values, row));
      }
      return page.values.byte_size();
    }));
    for (size_t i = 0; i < snapshot_.num_fragments(); i++)
      if (tree.Covers(snapshot_.fragment(i).id())) TRY(CompareWithColumn(i, covered[snapshot_.fragment(i).id()]));
    return {};
  }

  /// What the index has of a fragment is what the column has.
  Result<void> CompareWithColumn(size_t fragment, const Covered& covered) {
    table::Fragment& at = snapshot_.fragment(fragment);
    if (const auto deleted = at.Deleted(); !deleted && IsDamage(deleted.error())) return {};
    const auto there = covered.rows.count(), wanted = static_cast<uint64_t>(at.live_rows());
    const std::string name = "fragment " + std::to_string(at.id());
    if (there != wanted)
      return Corruption("it names " + std::to_string(there) + " of " + std::to_string(wanted) + " rows of " + name,
                        folder_);
    const std::string column[] = {ColumnOf(snapshot_, index_)};
    const table::Projection projection = TRY(table::Project(snapshot_, column));
    uint64_t sum = 0;
    const auto read = ReadInBatches(at.physical_rows(), [&](int64_t first, int64_t count) -> Result<int64_t> {
      const auto rows = TRY(table::ReadRange(snapshot_, projection, {fragment, first, count}));
      for (int64_t row = 0; row < rows.batch.num_rows; row++)
        sum += HashEntry(rows.addresses[static_cast<size_t>(row)], index::KeyAt(rows.batch.columns[0], row));
      return rows.batch.columns[0].byte_size();
    });
    if (!read && IsDamage(read.error())) return {};  // the column's damage is told of by itself
    out_.bytes_read += TRY(read);
    if (sum != covered.sum) return Corruption("its values of " + name + " are not those of the column", folder_);
    return {};
  }

  const table::Snapshot& snapshot_;
  const pb::IndexMetadata& index_;
  const bool deep_;
  const std::string folder_;
  IndexCheck out_;
};

}  // namespace

std::string ColumnOf(const table::Snapshot& snapshot, const pb::IndexMetadata& index) {
  if (index.fields_size() != 1) return {};
  for (size_t i = 0; i < snapshot.schema().fields.size(); i++)
    if (snapshot.field_id(i) == index.fields(0)) return snapshot.schema().fields[i].name;
  return {};
}

Result<IndexCheck> CheckIndex(const table::Snapshot& snapshot, const pb::IndexMetadata& index, bool deep) {
  return Checker(snapshot, index, deep).Run();
}

}  // namespace squire::upkeep
