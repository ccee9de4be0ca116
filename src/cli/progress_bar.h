#pragma once

/// Where an index run stands, on stderr: one line redrawn in place on a terminal, now and then a line of its own with
/// --progress plain, nothing otherwise. Any thread may call it.

#include <mutex>
#include <string>

#include "cli/output.h"
#include "sync/index.h"

namespace squire::cli {

/// "embedding 120 of 3,012 files, 812 chunks, 640 of 2,000 vectors", without colour.
std::string ProgressText(const sync::Progress& progress);

class ProgressBar {
 public:
  /// Draws on descriptor 2 as `mode` asks; auto draws only on a terminal that can be redrawn.
  ProgressBar(ProgressMode mode, bool quiet);
  ~ProgressBar() { Clear(); }

  void Show(const sync::Progress& progress);
  /// Takes the line away, so that something else may be written.
  void Clear();

 private:
  enum class Kind { kNone, kBar, kPlain };

  std::mutex mutex_;
  Kind kind_ = Kind::kNone;
  bool drawn_ = false;
  double shown_s_ = 0;
  sync::Progress::Phase phase_ = sync::Progress::Phase::kScanning;
  unsigned phases_told_ = 0;
};

}  // namespace squire::cli
