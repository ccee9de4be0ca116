#pragma once

/// What went wrong, as a value. Every failure that a caller can meet is one of these; the library never
/// throws across its edge, never prints and never aborts on bad input.

#include <string>
#include <string_view>

namespace squire {

enum class Code {
  kNotFound,         ///< The named table, version, file or column does not exist.
  kAlreadyExists,    ///< It was to be created and is there already.
  kInvalidArgument,  ///< The call or its input is wrong; calling again as is will fail again.
  kCorruption,       ///< Stored bytes break their format; `path` and the sentence tell where.
  kUnsupported,      ///< Valid, but by a feature that this build refuses; the sentence names it.
  kConflict,         ///< Another writer changed the same rows; read again and redo.
  kCommitUnknown,    ///< The commit may or may not have happened; reopening the table tells.
  kNoSpace,          ///< The disk or quota is full; nothing was changed.
  kTooManyFiles,     ///< The process is out of descriptors.
  kOverBudget,       ///< A limit set by the caller (memory, bytes, versions) would be passed.
  kIo,               ///< The file system or the network failed.
  kCancelled,        ///< The caller asked to stop.
  kInternal,         ///< A bug in this library.
};

/// The code's name as printed to people and in JSON, e.g. "NoSpace".
std::string_view CodeName(Code code);

struct [[nodiscard]] Error {
  Code code = Code::kInternal;
  std::string message;     ///< One sentence: what happened, the limit or place, and the way out where there is one.
  std::string path;        ///< The file concerned, or empty.
  int os_errno = 0;        ///< errno of the failed call, or 0.
  bool retryable = false;  ///< The same call may succeed later (full disk, descriptors, network, a conflict).

  /// "NoSpace: cannot write page (data/x.lance): No space left on device"
  [[nodiscard]] std::string ToString() const;
};

Error NotFound(std::string message, std::string path = {});
Error AlreadyExists(std::string message, std::string path = {});
Error InvalidArgument(std::string message);
Error Corruption(std::string message, std::string path = {});
Error Unsupported(std::string message, std::string path = {});
Error Conflict(std::string message);
Error OverBudget(std::string message);
Error Cancelled(std::string message);
Error Internal(std::string message);

/// An Error from errno `os_errno` of a call on `path`; the code follows from the errno.
Error FromErrno(int os_errno, std::string message, std::string path = {});

}  // namespace squire
