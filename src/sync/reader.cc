#include "sync/reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>

#include "base/clock.h"
#include "base/parallel.h"

namespace squire::sync {
namespace {

// The kernel stamps files by a coarse clock: one written this shortly before it was read may be written again without
// its stamp changing. Such a stat proves nothing, so it is not kept, and the file is looked at once more.
constexpr int64_t kRacyNs = 50'000'000;

int64_t LastStamp(const corpus::FileEntry& entry) { return std::max(entry.mtime_ns, entry.ctime_ns); }

}  // namespace

Result<TreeReader> TreeReader::Open(const std::string& root, int threads, const TreeOptions& options) {
  const int fd = ::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return FromErrno(errno, "cannot open the tree", root);
  return TreeReader(fd, threads, options.file_bytes_max > 0 ? options.file_bytes_max : corpus::kFileBytesMax);
}

TreeReader::TreeReader(TreeReader&& other) noexcept
    : root_(std::exchange(other.root_, -1)), threads_(other.threads_), file_bytes_max_(other.file_bytes_max_) {}

TreeReader::~TreeReader() {
  if (root_ >= 0) ::close(root_);
}

corpus::Chunker TreeReader::Borrow() {
  const std::scoped_lock lock(mutex_);
  if (chunkers_.empty()) return {};
  corpus::Chunker chunker = std::move(chunkers_.back());
  chunkers_.pop_back();
  return chunker;
}

void TreeReader::Return(corpus::Chunker chunker) {
  const std::scoped_lock lock(mutex_);
  chunkers_.push_back(std::move(chunker));
}

Result<ReadFile> TreeReader::ReadOne(DirtyFile file, bool force) {
  ReadFile out;
  const int64_t now_ns = NowNs();
  out.text = TRY(corpus::ReadText(root_, file.entry.path, {file_bytes_max_, file.entry.asked}));
  out.from = std::move(file);
  if (out.text.skip != corpus::SkipReason::kNone) {
    if (corpus::IsFailure(out.text.skip)) out.error = corpus::SkipReasonName(out.text.skip);
    return out;
  }
  out.text.entry.asked = out.from.entry.asked;
  out.is_young = now_ns - LastStamp(out.text.entry) < kRacyNs;
  if (!force && !out.from.distrusted && out.from.known && out.from.old.hash == out.text.content_hash) {
    out.unchanged = true;
  } else {
    corpus::Chunker chunker = Borrow();
    auto chunked = chunker.Chunk(out.from.entry.path, out.text.text);
    Return(std::move(chunker));
    if (chunked)
      out.chunked = *std::move(chunked);
    else
      out.error = chunked.error().ToString();
  }
  out.text.text = {};
  return out;
}

Result<std::vector<FileState>> TreeReader::Settle(std::vector<FileState> files) {
  int64_t youngest_ns = 0;
  for (const FileState& file : files) youngest_ns = std::max(youngest_ns, LastStamp(file.entry));
  const int64_t wait_ns = std::clamp<int64_t>(youngest_ns + kRacyNs - NowNs(), 0, kRacyNs);
  std::this_thread::sleep_for(std::chrono::nanoseconds(wait_ns));
  std::vector<FileState> settled;
  for (FileState& file : files) {
    auto again = TRY(corpus::ReadText(root_, file.entry.path, {file_bytes_max_, file.entry.asked}));
    again.entry.asked = file.entry.asked;
    if (again.skip != corpus::SkipReason::kNone || again.content_hash != file.hash) continue;
    if (SameStat(again.entry, file.entry)) settled.push_back(std::move(file));
  }
  return settled;
}

Result<std::vector<ReadFile>> TreeReader::Read(std::span<DirtyFile> files, bool force) {
  std::vector<ReadFile> out(files.size());
  TRY(ParallelFor(files.size(), threads_, [&](size_t i) -> Result<void> {
    out[i] = TRY(ReadOne(std::move(files[i]), force));
    return {};
  }));
  return out;
}

}  // namespace squire::sync
