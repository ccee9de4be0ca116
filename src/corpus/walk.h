#pragma once

/// Walker: visits the folders of a tree that the rules let in, one folder at a time, with an explicit stack. Shared by
/// Scan (which stats the files) and Watcher (which wants the folders). THREADS: one owner.

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "corpus/os.h"
#include "corpus/rules.h"
#include "corpus/scan.h"

namespace squire::corpus {

/// A folder that is to be entered: where it is and what applies inside it once it is open.
struct FolderContext {
  std::string path;                       ///< Relative to the root; "" is the root.
  ScopePtr scope;                         ///< Of the folder above until Enter, then its own.
  SkipReason inside = SkipReason::kNone;  ///< See TreeRules::Decide.
  bool asked = false;                     ///< It was let in by name: markers of made folders do not apply.
  size_t depth = 0;
};

class Walker {
 public:
  /// REQUIRES: `rules` outlives the walker. Counts into `result`.
  Walker(const TreeRules& rules, const ScanOptions& options, Fd root, ScanResult& result)
      : rules_(rules), options_(options), root_(std::move(root)), result_(result) {}

  /// Called for each folder: `opened` before it is listed, so that a watch set there misses nothing; `entered` after
  /// its own rules are known, before its files. A folder that turns out to be a made one is opened but not entered.
  struct FolderVisitor {
    std::function<Result<void>(const FolderContext&)> opened;
    std::function<Result<void>(const FolderContext&)> entered;
  };

  /// Visits `start` and all below it; collects files unless `folders_only`.
  Result<void> Walk(FolderContext start, bool folders_only, const FolderVisitor& visit);

  /// The root as a place to start from.
  [[nodiscard]] FolderContext RootContext() const { return {"", rules_.outer_scope(), SkipReason::kNone, true, 0}; }

  /// Handles the one entry `path`, whatever it is now: enters a folder, takes a file, ignores what is gone.
  Result<void> WalkPath(const std::string& path);

 private:
  struct Entry {
    uint32_t name_at;
    uint8_t type;  // DT_*
  };
  struct Listing {
    std::string names;  // each ends in NUL
    std::vector<Entry> entries;
    bool git_ignore = false, squire_ignore = false, cache_tag = false, virtual_env = false;
  };
  struct Known {
    bool open = false;
    FolderContext context;
  };

  Result<void> VisitFolder(FolderContext folder, bool folders_only, const FolderVisitor& visit);
  void VisitEntry(const FolderContext& folder, int fd, const char* name, uint8_t type, bool folders_only);
  void TakeFile(const Decision& decision, int fd, const char* name, const std::string& path);
  void PushFolder(const FolderContext& parent, const std::string& path);
  Result<const Known*> EnterAncestor(const std::string& folder);
  Result<Known> EnterChild(const Known& parent, const std::string& folder);
  void Count(SkipReason reason, const std::string& path, bool is_folder, const Decision* decision = nullptr,
             int os_errno = 0);

  const TreeRules& rules_;
  const ScanOptions& options_;
  Fd root_;
  ScanResult& result_;
  std::vector<FolderContext> pending_;
  std::map<std::string, Known> ancestors_;  // folders on the way to single paths
  Listing listing_;
  std::string path_;
};

}  // namespace squire::corpus
