// A run of commits with the upkeep that follows them, and what a loss of power would leave at every sync of it: the
// bytes that were not synced kept, lost or torn, and the names that were not synced kept or lost. Each of these disks
// has the table as it was before the commit under way or after it, whole, and takes a write.
//
// SQUIRE_TEST_IMAGES=FOLDER writes a sample of them out, for other programs to read: <n>.lance, and <n>.json with the
// texts by id of the one version and of the other.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "engine/table_impl.h"
#include "engine/testbed.h"
#include "upkeep/verify.h"

namespace squire::testbed {
namespace {

constexpr int kCommits = 24, kCommitsLong = 200;
constexpr int kPrefixes = 24, kRowsMax = 8;
constexpr int64_t kSampled = 20;                         // of so many syncs one is written out
constexpr int64_t kSampledWhole[] = {3, 101, 407, 803};  // syncs of which all modes are

struct Mode {
  const char* name;
  Unsynced bytes, names;
};
constexpr Mode kModes[] = {
    {"bytes kept, names kept", Unsynced::kKept, Unsynced::kKept},
    {"bytes kept, names lost", Unsynced::kKept, Unsynced::kLost},
    {"bytes lost, names kept", Unsynced::kLost, Unsynced::kKept},
    {"bytes lost, names lost", Unsynced::kLost, Unsynced::kLost},
    {"bytes torn, names kept", Unsynced::kTorn, Unsynced::kKept},
    {"bytes torn, names lost", Unsynced::kTorn, Unsynced::kLost},
};

/// Copies a folder in memory to one of this machine.
void WriteOut(FileSystem& fs, const std::string& from, const std::filesystem::path& to) {
  std::vector<std::string> folders = {""};
  while (!folders.empty()) {
    const std::string folder = std::move(folders.back());
    folders.pop_back();
    std::filesystem::create_directories(to / folder);
    const auto listed = fs.List(folder.empty() ? from : JoinPath(from, folder));
    ASSERT_TRUE(listed);
    for (const FileInfo& file : *listed) {
      const std::string name = folder.empty() ? file.name : JoinPath(folder, file.name);
      if (file.is_folder) {
        folders.push_back(name);
        continue;
      }
      const auto bytes = ReadWholeFile(fs, JoinPath(from, name));
      ASSERT_TRUE(bytes);
      std::ofstream out(to / name, std::ios::binary);
      out.write(reinterpret_cast<const char*>(bytes->data()), std::ssize(*bytes));
      ASSERT_TRUE(out.good());
    }
  }
}

/// {"a#0": "words ...", "a#6": null} of the rows of a table. Ids and texts are plain words.
std::string Json(const std::multiset<std::string>& rows) {
  std::string out;
  for (const std::string& row : rows) {  // "id|path|line|text|vector|"
    std::vector<std::string> cells;
    for (size_t at = 0; cells.size() < 4; at = row.find('|', at) + 1)
      cells.push_back(row.substr(at, row.find('|', at) - at));
    out += (out.empty() ? "" : ", ") + ("\"" + cells[0] + "\": ") +
           (cells[3] == "null" ? cells[3] : "\"" + cells[3] + "\"");
  }
  return "{" + out + "}";
}

class PowerImagesTest : public testing::TestWithParam<Disk> {
 protected:
  using Rows = std::multiset<std::string>;

  /// What the power's loss leaves at this moment, each way. The table is as `before_`, or as `after` when the commit
  /// under way is known.
  void CheckAll(const MemoryFileSystem& disk) {
    syncs_++;
    for (size_t i = 0; i < std::size(kModes) && !HasFailure(); i++) {
      const auto image = disk.Clone();
      image->PowerLoss(kModes[i].bytes, kModes[i].names, static_cast<uint64_t>(syncs_) * 10 + i);
      SCOPED_TRACE(std::string(kModes[i].name) + ", at sync " + std::to_string(syncs_) + " in commit " +
                   std::to_string(commits_));
      if (IsSampled(i)) pending_.push_back({image->Clone(), syncs_, i});
      Check(*image);
    }
  }

  void Check(MemoryFileSystem& image) {
    images_++;
    const auto report = upkeep::VerifyTable(image, kRoot, {.deep = true});
    ASSERT_TRUE(report) << report.error().ToString();
    EXPECT_TRUE(report->problems.empty()) << report->problems[0];
    EXPECT_TRUE(report->notes.empty()) << report->notes[0];  // older versions are whole as well
    auto table = TableAccess::Open(image, kRoot);
    ASSERT_TRUE(table) << table.error().ToString();
    const auto rows = Contents(*table);
    ASSERT_TRUE(rows) << rows.error().ToString();
    found_.push_back(*rows);
    const auto written = table->Append(testbed::Rows("new", 3));
    ASSERT_TRUE(written) << written.error().ToString();
    EXPECT_EQ(Contents(*table)->size(), rows->size() + 3);
  }

