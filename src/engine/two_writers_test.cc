// Two writers of one table, each with a handle of its own, and its upkeep beside them: by turns on a file system in
// memory, and in threads of their own in a folder of this machine. What they committed, in the order of the versions
// that they were told, is what the table holds: nothing is lost, done twice or half.
//
// SQUIRE_TEST_SEED=n repeats a run (of threads, but for how they meet), SQUIRE_TEST_OPERATIONS=n says how long it is.

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <thread>

#include "engine/table_impl.h"
#include "engine/testbed.h"

namespace squire::testbed {
namespace {

constexpr int kKeys = 300;    // in each of the spaces that keys are of
constexpr int kRowsMax = 20;  // of most writes
constexpr int kRound = 400;   // operations between two looks at everything
constexpr int kLongText = 64 << 10;
constexpr char kShared[] = "shared";  // the keys that both write; each has a space of his own besides

/// The texts of a table's rows by id.
using Model = std::map<std::string, std::string>;

int64_t NumberIn(const char* variable, int64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoll(text, nullptr, 10);
}
uint64_t Seed() { return static_cast<uint64_t>(NumberIn("SQUIRE_TEST_SEED", 1)); }

/// Of both kinds together; threads that meet at every turn take ten times as long for each.
int64_t Operations() { return NumberIn("SQUIRE_TEST_OPERATIONS", Effort() > 1 ? 100'000 : 1'200); }
int64_t OperationsInThreads() { return Operations() * 15 / 100; }

std::string IdOf(const std::string& space, int number) { return space + "#" + std::to_string(number); }
bool IsOf(const std::string& id, const std::string& space) { return id.starts_with(space + "#"); }

Schema TextSchema() {
  return {{{"id", TypeId::kString, false, {}},
           {"space", TypeId::kString, false, {}},
           {"number", TypeId::kInt32, false, {}},
           {"text", TypeId::kString, true, {}}},
          {}};
}

Batch RowsOf(const std::string& space, const std::set<int>& numbers, const std::string& text) {
  const Schema schema = TextSchema();
  std::vector<ArrayBuilder> columns;
  for (const Field& field : schema.fields) columns.emplace_back(field.type);
  for (int number : numbers) {
    columns[0].AppendText(IdOf(space, number));
    columns[1].AppendText(space);
    columns[2].Append(static_cast<int32_t>(number));
    columns[3].AppendText(text);
  }
  Batch batch{schema, {}, std::ssize(numbers)};
  for (ArrayBuilder& column : columns) batch.columns.push_back(*column.Finish());
  return batch;
}

Model Read(const Table& table) {
  Model out;
  auto scanner = table.Scan({.columns = {"id", "text"}, .filter = {}});
  EXPECT_TRUE(scanner) << scanner.error().ToString();
  while (scanner) {
    auto batch = (*scanner)->Next();
    EXPECT_TRUE(batch) << batch.error().ToString();
    if (!batch || !*batch) break;
    const Array &ids = (*batch)->columns[0], &texts = (*batch)->columns[1];
    for (int64_t row = 0; row < (*batch)->num_rows; row++) {
      const bool is_new = out.emplace(ids.Text(row), texts.Text(row)).second;
      EXPECT_TRUE(is_new) << "two rows of key " << ids.Text(row) << " in version " << table.version();
    }
  }
  return out;
}

/// A write of shared keys that was acknowledged. Of one version's, those that only delete came first.
struct Written {
  uint64_t version = 0;
  bool is_delete = false;
  std::set<int> numbers;
  std::string text;
};

class Writer {
 public:
  Writer(FileSystem& fs, std::string root, uint64_t seed, int name)
      : fs_(fs), root_(std::move(root)), random_(seed), own_space_("own" + std::to_string(name)), name_(name) {
    Reopen();
  }

  void Step() {
    steps_++;
    const bool is_shared = Below(2) == 0;
    const size_t what = Below(100);
    if (what < 45) return Upsert(is_shared, what % 2 == 0);
    if (what < 65) return Delete(is_shared);
    if (what < 69) return DeleteWhere();
    if (what < 73) return UpdateWhere();
    if (what < 80) return Maintain(what);
    if (what < 90) {
      EXPECT_TRUE(table_->Refresh());
    } else if (what < 92) {
      Reopen();
    } else if (what < 94) {
      Look();
    } else {
      Upsert(is_shared, false);
    }
  }

  /// What this writer alone wrote is what it reads, in any version since.
  void Look() const {
    Model own = Read(*table_);
    std::erase_if(own, [&](const auto& row) { return !IsOf(row.first, own_space_); });
    EXPECT_EQ(own, own_) << "of " << own_space_ << " in version " << table_->version();
  }

