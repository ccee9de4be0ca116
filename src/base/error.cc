#include "squire/error.h"

#include <cerrno>
#include <cstring>
#include <utility>

namespace squire {

std::string_view CodeName(Code code) {
  switch (code) {
    case Code::kNotFound: return "NotFound";
    case Code::kAlreadyExists: return "AlreadyExists";
    case Code::kInvalidArgument: return "InvalidArgument";
    case Code::kCorruption: return "Corruption";
    case Code::kUnsupported: return "Unsupported";
    case Code::kConflict: return "Conflict";
    case Code::kCommitUnknown: return "CommitUnknown";
    case Code::kNoSpace: return "NoSpace";
    case Code::kTooManyFiles: return "TooManyFiles";
    case Code::kOverBudget: return "OverBudget";
    case Code::kIo: return "Io";
    case Code::kCancelled: return "Cancelled";
    case Code::kInternal: return "Internal";
  }
  return "Internal";
}

std::string Error::ToString() const {
  std::string out(CodeName(code));
  out += ": " + message;
  if (!path.empty()) out += " (" + path + ")";
  if (os_errno != 0) out += std::string(": ") + std::strerror(os_errno);
  return out;
}

namespace {
Error Make(Code code, std::string message, std::string path = {}, bool retryable = false) {
  return Error{code, std::move(message), std::move(path), 0, retryable};
}
}  // namespace

Error NotFound(std::string message, std::string path) {
  return Make(Code::kNotFound, std::move(message), std::move(path));
}
Error AlreadyExists(std::string message, std::string path) {
  return Make(Code::kAlreadyExists, std::move(message), std::move(path));
}
Error InvalidArgument(std::string message) { return Make(Code::kInvalidArgument, std::move(message)); }
Error Corruption(std::string message, std::string path) {
  return Make(Code::kCorruption, std::move(message), std::move(path));
}
Error Unsupported(std::string message, std::string path) {
  return Make(Code::kUnsupported, std::move(message), std::move(path));
}
Error Conflict(std::string message) { return Make(Code::kConflict, std::move(message), {}, true); }
Error OverBudget(std::string message) { return Make(Code::kOverBudget, std::move(message)); }
Error Cancelled(std::string message) { return Make(Code::kCancelled, std::move(message)); }
Error Internal(std::string message) { return Make(Code::kInternal, std::move(message)); }

Error FromErrno(int os_errno, std::string message, std::string path) {
  Code code = Code::kIo;
  bool retryable = true;
  switch (os_errno) {
    case ENOENT:
    case ENOTDIR: code = Code::kNotFound, retryable = false; break;
    case EEXIST: code = Code::kAlreadyExists, retryable = false; break;
    case ENOSPC:
    case EDQUOT: code = Code::kNoSpace; break;
    case EMFILE:
    case ENFILE: code = Code::kTooManyFiles; break;
    case EACCES:
    case EPERM:
    case EROFS: retryable = false; break;
    case EINVAL:
    case ENAMETOOLONG: code = Code::kInvalidArgument, retryable = false; break;
    default: break;
  }
  return Error{code, std::move(message), std::move(path), os_errno, retryable};
}

}  // namespace squire
