// Every operation over a file system that fails at the first call, the second, the third ... until the operation has no
// such call left: by each kind of fault, once or from there on. Whatever is hit, the table is the version before or the
// one after, an answer is right or an error, no handle stays open, and the same operation works when the disk does.

#include "io/faulty.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/table_impl.h"
#include "engine/testbed.h"
#include "lance/manifest.h"
#include "upkeep/prune.h"

namespace squire::testbed {
namespace {

/// What the table is before an operation and after it.
struct Expected {
  uint64_t version_before = 0, version_after = 0;  // 0: no table
  std::multiset<std::string> before, after;
  std::string answer;
};

/// Faults that an operation may pass over in silence, each for a reason; no others.
bool MayBeIgnored(const InjectedFault& fault) {
  const std::string folder = std::string(kRoot) + "/_versions/", tags = std::string(kRoot) + "/_refs/tags/";
  // What is kept there serves upkeep: a table is written and read without it.
  if (fault.path.starts_with(std::string(kRoot) + "/_squire")) return true;
  const bool is_temporary = fault.path.starts_with(folder + ".tmp_");
  const bool is_tags = fault.path.starts_with(tags + ".tmp_");
  // Without its pin a version is read all the same, without its lease a table is written: the handle tells the one, and
  // leftovers of the other wait as long as a stranger's.
  const std::string own = std::string(kRoot) + "/_squire";
  if (fault.path == own || fault.path == own + "/pins" || fault.path.starts_with(own + "/writers")) return true;
  switch (fault.call) {
    // The version's temporary name, removed once the version has its own: it stays, and prune takes it. The hint's
    // file: readers list the folder when the hint is old.
    case FileCall::kDrop:
    case FileCall::kClose: return is_temporary || is_tags;
    case FileCall::kCreate:
    case FileCall::kWrite: return is_temporary;
    // An index only says where to look: without it keys are found by reading their column. And by the oldest version a
    // new handle tells when upkeep looked last: if it cannot, it looks now.
    case FileCall::kOpenRead:
    case FileCall::kRead:
      return fault.path.starts_with(std::string(kRoot) + "/_indices/") || fault.path == folder + lance::ManifestName(1);
    case FileCall::kRename:
    case FileCall::kOpenInPlace:
    case FileCall::kWriteInPlace: return fault.path == folder + "latest_version_hint.json";
    // Upkeep looks how many versions there are, after the commit; whoever opens the table with such a fault fails.
    case FileCall::kList: return fault.path + "/" == folder;
    case FileCall::kFreeBytes: return true;
    default: return false;
  }
}

struct Counts {
  int64_t runs = 0, faults = 0, errors = 0, passed_over = 0, unknown = 0, leftovers = 0, leftovers_max = 0;
};

class FaultTest : public testing::TestWithParam<Fault> {
 protected:
  static Expected Expect(const MemoryFileSystem& base, const Operation& operation) {
    Expected out;
    const auto disk = base.Clone();
    const auto before = Observe(*disk);
    const auto answer = operation.run(*disk);
    const auto after = Observe(*disk);
    EXPECT_TRUE(before && answer && after) << operation.name;
    if (!before || !answer || !after) return out;
    return {before->version, after->version, before->rows, after->rows, *answer};
  }

  /// Runs `operation` with `plan`. False when no fault was left to strike.
  bool Run(const MemoryFileSystem& base, const Operation& operation, const Expected& expected, const FaultPlan& plan) {
    const auto disk = base.Clone();
    FaultyFileSystem faulty(*disk);
    faulty.Arm(plan);
    const auto answer = operation.run(faulty);
    const auto injected = faulty.injected();
    counts_.runs++;
    counts_.faults += std::ssize(injected);
    std::string where = std::string(operation.name) + ", " + FaultName(plan.fault) +
                        (plan.persistent ? " from call " : " at call ") + std::to_string(plan.at);
    if (!injected.empty()) where += std::string(", ") + FileCallName(injected[0].call) + " " + injected[0].path;
    if (!answer) where += ": " + answer.error().ToString();
    SCOPED_TRACE(where);
    EXPECT_EQ(disk->open_handles(), 0);
    EXPECT_EQ(faulty.repeated_syncs(), 0) << "a sync that failed is final";
    if (answer) {
      EXPECT_EQ(*answer, expected.answer);
      const bool is_full = plan.fault == Fault::kNoSpace || plan.fault == Fault::kShortWrite;
      for (const InjectedFault& fault : injected)
        EXPECT_TRUE(operation.does_upkeep || (operation.is_delete && is_full) || MayBeIgnored(fault))
            << "passed over: " << FileCallName(fault.call) << " " << fault.path;
      if (!injected.empty()) counts_.passed_over++;
    } else {
      counts_.errors++;
      EXPECT_NE(answer.error().code, Code::kInternal);
      EXPECT_FALSE(injected.empty());
    }
    CheckState(*disk, operation, expected, answer);
    CheckRetry(*disk, operation, expected);
    return !injected.empty();
  }