  [[nodiscard]] const Model& own() const { return own_; }
  [[nodiscard]] int64_t conflicts() const { return conflicts_; }
  std::vector<Written> TakeWritten() { return std::exchange(written_, {}); }

 private:
  size_t Below(size_t end) { return random_() % end; }

  std::set<int> Numbers() {
    std::set<int> out;
    const size_t count = Below(50) == 0 ? kKeys : 1 + Below(kRowsMax);
    while (out.size() < count) out.insert(static_cast<int>(count == kKeys ? out.size() : Below(kKeys)));
    return out;
  }

  std::string NewText() {
    std::string text = "by " + std::to_string(name_) + " in step " + std::to_string(steps_);
    if (Below(200) == 0) text.resize(kLongText, 'x');
    return text;
  }

  /// Whether it was done; a conflict is an answer too, and leaves all as it was.
  template <class T>
  bool IsDone(const Result<T>& result) {
    if (result) return true;
    EXPECT_EQ(result.error().code, Code::kConflict) << result.error().ToString();
    conflicts_++;
    return false;
  }

  void Upsert(bool is_shared, bool merges) {
    const std::string space = is_shared ? kShared : own_space_;
    const std::set<int> numbers = Numbers();
    const std::string text = NewText();
    const Batch rows = RowsOf(space, numbers, text);
    uint64_t version = 0;
    if (merges) {
      const std::string on[] = {"id"};
      const auto done = table_->MergeInsert(on, {.update_matched = true, .insert_not_matched = true}, rows);
      if (!IsDone(done)) return;
      version = done->version;
    } else {
      const auto done = table_->UpsertByKey("id", rows);
      if (!IsDone(done)) return;
      version = *done;
    }
    if (is_shared) return written_.push_back({version, false, numbers, text});
    for (int number : numbers) own_[IdOf(space, number)] = text;
  }

  void Delete(bool is_shared) {
    const std::string space = is_shared ? kShared : own_space_;
    const std::set<int> numbers = Numbers();
    std::vector<std::string> ids;
    for (int number : numbers) ids.push_back(IdOf(space, number));
    const auto done = table_->DeleteKeys("id", Keys(ids));
    if (!IsDone(done)) return;
    if (is_shared) return written_.push_back({*done, true, numbers, {}});
    for (const std::string& id : ids) own_.erase(id);
  }

  void DeleteWhere() {
    const auto number = static_cast<int>(Below(kKeys));
    const std::string where = "space = '" + own_space_ + "' AND number >= " + std::to_string(number) +
                              " AND number < " + std::to_string(number + kRowsMax);
    if (!IsDone(table_->Delete(where))) return;
    for (int i = 0; i < kRowsMax; i++) own_.erase(IdOf(own_space_, number + i));
  }

  void UpdateWhere() {
    const auto number = static_cast<int>(Below(kKeys));
    const Assignment set[] = {{"text", "'updated in step " + std::to_string(steps_) + "'"}};
    const std::string where = "space = '" + own_space_ + "' AND number < " + std::to_string(number);
    if (!IsDone(table_->Update(where, set))) return;
    for (auto& [id, text] : own_)
      if (std::stoi(id.substr(own_space_.size() + 1)) < number) text = "updated in step " + std::to_string(steps_);
  }

  void Maintain(size_t what) {
    if (what == 73)
      (void)IsDone(table_->Compact());
    else if (what == 74)
      (void)IsDone(table_->Prune({.keep_versions = 1 + Below(3)}));
    else if (what == 75)
      (void)IsDone(table_->Optimize());
    else if (what == 76 && Below(10) == 0)
      (void)IsDone(table_->CreateKeyIndex("id"));
  }

  void Reopen() {
    table_.reset();
    auto table = TableAccess::Open(fs_, root_);
    ASSERT_TRUE(table) << table.error().ToString();
    table_.emplace(*std::move(table));
  }

  FileSystem& fs_;
  const std::string root_;
  std::mt19937_64 random_;
  const std::string own_space_;
  const int name_;
  std::optional<Table> table_;
  Model own_;
  std::vector<Written> written_;
  int64_t steps_ = 0, conflicts_ = 0;
};

class TwoWritersTest : public testing::Test {
 protected:
  void Begin(FileSystem& fs, const std::string& root) {
    fs_ = &fs;
    root_ = root;
    auto table = TableAccess::Create(fs, root, TextSchema());
    ASSERT_TRUE(table) << table.error().ToString();
    if (Seed() % 2 == 0) {
      ASSERT_TRUE(table->CreateKeyIndex("id"));
    }
    for (int i = 0; i < 2; i++)
      writers_.push_back(std::make_unique<Writer>(fs, root, Seed() * 2 + static_cast<uint64_t>(i), i));
    std::printf("SQUIRE_TEST_SEED=%llu\n", static_cast<unsigned long long>(Seed()));
  }

