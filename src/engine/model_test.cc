// Random use of a table beside a model of it: writes by two handles, compaction, pruning, faults, losses of power,
// reopening. After every step the table holds what the model does. A seed repeats a run: SQUIRE_TEST_SEED=n runs one.

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>

#include "engine/table_impl.h"
#include "engine/testbed.h"
#include "io/faulty.h"

namespace squire::testbed {
namespace {

constexpr int kSteps = 120;
constexpr int kKeys = 60;  // ids that rows may have

/// The rows of a table by id.
using Model = std::map<std::string, std::string>;

class Drive {
 public:
  explicit Drive(uint64_t seed) : random_(seed), kind_(Disks()[Below(Disks().size())]), disk_(kind_.options) {}

  void Go() {
    handles_.push_back(*TableAccess::Create(faulty_, kRoot, RowSchema()));
    for (int step = 0; step < kSteps && !testing::Test::HasFailure(); step++) {
      SCOPED_TRACE(std::string(kind_.name) + ", step " + std::to_string(step));
      Step();
      faulty_.Disarm();
      if (Below(25) == 0) LosePower();
      Check();
    }
    EXPECT_EQ(faulty_.repeated_syncs(), 0);
    handles_.clear();
    EXPECT_EQ(disk_.open_handles(), 0);
  }

 private:
  size_t Below(size_t end) { return random_() % end; }

  FaultPlan RandomPlan() {
    return {kAllFaults[Below(std::size(kAllFaults))], static_cast<int64_t>(1 + Below(40)), Below(2) == 0, random_()};
  }

  Batch RandomRows(Model& rows) {
    const std::string prefix(1, static_cast<char>('a' + Below(4)));
    Batch batch = Rows(prefix, static_cast<int>(1 + Below(kKeys / 4)), ++revision_);
    const Array &ids = batch.columns[0], &texts = batch.columns[3];
    for (int64_t row = 0; row < batch.num_rows; row++)
      rows[std::string(ids.Text(row))] = texts.IsValid(row) ? std::string(texts.Text(row)) : "null";
    return batch;
  }

  /// A handle that is behind may be asked to upsert and merge, and what changes no row: it deletes only what it knows.
  Table& Handle(bool may_be_behind) {
    if (handles_.size() < 2 && Below(10) == 0) Reopen();
    Table& table = handles_[Below(handles_.size())];
    if (!may_be_behind || Below(2) == 0) {
      EXPECT_TRUE(table.Refresh());
    }
    return table;
  }

  void Step() {
    const size_t what = Below(12);
    Table& table = Handle(what < 3 || what > 5);
    if (Below(4) == 0) faulty_.Arm(RandomPlan());
    Model after = model_, rows;
    switch (what) {
      case 0:
      case 1:
      case 2: {
        const Batch batch = RandomRows(rows);
        for (const auto& [id, text] : rows) after[id] = text;
        return Settle(table.UpsertByKey("id", batch), after);
      }
      case 3:
      case 4: {
        std::vector<std::string> ids;
        for (const auto& [id, text] : model_) {
          if (Below(6) != 0) continue;
          ids.push_back(id);
          after.erase(id);
        }
        return Settle(table.DeleteKeys("id", Keys(ids)), after);
      }
      case 5: return Settle(Replace(table, after), after);
      case 6: return Settle(Merge(table, after), after);
      case 7: return Settle(table.Compact(), after);
      case 8: return Settle(table.Prune({.keep_versions = 1 + Below(3)}), after);
      case 9: return Settle(table.Optimize(), after);
      case 10:
        if (Below(4) == 0) return Settle(table.CreateKeyIndex("id"), after);
        if (Below(4) == 0) return Settle(table.CreateTextIndex(std::vector<std::string>{"text"}), after);
        [[fallthrough]];
      default: {
        const auto contents = Contents(table);  // of a handle that is behind: an older version's, or an error
        EXPECT_TRUE(!contents || table.version() != version_ || contents->size() == model_.size());
        if (Below(3) == 0) handles_.erase(handles_.begin() + static_cast<ptrdiff_t>(&table - handles_.data()));
        if (handles_.empty()) Reopen();
      }
    }
  }

