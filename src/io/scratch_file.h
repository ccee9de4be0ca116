#pragma once

/// A file that one process reads and writes at any place, for what can be made anew: it is never synced.
/// Belongs to one thread.

#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace squire {

class ScratchFile {
 public:
  /// Opens `path`, creating it empty if it is not there.
  static Result<ScratchFile> Open(const std::string& path);
  ScratchFile(ScratchFile&& other) noexcept;
  ScratchFile& operator=(ScratchFile&&) = delete;
  ~ScratchFile();

  [[nodiscard]] Result<uint64_t> Size() const;
  /// Reads up to out.size() bytes; fewer only at the end of the file. Returns how many.
  Result<size_t> ReadAt(uint64_t offset, MutableBytes out) const;
  Result<void> WriteAt(uint64_t offset, Bytes bytes);
  Result<void> Truncate(uint64_t size_bytes);

 private:
  ScratchFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

  int fd_;
  std::string path_;
};

}  // namespace squire