  /// The table as a stranger finds it, against all that was acknowledged. REQUIRES: nobody writes.
  void Check() {
    const auto table = TableAccess::Open(*fs_, root_);
    ASSERT_TRUE(table) << table.error().ToString();
    const VerifyReport report = table->Verify();
    EXPECT_TRUE(report.problems.empty()) << report.problems[0];
    Model expected = Replay(table->version());
    for (const auto& writer : writers_) expected.insert(writer->own().begin(), writer->own().end());
    EXPECT_EQ(Read(*table), expected);
    const auto stats = table->Stats();
    ASSERT_TRUE(stats);
    EXPECT_LE(stats->bytes_on_disk, 2 * stats->live_bytes + (64 << 20));
    EXPECT_LE(stats->fragments, 64u);
    EXPECT_FALSE(table->Health().red);
  }

  void Tell(int64_t operations) {
    int64_t conflicts = 0;
    for (const auto& writer : writers_) conflicts += writer->conflicts();
    std::printf("%lld operations, %lld conflicts, version %llu\n", static_cast<long long>(operations),
                static_cast<long long>(conflicts), static_cast<unsigned long long>(version_));
    EXPECT_LE(conflicts, operations / 100 + 1) << "a write that meets another is done again";
  }

  FileSystem* fs_ = nullptr;
  std::string root_;
  std::vector<std::unique_ptr<Writer>> writers_;

 private:
  Model Replay(uint64_t version) {
    std::vector<Written> all;
    for (const auto& writer : writers_)
      for (Written& written : writer->TakeWritten()) all.push_back(std::move(written));
    std::ranges::stable_sort(all, {}, [](const Written& w) { return std::pair(w.version, !w.is_delete); });
    for (const Written& written : all) {
      if (written.version <= version_) continue;  // found nothing to delete in a version that is long gone
      for (int number : written.numbers) {
        const std::string id = IdOf(kShared, number);
        if (written.is_delete)
          shared_.erase(id);
        else
          shared_[id] = written.text;
      }
    }
    version_ = version;
    return shared_;
  }

  Model shared_;
  uint64_t version_ = 0;  // that `shared_` is of
};

TEST_F(TwoWritersTest, ByTurns) {
  MemoryFileSystem fs({.names_follow_file_sync = true});
  Begin(fs, kRoot);
  std::mt19937_64 random(Seed());
  int64_t done = 0;
  while (done < Operations() - OperationsInThreads() && !HasFailure()) {
    for (int i = 0; i < kRound && !HasFailure(); i++, done++) writers_[random() % 2]->Step();
    SCOPED_TRACE("after " + std::to_string(done) + " operations");
    Check();
  }
  Tell(done);
  writers_.clear();
  EXPECT_EQ(fs.open_handles(), 0);
}

TEST_F(TwoWritersTest, AtTheSameTime) {
  const auto folder = std::filesystem::temp_directory_path() / ("squire_two_writers_" + std::to_string(::getpid()));
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  FileSystem& fs = UnsyncedFileSystem();
  Begin(fs, (folder / "t.lance").string());
  int64_t done = 0, upkeeps = 0;
  while (done < OperationsInThreads() && !HasFailure()) {
    std::atomic<int> writing = 2;
    std::vector<std::thread> threads;
    for (const auto& writer : writers_) {
      threads.emplace_back([&] {
        for (int i = 0; i < kRound / 2 && !HasFailure(); i++) writer->Step();
        writing--;
      });
    }
    threads.emplace_back([&] {
      auto table = TableAccess::Open(fs, root_);
      EXPECT_TRUE(table);
      for (; table && writing > 0; upkeeps++) {
        const auto kept = table->Optimize();
        EXPECT_TRUE(kept || kept.error().code == Code::kConflict) << kept.error().ToString();
        (void)table->Refresh();
      }
    });
    for (std::thread& thread : threads) thread.join();
    done += kRound;
    SCOPED_TRACE("after " + std::to_string(done) + " operations");
    Check();
  }
  std::printf("%lld runs of upkeep\n", static_cast<long long>(upkeeps));
  Tell(done);
  writers_.clear();
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace squire::testbed
