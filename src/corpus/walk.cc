#include "corpus/walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "base/try.h"
#include "corpus/defaults.h"
#include "corpus/utf8.h"

namespace squire::corpus {
namespace {

using Folder = std::unique_ptr<DIR, decltype([](DIR* d) { ::closedir(d); })>;

constexpr const char* kVirtualEnvMarker = "pyvenv.cfg";
constexpr const char* kCacheTag = "CACHEDIR.TAG";
constexpr std::string_view kCacheTagSignature = "Signature: 8a477f597d28d172789f06886806bc55";

/// Whether the folder's own CACHEDIR.TAG says that it is a cache (https://bford.info/cachedir/).
bool HasCacheTag(int fd) {
  const auto text = ReadSmallFile(fd, kCacheTag, kCacheTagSignature.size(), false);
  return text && *text == kCacheTagSignature;
}

SkipReason ReasonOf(int os_errno) {
  switch (os_errno) {
    case ENOENT: return SkipReason::kVanished;
    case ENOTDIR:  // it was a folder when listed
    case ELOOP:
    case EXDEV: return SkipReason::kSymlink;
    case ENAMETOOLONG: return SkipReason::kTooDeep;
    default: return SkipReason::kUnreadable;
  }
}

uint8_t TypeOf(const struct stat& st) {
  if (S_ISREG(st.st_mode)) return DT_REG;
  if (S_ISDIR(st.st_mode)) return DT_DIR;
  return S_ISLNK(st.st_mode) ? DT_LNK : DT_UNKNOWN;
}

const char* OrDot(const std::string& path) { return path.empty() ? "." : path.c_str(); }

bool IsPlainRelative(const std::string& path) {
  if (path.empty() || path.size() > kPathBytesMax || path.find('\0') != std::string::npos) return false;
  for (size_t from = 0;;) {
    const size_t slash = std::min(path.find('/', from), path.size());
    const std::string_view segment = std::string_view(path).substr(from, slash - from);
    if (segment.empty() || segment == "." || segment == "..") return false;
    if (slash == path.size()) return true;
    from = slash + 1;
  }
}

}  // namespace

void Walker::Count(SkipReason reason, const std::string& path, bool is_folder, const Decision* decision, int os_errno) {
  ++result_.skipped[static_cast<size_t>(reason)];
  if (!options_.explain) return;
  std::string rule;
  if (decision != nullptr && decision->rule != nullptr) rule = decision->rule->Describe(decision->rule_line);
  if (os_errno != 0) rule = std::strerror(os_errno);
  result_.explained.push_back({path, is_folder, reason, std::move(rule)});
}

Result<void> Walker::Walk(FolderContext start, bool folders_only, const FolderVisitor& visit) {
  pending_.clear();
  pending_.push_back(std::move(start));
  while (!pending_.empty()) {
    FolderContext folder = std::move(pending_.back());
    pending_.pop_back();
    TRY(VisitFolder(std::move(folder), folders_only, visit));
  }
  return {};
}

Result<void> Walker::VisitFolder(FolderContext folder, bool folders_only, const FolderVisitor& visit) {
  Fd fd = OpenBeneath(root_.get(), OrDot(folder.path), O_RDONLY | O_DIRECTORY | O_NONBLOCK);
  if (!fd.valid()) {
    if (IsOurTrouble(errno) || folder.path.empty()) return FromErrno(errno, "cannot open a folder", folder.path);
    Count(ReasonOf(errno), folder.path, true, nullptr, errno);
    return {};
  }
  Folder dir(::fdopendir(fd.get()));
  if (!dir) return FromErrno(errno, "cannot list a folder", folder.path);
  const int at = fd.Release();
  if (visit.opened) TRY(visit.opened(folder));
  listing_ = {std::move(listing_.names), std::move(listing_.entries)};  // the buffers stay, the flags go
  listing_.names.clear();
  listing_.entries.clear();
  errno = 0;
  while (const dirent* entry = ::readdir(dir.get())) {
    const char* name = entry->d_name;
    if (name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0))) continue;
    listing_.git_ignore |= name == kGitIgnoreName;
    listing_.squire_ignore |= name == kSquireIgnoreName;
    listing_.cache_tag |= std::strcmp(name, kCacheTag) == 0;
    listing_.virtual_env |= std::strcmp(name, kVirtualEnvMarker) == 0;
    listing_.entries.push_back({static_cast<uint32_t>(listing_.names.size()), entry->d_type});
    listing_.names.append(name, std::strlen(name) + 1);
    errno = 0;
  }
  if (errno != 0) Count(SkipReason::kUnreadable, folder.path, true, nullptr, errno);  // what was listed is still taken
  const bool marked = listing_.virtual_env || (listing_.cache_tag && HasCacheTag(at));
  if (marked && !folder.asked && folder.inside == SkipReason::kNone && options_.rules.default_skips) {
    Count(SkipReason::kBuildOutput, folder.path, true);
    return {};
  }
  folder.scope = rules_.Enter(folder.scope, at, folder.path, listing_.git_ignore, listing_.squire_ignore);
  ++result_.folders;
  if (visit.entered) TRY(visit.entered(folder));
  for (const Entry& entry : listing_.entries) {
    VisitEntry(folder, at, listing_.names.data() + entry.name_at, entry.type, folders_only);
  }
  return {};
}