  /// Upkeep that makes room for the next write adds versions, though the operation failed.
  static bool IsBefore(const State& state, const Operation& operation, const Expected& expected) {
    const bool is_version =
        operation.does_upkeep ? state.version >= expected.version_before : state.version == expected.version_before;
    return is_version && state.rows == expected.before;
  }

  void CheckState(FileSystem& disk, const Operation& operation, const Expected& expected,
                  const Result<std::string>& answer) {
    const auto state = Observe(disk);
    ASSERT_TRUE(state) << "the table is damaged: " << state.error().ToString();
    const bool is_before = IsBefore(*state, operation, expected);
    // Upkeep may add versions to that of the operation itself, or be kept from it.
    const bool is_new = state->version > expected.version_before || state->version == expected.version_after;
    const bool is_after = is_new && state->rows == expected.after;
    EXPECT_TRUE(is_before || is_after) << "version " << state->version << " of " << state->rows.size() << " rows";
    if (answer) {
      EXPECT_TRUE(is_after);
    } else if (answer.error().code == Code::kCommitUnknown) {
      counts_.unknown++;
    } else {
      EXPECT_TRUE(is_before || operation.does_upkeep)
          << "an error other than CommitUnknown says that nothing was changed";
    }
    const int64_t leftovers = std::ssize(Unreferenced(disk, kRoot));
    counts_.leftovers += leftovers;
    counts_.leftovers_max = std::max(counts_.leftovers_max, leftovers);
  }

  /// The disk works again: so does the operation, and what was left lying about can be cleared away.
  void CheckRetry(FileSystem& disk, const Operation& operation, const Expected& expected) {
    const auto state = Observe(disk);
    if (!state) return;
    if (IsBefore(*state, operation, expected)) {
      const auto again = operation.run(disk);
      ASSERT_TRUE(again) << "a second try fails: " << again.error().ToString();
      EXPECT_EQ(Observe(disk)->rows, expected.after);
    }
    ASSERT_TRUE(upkeep::Prune(disk, kRoot, {.keep_versions = 100, .orphan_age_ns = 0}));
    EXPECT_TRUE(Unreferenced(disk, kRoot).empty());
    EXPECT_EQ(Observe(disk)->rows, expected.after);
  }

  void Loop(const Disk& kind, Fault fault, bool persistent, uint64_t seed) {
    std::map<Start, std::unique_ptr<MemoryFileSystem>> disks;
    for (Start start : kStarts) {
      disks[start] = std::make_unique<MemoryFileSystem>(kind.options);
      Prepare(*disks[start], start);
    }
    for (const Operation& operation : Operations()) {
      const MemoryFileSystem& start = *disks.at(operation.start);
      const Expected expected = Expect(start, operation);
      int64_t at = 1;
      while (Run(start, operation, expected, {fault, at, persistent, seed + static_cast<uint64_t>(at)})) at++;
      ASSERT_LT(at, 5000);
    }
  }

  void Tell() {
    const auto tell = [](const char* name, int64_t count) {
      RecordProperty(name, std::to_string(count));
      std::printf("%lld %s\n", static_cast<long long>(count), name);
    };
    tell("operations", std::ssize(Operations()));
    tell("runs", counts_.runs);
    tell("faults", counts_.faults);
    tell("errors", counts_.errors);
    tell("commits_unknown", counts_.unknown);
    tell("passed_over", counts_.passed_over);
    tell("files_left", counts_.leftovers);
    tell("files_left_by_one_at_most", counts_.leftovers_max);
  }

  Counts counts_;
};

/// At the usual effort each fault meets two kinds of disk, one a mode; with more effort, all in both.
TEST_P(FaultTest, EveryCallOfEveryOperation) {
  const auto disks = Disks();
  auto turn = static_cast<size_t>(GetParam());
  for (int effort = 0; effort < Effort(); effort++) {
    for (bool persistent : {false, true}) {
      const size_t of_all = Effort() > 1 ? disks.size() : 1;
      for (size_t i = 0; i < of_all; i++) {
        const Disk& kind = disks[turn++ % disks.size()];
        SCOPED_TRACE(kind.name);
        Loop(kind, GetParam(), persistent, static_cast<uint64_t>(effort) * 1000);
      }
    }
  }
  Tell();
}

INSTANTIATE_TEST_SUITE_P(Faults, FaultTest, testing::ValuesIn(kAllFaults),
                         [](const auto& param) { return FaultName(param.param); });

}  // namespace
}  // namespace squire::testbed
