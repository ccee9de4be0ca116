#pragma once

/// Reads and cuts files, several at once. Belongs to one thread; its helpers live only for a call.

#include <mutex>
#include <string>
#include <vector>

#include "corpus/chunk.h"
#include "corpus/read.h"
#include "sync/plan.h"

namespace squire::sync {

/// A file as it was read. Either chunks are there, or `unchanged`, or a reason why not.
struct ReadFile {
  DirtyFile from;
  corpus::FileText text;  ///< its text is dropped once cut
  corpus::ChunkedFile chunked;
  std::string error;       ///< not empty: why it failed
  bool unchanged = false;  ///< same bytes as in the index: only the stat differs
  bool is_young = false;   ///< written so shortly before it was read that its stamp proves nothing
};

class TreeReader {
 public:
  /// Reads below `root`. ERRORS: NotFound, Io when the folder cannot be opened.
  static Result<TreeReader> Open(const std::string& root, int threads, const TreeOptions& options);
  TreeReader(TreeReader&& other) noexcept;
  ~TreeReader();

  /// Reads and cuts `files`, in their order. With `force` a file with the bytes that the index has is cut all the same.
  /// ERRORS: TooManyFiles, Io where the process itself is short of something.
  Result<std::vector<ReadFile>> Read(std::span<DirtyFile> files, bool force);

  /// Those of `files` that, some time after they were written, still have the bytes and the stamp that they were read
  /// with. Waits for that time: a few clock ticks.
  Result<std::vector<FileState>> Settle(std::vector<FileState> files);

 private:
  TreeReader(int root, int threads, uint64_t file_bytes_max)
      : root_(root), threads_(threads), file_bytes_max_(file_bytes_max) {}
  Result<ReadFile> ReadOne(DirtyFile file, bool force);
  corpus::Chunker Borrow();
  void Return(corpus::Chunker chunker);

  int root_;
  int threads_;
  uint64_t file_bytes_max_;
  std::mutex mutex_;
  std::vector<corpus::Chunker> chunkers_;
};

}  // namespace squire::sync