void Walker::VisitEntry(const FolderContext& folder, int fd, const char* name, uint8_t type, bool folders_only) {
  path_.assign(folder.path);
  if (!path_.empty()) path_ += '/';
  const size_t name_at = path_.size();
  path_ += name;
  struct stat st;
  if (type != DT_REG && type != DT_DIR && type != DT_LNK) {  // some file systems do not tell
    if (::fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0) return Count(ReasonOf(errno), path_, false, nullptr, errno);
    type = TypeOf(st);
  }
  if (folders_only && type != DT_DIR) return;
  if (!IsPlainName(std::string_view(path_).substr(name_at))) {
    return Count(SkipReason::kBadName, SanitizedName(path_), type == DT_DIR);
  }
  if (type == DT_DIR) return PushFolder(folder, path_);
  if (type == DT_UNKNOWN) return Count(SkipReason::kSpecial, path_, false);
  const Decision decision = rules_.Decide(folder.scope, path_, false, folder.inside);
  if (!decision.in()) return Count(decision.reason, path_, false, &decision);
  if (type == DT_LNK) return Count(SkipReason::kSymlink, path_, false);
  TakeFile(decision, fd, name, path_);
}

void Walker::PushFolder(const FolderContext& parent, const std::string& path) {
  const Decision decision = rules_.Decide(parent.scope, path, true, parent.inside);
  if (!decision.in()) Count(decision.reason, path, true, &decision);
  if (!decision.in() && !decision.only_asked) return;
  if (parent.depth + 1 > kFolderDepthMax || path.size() > kPathBytesMax) {
    return Count(SkipReason::kTooDeep, path, true);
  }
  pending_.push_back({path, parent.scope, decision.reason, decision.asked, parent.depth + 1});
}

void Walker::TakeFile(const Decision& decision, int fd, const char* name, const std::string& path) {
  struct stat st;
  if (::fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0) return Count(ReasonOf(errno), path, false, nullptr, errno);
  if (!S_ISREG(st.st_mode)) return Count(SkipReason::kVanished, path, false);
  const auto size = static_cast<uint64_t>(st.st_size);
  const uint64_t limit =
      decision.asked ? std::max(kAskedFileBytesMax, options_.file_bytes_max) : options_.file_bytes_max;
  if (size > limit) return Count(SkipReason::kTooLarge, path, false);
  if (!decision.asked && options_.rules.default_skips && size > kDataFileBytesMax && IsDataName(name)) {
    return Count(SkipReason::kData, path, false);
  }
  result_.files.push_back(
      {path, size, ModifiedNs(st), ChangedNs(st), static_cast<uint64_t>(st.st_ino), decision.asked});
}

Result<Walker::Known> Walker::EnterChild(const Known& parent, const std::string& folder) {
  Known known;
  Decision decision;
  if (!folder.empty()) {
    if (!IsPlainName(std::string_view(folder).substr(folder.rfind('/') + 1))) return known;
    decision = rules_.Decide(parent.context.scope, folder, true, parent.context.inside);
    if (!decision.in() && !decision.only_asked) return known;
    if (parent.context.depth + 1 > kFolderDepthMax) return known;
  }
  Fd fd = OpenBeneath(root_.get(), OrDot(folder), O_RDONLY | O_DIRECTORY | O_NONBLOCK);
  if (!fd.valid()) {
    if (IsOurTrouble(errno)) return FromErrno(errno, "cannot open a folder", folder);
    return known;
  }
  struct stat st;
  const bool marked = ::fstatat(fd.get(), kVirtualEnvMarker, &st, AT_SYMLINK_NOFOLLOW) == 0 || HasCacheTag(fd.get());
  if (marked && !folder.empty() && !decision.asked && decision.in() && options_.rules.default_skips) return known;
  known.open = true;
  known.context = folder.empty() ? RootContext()
                                 : FolderContext{folder, parent.context.scope, decision.reason, decision.asked,
                                                 parent.context.depth + 1};
  known.context.scope = rules_.Enter(known.context.scope, fd.get(), folder, true, true);
  return known;
}

Result<const Walker::Known*> Walker::EnterAncestor(const std::string& folder) {
  const Known* parent = nullptr;
  for (size_t end = 0;;) {
    const std::string prefix = folder.substr(0, end);
    auto found = ancestors_.find(prefix);
    if (found == ancestors_.end()) {
      Known known = TRY(EnterChild(parent ? *parent : Known{}, prefix));
      found = ancestors_.emplace(prefix, std::move(known)).first;
    }
    parent = &found->second;
    if (!parent->open || end == folder.size()) return parent;
    end = std::min(folder.find('/', end + 1), folder.size());
  }
}

Result<void> Walker::WalkPath(const std::string& path) {
  if (!IsPlainRelative(path)) return {};
  const size_t slash = path.rfind('/');
  const Known* parent = TRY(EnterAncestor(slash == std::string::npos ? "" : path.substr(0, slash)));
  if (!parent->open) return {};
  struct stat st;
  // The path is resolved again from the root; a folder above that is exchanged for a link meanwhile can at worst let us
  // stat, never read, a file outside the tree.
  if (::fstatat(root_.get(), path.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) return {};
  const std::string name = path.substr(slash == std::string::npos ? 0 : slash + 1);
  if (!IsPlainName(name)) return {};
  if (S_ISDIR(st.st_mode)) {
    pending_.clear();
    PushFolder(parent->context, path);
    if (pending_.empty()) return {};
    FolderContext start = std::move(pending_.back());
    return Walk(std::move(start), false, {});
  }
  if (!S_ISREG(st.st_mode)) return {};
  const Decision decision = rules_.Decide(parent->context.scope, path, false, parent->context.inside);
  if (!decision.in()) {
    Count(decision.reason, path, false, &decision);
    return {};
  }
  const Fd folder = OpenBeneath(root_.get(), OrDot(parent->context.path), O_RDONLY | O_DIRECTORY | O_NONBLOCK);
  if (folder.valid()) TakeFile(decision, folder.get(), name.c_str(), path);
  return {};
}

}  // namespace squire::corpus
