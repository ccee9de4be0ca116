#pragma once

/// Reading one file of the tree for indexing: its text as UTF-8, the hash of its bytes, and the stat that belongs to
/// exactly these bytes; or the reason why it is not to be indexed. THREADS: free functions without state.

#include <cstdint>
#include <string>
#include <string_view>

#include "corpus/scan.h"
#include "corpus/skip.h"
#include "squire/result.h"

namespace squire::corpus {

struct ReadOptions {
  uint64_t file_bytes_max = kFileBytesMax;
  bool asked = false;  ///< FileEntry::asked: only size beyond kAskedFileBytesMax and not being text keep it out.
};

/// Exactly one of two: `skip` is kNone and the rest is filled, or `skip` says why not.
struct FileText {
  SkipReason skip = SkipReason::kNone;
  std::string text;          ///< Valid UTF-8 without byte order mark or NUL; line ends as they were.
  std::string content_hash;  ///< XXH3-128 of the file's raw bytes, 32 hex digits.
  FileEntry entry;           ///< By fstat of the descriptor that was read; unchanged from before the read to after it.
  uint64_t repaired_bytes = 0;  ///< Bytes that were not valid and became U+FFFD.
};

/// Reads `path` below the folder open as `root`. A file that changes under the read is read anew, three times at most.
/// Everything that is wrong with the file itself is a `skip`.
/// ERRORS: TooManyFiles or Io where the process itself is out of descriptors or memory: try again, do not drop the
/// file.
Result<FileText> ReadText(int root, const std::string& path, const ReadOptions& options);

/// The pure part: decides whether `bytes` of a file called `path` are text, and makes it UTF-8. Fills `skip`, `text`
/// and `repaired_bytes`.
FileText DecodeText(std::string bytes, std::string_view path, bool asked);

/// XXH3-128 of `bytes` as 32 lower-case hex digits.
std::string ContentHash(std::string_view bytes);

}  // namespace squire::corpus