  Result<uint64_t> Replace(Table& table, Model& after) {
    if (Below(5) != 0) return table.DeleteKeys("id", Keys({}));
    after.clear();
    const Batch batch = RandomRows(after);
    auto write = table.BeginOverwrite(RowSchema());
    if (!write) return write.error();
    if (auto appended = (*write)->Append(batch); !appended) return appended.error();
    return (*write)->Commit();
  }

  Result<uint64_t> Merge(Table& table, Model& after) {
    Model rows;
    const Batch batch = RandomRows(rows);
    for (const auto& [id, text] : rows) after[id] = text;
    const std::string on[] = {"id"};
    auto merged = table.MergeInsert(on, {.update_matched = true, .insert_not_matched = true}, batch);
    if (!merged) return std::move(merged.error());
    return merged->version;
  }

  template <class T>
  void Settle(const Result<T>& result, const Model& after) {
    faulty_.Disarm();
    const uint64_t version_before = version_;
    if (result) {
      model_ = after;
      (void)Observed();
      if (version_ != version_before) unless_power_goes_.reset();  // what stood before is durable with what follows it
    } else if (result.error().code == Code::kCommitUnknown) {
      if (Observed() != after) return;
      if (!unless_power_goes_) unless_power_goes_ = model_;
      model_ = after;
    } else {
      EXPECT_NE(result.error().code, Code::kInternal) << result.error().ToString();
      EXPECT_NE(result.error().code, Code::kCorruption) << result.error().ToString();
    }
  }

  Model Observed() {
    Model out;
    auto table = TableAccess::Open(disk_, kRoot);
    EXPECT_TRUE(table) << table.error().ToString();
    if (!table) return out;
    version_ = table->version();
    auto scanner = table->Scan({.columns = {"id", "text"}, .filter = {}});
    while (true) {
      auto batch = (*scanner)->Next();
      EXPECT_TRUE(batch) << batch.error().ToString();
      if (!batch || !*batch) return out;
      const Array &ids = (*batch)->columns[0], &texts = (*batch)->columns[1];
      for (int64_t row = 0; row < (*batch)->num_rows; row++) {
        const bool is_new = out.emplace(ids.Text(row), texts.IsValid(row) ? texts.Text(row) : "null").second;
        EXPECT_TRUE(is_new) << "two rows of key " << ids.Text(row);
      }
    }
  }

  void Check() {
    EXPECT_EQ(Observed(), model_);
    const auto table = TableAccess::Open(disk_, kRoot);
    EXPECT_TRUE(table && table->Verify().problems.empty());
  }

  void LosePower() {
    handles_.clear();
    disk_.PowerLoss(Below(2) == 0 ? Unsynced::kLost : Unsynced::kRandom, random_());
    if (unless_power_goes_ && Observed() == *unless_power_goes_) model_ = *unless_power_goes_;
    unless_power_goes_.reset();
    Reopen();
  }

  void Reopen() {
    faulty_.Disarm();
    auto table = TableAccess::Open(faulty_, kRoot);
    ASSERT_TRUE(table) << table.error().ToString();
    handles_.push_back(*std::move(table));
  }

  std::mt19937_64 random_;
  Disk kind_;
  MemoryFileSystem disk_;
  FaultyFileSystem faulty_{disk_};
  std::vector<Table> handles_;
  Model model_;
  std::optional<Model> unless_power_goes_;  // what a loss of power may bring back: a commit was said to be unknown
  int revision_ = 0;
  uint64_t version_ = 0;
};

TEST(ModelTest, RandomUseKeepsWhatTheModelKeeps) {
  const char* only = std::getenv("SQUIRE_TEST_SEED");
  const uint64_t first = only == nullptr ? 1 : std::strtoull(only, nullptr, 10);
  const uint64_t seeds = only == nullptr ? static_cast<uint64_t>(25 * Effort() * Effort()) : 1;
  for (uint64_t seed = first; seed < first + seeds; seed++) {
    SCOPED_TRACE("SQUIRE_TEST_SEED=" + std::to_string(seed));
    Drive(seed).Go();
    ASSERT_FALSE(HasFailure());
  }
  std::printf("%llu runs of %d steps\n", static_cast<unsigned long long>(seeds), kSteps);
}

}  // namespace
}  // namespace squire::testbed
