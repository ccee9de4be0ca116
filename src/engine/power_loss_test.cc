// The power goes at every call of every operation. What was not synced is lost, all of it or some of it: the table is
// the version before or the one after, and one that was acknowledged stands.

#include <gtest/gtest.h>

#include "engine/table_impl.h"
#include "engine/testbed.h"
#include "io/faulty.h"

namespace squire::testbed {
namespace {

struct Expected {
  uint64_t version_before = 0, version_after = 0;
  std::multiset<std::string> before, after;
};

class PowerLossTest : public testing::TestWithParam<Disk> {
 protected:
  /// A disk on which all is durable that Prepare acknowledged, and nothing else is.
  static std::unique_ptr<MemoryFileSystem> Prepared(const MemoryOptions& options, Start start) {
    auto disk = std::make_unique<MemoryFileSystem>(options);
    Prepare(*disk, start);
    disk->PowerLoss();
    return disk;
  }

  static Expected Expect(const MemoryFileSystem& base, const Operation& operation) {
    const auto disk = base.Clone();
    const auto before = Observe(*disk);
    EXPECT_TRUE(operation.run(*disk));
    const auto after = Observe(*disk);
    EXPECT_TRUE(before && after) << operation.name;
    if (!before || !after) return {};
    return {before->version, after->version, before->rows, after->rows};
  }

  /// False when the power did not go before the operation was done.
  bool Run(const MemoryFileSystem& base, const Operation& operation, const Expected& expected, int64_t at,
           Unsynced unsynced, uint64_t seed) {
    const auto disk = base.Clone();
    FaultyFileSystem faulty(*disk);
    faulty.Arm({Fault::kPowerLoss, at, true, seed});
    const auto answer = operation.run(faulty);
    const auto injected = faulty.injected();
    disk->PowerLoss(unsynced, seed);
    losses_++;
    std::string where = std::string(operation.name) + ", at call " + std::to_string(at);
    if (!injected.empty()) where += std::string(", ") + FileCallName(injected[0].call) + " " + injected[0].path;
    SCOPED_TRACE(where);
    const auto state = Observe(*disk);
    EXPECT_TRUE(state) << "the table is damaged: " << state.error().ToString();
    if (!state) return !injected.empty();
    const bool is_before = state->version == expected.version_before && state->rows == expected.before;
    // Upkeep may add versions to that of the operation itself, or be kept from it.
    const bool is_new = state->version > expected.version_before || state->version == expected.version_after;
    const bool is_after = is_new && state->rows == expected.after;
    EXPECT_TRUE(is_before || is_after) << "version " << state->version << " of " << state->rows.size() << " rows";
    EXPECT_TRUE(is_after || !answer) << "an acknowledged commit is gone";
    CheckLife(*disk, operation, expected, *state);
    return !injected.empty();
  }

  /// The machine is up again, and the table is used as if nothing had been.
  static void CheckLife(FileSystem& disk, const Operation& operation, const Expected& expected, const State& state) {
    if (state.version != expected.version_before || state.rows != expected.before) return;
    const auto again = operation.run(disk);
    ASSERT_TRUE(again) << "a second try fails: " << again.error().ToString();
    EXPECT_EQ(Observe(disk)->rows, expected.after);
  }

  int64_t losses_ = 0;
};

TEST_P(PowerLossTest, AtEveryCallOfEveryOperation) {
  std::map<Start, std::unique_ptr<MemoryFileSystem>> disks;
  for (Start start : kStarts) disks[start] = Prepared(GetParam().options, start);
  for (const Operation& operation : Operations()) {
    const MemoryFileSystem& start = *disks.at(operation.start);
    const Expected expected = Expect(start, operation);
    bool struck = true;
    for (int64_t at = 1; struck; at++) {
      struck = Run(start, operation, expected, at, Unsynced::kLost, 0);
      for (int64_t i = Effort() > 1 ? 0 : at % 2; i < Effort(); i++)  // at the usual effort, every other call
        Run(start, operation, expected, at, Unsynced::kRandom, static_cast<uint64_t>(at * 1000 + i));
    }
  }
  std::printf("%zu operations, %lld losses of power\n", Operations().size(), static_cast<long long>(losses_));
  RecordProperty("losses", std::to_string(losses_));
}

INSTANTIATE_TEST_SUITE_P(Disks, PowerLossTest, testing::ValuesIn(Disks()),
                         [](const auto& param) { return param.param.name; });

}  // namespace
}  // namespace squire::testbed
