#include "upkeep/verify.h"

#include <algorithm>

#include "upkeep/check_fragment.h"
#include "upkeep/check_index.h"
#include "upkeep/inventory.h"

namespace squire::upkeep {
namespace {

constexpr size_t kOpenFilesMax = 8;
constexpr int kAttemptsMax = 3;  // a version may be pruned while it is read
constexpr size_t kProblemsMax = 1000;

class Verifier {
 public:
  Verifier(const table::Snapshot& snapshot, const VerifyOptions& options) : snapshot_(snapshot), options_(options) {}

  Result<void> Run(TableVerifyReport& report) {
    const auto indexes = static_cast<uint64_t>(snapshot_.indices().indices_size());
    const uint64_t total = snapshot_.num_fragments() + indexes;
    for (size_t i = 0; i < snapshot_.num_fragments(); i++) {
      Tell("fragments", i, total);
      table::Fragment& fragment = snapshot_.fragment(i);
      const FragmentCheck check = TRY(CheckFragment(snapshot_, fragment, options_.deep));
      for (std::string& sentence : check.Sentences(snapshot_, fragment)) report.problems.push_back(std::move(sentence));
      report.unchecked.insert(report.unchecked.end(), check.unchecked.begin(), check.unchecked.end());
      report.bytes_read += check.bytes_read;
      if (snapshot_.manifest().has_max_fragment_id() && fragment.id() > snapshot_.manifest().max_fragment_id())
        report.problems.push_back("fragment " + std::to_string(fragment.id()) + ": its id was never given out");
      report.fragments++;
      report.rows += static_cast<uint64_t>(fragment.live_rows());
    }
    for (uint64_t i = 0; i < indexes; i++) {
      Tell("indexes", snapshot_.num_fragments() + i, total);
      const IndexCheck check =
          TRY(CheckIndex(snapshot_, snapshot_.indices().indices(static_cast<int>(i)), options_.deep));
      if (check.damage) report.problems.push_back(*check.damage);
      report.unchecked.insert(report.unchecked.end(), check.unchecked.begin(), check.unchecked.end());
      report.bytes_read += check.bytes_read;
      report.indexes++;
    }
    return {};
  }

 private:
  void Tell(const char* stage, uint64_t done, uint64_t total) {
    if (options_.progress) options_.progress({stage, done, total});
  }

  const table::Snapshot& snapshot_;
  const VerifyOptions& options_;
};

void CheckVersions(const Inventory& inventory, TableVerifyReport& report) {
  for (const VersionEntry& entry : inventory.versions)
    if (entry.error)
      report.problems.push_back("version " + std::to_string(entry.version) + ": " + entry.error->ToString());
  if (const std::string sentence = TellIncomplete(inventory); !sentence.empty()) report.notes.push_back(sentence);
}

/// Beyond a thousand, problems are counted.
void Cut(std::vector<std::string>& sentences) {
  std::vector<std::string> kept;
  std::ranges::unique_copy(sentences, std::back_inserter(kept));
  sentences = std::move(kept);
  if (sentences.size() <= kProblemsMax) return;
  const size_t more = sentences.size() - kProblemsMax;
  sentences.resize(kProblemsMax);
  sentences.push_back(std::to_string(more) + " more");
}

}  // namespace

VerifyReport Verify(const table::Snapshot& snapshot) {
  TableVerifyReport report;
  VerifyOptions options;
  options.deep = true;
  const auto verified = Verifier(snapshot, options).Run(report);
  if (!verified) report.problems.push_back(verified.error().ToString());
  return {report.fragments, report.rows, report.bytes_read, std::move(report.problems)};
}

Result<TableVerifyReport> VerifyTable(FileSystem& fs, const std::string& root, const VerifyOptions& options) {
  for (int attempt = 1;; attempt++) {
    const Inventory inventory = TRY(TakeInventory(fs, root));
    TableVerifyReport report;
    report.path = root;
    report.deep = options.deep;
    report.versions = inventory.versions.size();
    report.version = inventory.newest_version;
    CheckVersions(inventory, report);
    if (!inventory.newest) return report;
    const auto files = std::make_shared<table::FileCache>(fs, kOpenFilesMax);
    const auto snapshot = table::Snapshot::Open(files, root, inventory.newest_version);
    if (snapshot)
      TRY(Verifier(**snapshot, options).Run(report));
    else if (IsDamage(snapshot.error()))
      report.problems.push_back("version " + std::to_string(report.version) + ": " + snapshot.error().ToString());
    else
      return snapshot.error();
    bool is_there = true;
    if (!report.problems.empty()) {  // what was pruned while it was read is no damage
      const auto there = table::FindManifest(fs, inventory.paths, inventory.newest_version);
      if (!there && there.error().code != Code::kNotFound) return there.error();
      is_there = there.has_value();
    }
    if (is_there || attempt == kAttemptsMax) {
      Cut(report.problems);
      Cut(report.unchecked);
      return report;
    }
  }
}

}  // namespace squire::upkeep
