#pragma once

/// For tests of upkeep: a small table whose versions and files are made and looked at one by one.

#include <gtest/gtest.h>

#include "table/commit.h"
#include "table/fragment_writer.h"
#include "table/owned.h"

namespace squire::upkeep {

inline constexpr char kTestRoot[] = "/t.lance";

class TestTable {
 public:
  using SnapshotPtr = std::shared_ptr<const table::Snapshot>;

  explicit TestTable(FileSystem& fs, bool is_owned = true, std::string root = kTestRoot)
      : fs_(fs), paths_{std::move(root)} {
    std::map<std::string, std::string> config;
    if (is_owned) config[table::kUpkeepKey] = table::kUpkeepAuto;
    const auto made = table::CreateTable(Files(), paths_.root, TestSchema(), config);
    EXPECT_TRUE(made) << made.error().ToString();
  }

  static Schema TestSchema() { return {{{"id", TypeId::kInt32, true, {}}}, {}}; }
  [[nodiscard]] std::shared_ptr<table::FileCache> Files() const { return std::make_shared<table::FileCache>(fs_, 4); }
  [[nodiscard]] const table::Paths& paths() const { return paths_; }

  [[nodiscard]] SnapshotPtr Open(std::optional<uint64_t> version = std::nullopt) const {
    auto opened = table::Snapshot::Open(Files(), paths_.root, version);
    EXPECT_TRUE(opened) << opened.error().ToString();
    return opened ? *opened : nullptr;
  }

  /// A version more: ten rows in a file of their own, in place of all others or behind them.
  Result<void> Commit(bool replaces = true) const {
    const auto base = TRY(table::Snapshot::Open(Files(), paths_.root));
    ArrayBuilder ids(TypeId::kInt32);
    for (int i = 0; i < 10; i++) ids.Append(static_cast<int32_t>(i));
    table::FragmentWriter writer(fs_, paths_, TestSchema(), base->manifest().fields(),
                                 {.names = TRY(base->NewNames())});
    TRY(writer.Write({TestSchema(), {TRY(ids.Finish())}, 10}));
    table::Change change;
    change.kind = replaces ? table::Change::Kind::kOverwrite : table::Change::Kind::kAppend;
    if (replaces) change.schema = TestSchema();
    change.new_fragments = TRY(writer.Finish());
    TRY(table::Commit(base, std::move(change)));
    return {};
  }
  void CommitMany(int count) const {
    for (int i = 0; i < count; i++) {
      const auto done = Commit();
      ASSERT_TRUE(done) << done.error().ToString();
    }
  }

  /// The version's manifest as another library would have written it.
  void MakeForeign(uint64_t version) const {
    const std::string path = paths_.Manifest(version);
    auto read = lance::ParseManifest(*ReadWholeFile(fs_, path), path);
    ASSERT_TRUE(read);
    read->manifest.mutable_writer_version()->set_library("lance");
    Overwrite(path, lance::SerializeManifest(read->manifest, read->indices, *read->transaction));
  }
  void Overwrite(const std::string& path, Bytes bytes) const { ASSERT_TRUE(fs_.Replace(path, bytes)); }
  void MakeFile(const std::string& name, size_t size = 100) const {
    const std::string path = JoinPath(paths_.root, name);
    ASSERT_TRUE(fs_.CreateFolders(FolderOf(path)));
    Overwrite(path, std::vector<uint8_t>(size));
  }
  [[nodiscard]] bool Has(const std::string& name) const { return fs_.Stat(JoinPath(paths_.root, name)).has_value(); }

  [[nodiscard]] std::vector<uint64_t> Versions() const {
    std::vector<uint64_t> out;
    const auto listed = table::ListVersions(fs_, paths_);
    for (const auto& version : listed ? *listed : std::vector<table::VersionFile>()) out.push_back(version.version);
    return out;
  }
  [[nodiscard]] size_t DataFiles() const {
    const auto listed = fs_.List(paths_.Data());
    return listed ? listed->size() : 0;
  }
  /// Whether every file that the version names can be read.
  void CheckWhole(std::optional<uint64_t> version = std::nullopt) const {
    const auto snapshot = Open(version);
    ASSERT_TRUE(snapshot);
    for (size_t i = 0; i < snapshot->num_fragments(); i++) {
      auto& fragment = snapshot->fragment(i);
      const auto read = fragment.Read(snapshot->field_id(0), TypeId::kInt32, 0, fragment.physical_rows());
      EXPECT_TRUE(read) << read.error().ToString();
    }
  }

 private:
  FileSystem& fs_;
  table::Paths paths_;
};

}  // namespace squire::upkeep