  /// Of the images of a commit that is done: each was before it or after it. What is acknowledged stays.
  void Settle(const MemoryFileSystem& disk, const Table& table) {
    const Rows after = *Contents(table);
    for (const Rows& rows : found_) {
      EXPECT_TRUE(rows == before_ || rows == after)
          << "neither the version before nor the one after commit " << commits_;
      as_before_ += rows == before_;
    }
    found_.clear();
    const auto image = disk.Clone();
    image->PowerLoss();
    Check(*image);
    ASSERT_FALSE(HasFatalFailure());
    EXPECT_EQ(found_[0], after) << "an acknowledged commit is gone";
    found_.clear();
    for (const Pending& pending : pending_) Keep(pending, after);
    pending_.clear();
    before_ = after;
  }

  struct Pending {
    std::unique_ptr<MemoryFileSystem> image;
    int64_t sync = 0;
    size_t mode = 0;
  };

  [[nodiscard]] bool IsSampled(size_t mode) const {
    if (images_folder_ == nullptr) return false;
    const bool is_turn = syncs_ % kSampled == 0 && mode == static_cast<size_t>(syncs_ / kSampled) % std::size(kModes);
    return is_turn || std::ranges::find(kSampledWhole, syncs_) != std::end(kSampledWhole);
  }

  void Keep(const Pending& pending, const Rows& after) {
    const auto name = std::filesystem::path(images_folder_) / (GetParam().name + std::to_string(written_out_++));
    WriteOut(*pending.image, kRoot, name.string() + ".lance");
    std::ofstream(name.string() + ".json")
        << "{\"mode\": \"" << kModes[pending.mode].name << "\", \"sync\": " << pending.sync
        << ", \"before\": " << Json(before_) << ", \"after\": " << Json(after) << "}\n";
  }

  Result<uint64_t> Commit(Table& table) {
    commits_++;
    if (commits_ == 20) return table.CreateKeyIndex("id");
    if (commits_ % 50 == 0) {
      TRY(table.Optimize());
      return table.version();
    }
    const std::string prefix(1, static_cast<char>('a' + random_() % kPrefixes));
    if (before_.empty() || random_() % 3 != 0)
      return table.UpsertByKey("id", testbed::Rows(prefix, static_cast<int>(1 + random_() % kRowsMax), commits_));
    std::vector<std::string> ids;
    for (const std::string& row : before_)
      if (ids.empty() || random_() % 16 == 0) ids.push_back(row.substr(0, row.find('|')));
    return table.DeleteKeys("id", Keys(ids));
  }

  const char* images_folder_ = std::getenv("SQUIRE_TEST_IMAGES");
  std::mt19937_64 random_{7};
  int commits_ = 0;
  int64_t syncs_ = 0, images_ = 0, as_before_ = 0, written_out_ = 0;
  Rows before_;
  std::vector<Rows> found_;  // in the images of the commit under way
  std::vector<Pending> pending_;
};

TEST_P(PowerImagesTest, EverySyncOfARunOfCommits) {
  MemoryFileSystem disk(GetParam().options);
  auto table = TableAccess::Create(disk, kRoot, RowSchema());
  ASSERT_TRUE(table);
  disk.set_before_sync([&] { CheckAll(disk); });
  const int commits = Effort() > 1 ? kCommitsLong : kCommits;
  while (commits_ < commits && !HasFailure()) {
    const auto done = Commit(*table);
    ASSERT_TRUE(done) << done.error().ToString();
    Settle(disk, *table);
  }
  disk.set_before_sync({});
  std::printf("%d commits, %lld syncs, %lld images, %lld of them of the version before, %lld written out\n", commits_,
              static_cast<long long>(syncs_), static_cast<long long>(images_), static_cast<long long>(as_before_),
              static_cast<long long>(written_out_));
  if (commits == kCommitsLong) {
    EXPECT_GT(table->Stats()->upkeep_versions, 0u);
  }
}

INSTANTIATE_TEST_SUITE_P(Disks, PowerImagesTest, testing::ValuesIn(Disks()),
                         [](const auto& param) { return param.param.name; });

}  // namespace
}  // namespace squire::testbed
