#include "corpus/read.h"

#include <fcntl.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "corpus/os.h"
#include "corpus/utf8.h"

namespace squire::corpus {
namespace {

constexpr int kReadTries = 3;
constexpr size_t kNulWindowBytes = 8000;   // a NUL in the first 8,000 bytes means binary, as in git
constexpr size_t kSampleBytes = 64 << 10;  // looked at for control characters
constexpr size_t kLongLineBytes = 5000;    // nobody writes code lines of that length

SkipReason ReasonOf(int os_errno) {
  switch (os_errno) {
    case ENOENT:
    case ENOTDIR:
    case ESTALE: return SkipReason::kVanished;
    case ELOOP:
    case EXDEV: return SkipReason::kSymlink;
    case ENXIO: return SkipReason::kSpecial;
    default: return SkipReason::kUnreadable;
  }
}

bool SameFile(const struct stat& a, const struct stat& b) {
  return a.st_size == b.st_size && ModifiedNs(a) == ModifiedNs(b) && ChangedNs(a) == ChangedNs(b);
}

/// Reads what is there, up to `bytes_max` + 1; false on an error, with errno.
bool ReadAll(int fd, size_t size_hint, size_t bytes_max, std::string& out) {
  out.resize(std::min(size_hint, bytes_max) + 1);  // one more, to see that the end is the end
  size_t done = 0;
  for (;;) {
    const ssize_t got = ::pread(fd, out.data() + done, out.size() - done, static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    done += static_cast<size_t>(got);
    if (got == 0 || done > bytes_max) break;
    if (done == out.size()) out.resize(std::min(out.size() * 2, bytes_max + 1));
  }
  out.resize(done);
  return true;
}

bool LooksBinary(std::string_view bytes) {
  if (bytes.starts_with("%PDF-") || bytes.substr(0, kNulWindowBytes).find('\0') != std::string_view::npos) return true;
  const std::string_view sample = bytes.substr(0, kSampleBytes);
  size_t controls = 0;
  for (const char c : sample) {
    const auto b = static_cast<unsigned char>(c);
    controls += (b < 0x20 && (b < 7 || b > 13) && b != 0x1B) || b == 0x7F;
  }
  return controls * 10 > sample.size();
}

bool IsProse(std::string_view path) {
  for (std::string_view end : {".md", ".markdown", ".mdx", ".rst", ".txt", ".adoc", ".tex", ".org"}) {
    if (path.ends_with(end)) return true;
  }
  return false;
}

/// Whether most of the text lies in lines of a length that only machines write. Prose may have a paragraph a line.
bool LooksMinified(std::string_view text, std::string_view path) {
  if (text.size() < kLongLineBytes || IsProse(path)) return false;
  size_t in_long_lines = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    if (end - at >= kLongLineBytes) in_long_lines += end - at;
    at = end + 1;
  }
  return in_long_lines * 2 > text.size();
}

}  // namespace

std::string ContentHash(std::string_view bytes) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.data(), bytes.size()));
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const unsigned char b : canonical.digest) {
    out += kHex[b >> 4];
    out += kHex[b & 15];
  }
  return out;
}

FileText DecodeText(std::string bytes, std::string_view path, bool asked) {
  FileText out;
  const bool little = bytes.starts_with("\xFF\xFE"), big = bytes.starts_with("\xFE\xFF");
  const size_t raw_size = bytes.size();
  if (little || big) {
    out.text = Utf16ToUtf8(std::string_view(bytes).substr(2), big, out.repaired_bytes);
  } else {
    if (LooksBinary(bytes)) {
      out.skip = SkipReason::kBinary;
      return out;
    }
    if (bytes.starts_with("\xEF\xBB\xBF")) bytes.erase(0, 3);
    out.text = std::move(bytes);
    out.repaired_bytes = RepairUtf8(out.text);
  }
  const auto nuls = std::count(out.text.begin(), out.text.end(), '\0');
  if (nuls > 0) {
    std::replace(out.text.begin(), out.text.end(), '\0', ' ');
    out.repaired_bytes += static_cast<uint64_t>(nuls);
  }
  if (out.repaired_bytes * 10 > raw_size * 3) {
    out.skip = SkipReason::kBinary;  // some other encoding or no text: U+FFFD would be most of it
  } else if (!asked && LooksMinified(out.text, path)) {
    out.skip = SkipReason::kGenerated;
  }
  if (out.skip != SkipReason::kNone) out.text.clear();
  return out;
}

Result<FileText> ReadText(int root, const std::string& path, const ReadOptions& options) {
  const auto skip = [&](SkipReason reason) {
    FileText out;
    out.skip = reason;
    out.entry.path = path;
    return out;
  };
  const uint64_t limit = options.asked ? std::max(kAskedFileBytesMax, options.file_bytes_max) : options.file_bytes_max;
  for (int attempt = 0; attempt < kReadTries; ++attempt) {
    const Fd fd = OpenBeneath(root, path.c_str(), O_RDONLY | O_NONBLOCK);
    struct stat before, after;
    if (!fd.valid() || ::fstat(fd.get(), &before) != 0) {
      if (IsOurTrouble(errno)) return FromErrno(errno, "cannot open a file of the tree", path);
      return skip(ReasonOf(errno));
    }
    if (!S_ISREG(before.st_mode)) return skip(SkipReason::kSpecial);
    if (static_cast<uint64_t>(before.st_size) > limit) return skip(SkipReason::kTooLarge);
    std::string bytes;
    if (!ReadAll(fd.get(), static_cast<size_t>(before.st_size), limit, bytes)) {
      if (IsOurTrouble(errno)) return FromErrno(errno, "cannot read a file of the tree", path);
      return skip(ReasonOf(errno));
    }
    if (::fstat(fd.get(), &after) != 0 || !SameFile(before, after) ||
        bytes.size() != static_cast<size_t>(after.st_size)) {
      continue;
    }
    std::string hash = ContentHash(bytes);
    FileText out = DecodeText(std::move(bytes), path, options.asked);
    out.content_hash = std::move(hash);
    out.entry = {path,
                 static_cast<uint64_t>(after.st_size),
                 ModifiedNs(after),
                 ChangedNs(after),
                 static_cast<uint64_t>(after.st_ino),
                 options.asked};
    return out;
  }
  return skip(SkipReason::kVanished);
}

}  // namespace squire::corpus
