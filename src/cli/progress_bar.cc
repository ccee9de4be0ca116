#include "cli/progress_bar.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/clock.h"
#include "cli/quantity.h"

namespace squire::cli {
namespace {

using Phase = sync::Progress::Phase;

constexpr double kBarSeconds = 0.1, kPlainSeconds = 5;
constexpr size_t kBarCells = 24;

const char* PhaseText(Phase phase) {
  switch (phase) {
    case Phase::kScanning: return "scanning";
    case Phase::kReading: return "reading";
    case Phase::kEmbedding: return "embedding";
    case Phase::kCommitting: return "committing";
    case Phase::kIndexing: return "making indexes";
  }
  return "";
}

size_t Columns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void Say(const std::string& text) { (void)!write(STDERR_FILENO, text.data(), text.size()); }

}  // namespace

std::string ProgressText(const sync::Progress& progress) {
  std::string text = PhaseText(progress.phase);
  if (progress.files_total > 0)
    text += fmt::format(" {} of {}", Counted(progress.files_done), Counted(progress.files_total, "file"));
  if (progress.chunks > 0) text += fmt::format(", {}", Counted(progress.chunks, "chunk"));
  if (progress.embedded > 0) text += fmt::format(", {} embedded", Counted(progress.embedded));
  if (progress.reused > 0) text += fmt::format(", {} reused", Counted(progress.reused));
  return text;
}

ProgressBar::ProgressBar(ProgressMode mode, bool quiet) {
  const char* terminal = std::getenv("TERM");
  const bool redraws = isatty(STDERR_FILENO) == 1 && terminal != nullptr && std::string_view(terminal) != "dumb";
  if (quiet || mode == ProgressMode::kNone) return;
  if (mode == ProgressMode::kPlain)
    kind_ = Kind::kPlain;
  else if (redraws)
    kind_ = Kind::kBar;
}

void ProgressBar::Show(const sync::Progress& progress) {
  const std::lock_guard lock(mutex_);
  if (kind_ == Kind::kNone) return;
  const double now_s = MonotonicSeconds();
  const unsigned phase = 1u << static_cast<unsigned>(progress.phase);
  // The phases alternate, group by group: the bar shows each change, lines only the first of each.
  const bool new_phase = kind_ == Kind::kBar ? progress.phase != phase_ : (phases_told_ & phase) == 0;
  if (!new_phase && now_s - shown_s_ < (kind_ == Kind::kBar ? kBarSeconds : kPlainSeconds)) return;
  shown_s_ = now_s;
  phase_ = progress.phase;
  phases_told_ |= phase;
  std::string line = ProgressText(progress);
  if (kind_ == Kind::kPlain) return Say(line + "\n");
  if (progress.files_total > 0) {
    const size_t full = kBarCells * std::min(progress.files_done, progress.files_total) / progress.files_total;
    line = fmt::format("[{}{}] {}", std::string(full, '='), std::string(kBarCells - full, ' '), line);
  }
  Say("\r\x1b[K" + line.substr(0, Columns() - 1));
  drawn_ = true;
}

void ProgressBar::Clear() {
  const std::lock_guard lock(mutex_);
  if (drawn_) Say("\r\x1b[K");
  drawn_ = false;
}

}  // namespace squire::cli
