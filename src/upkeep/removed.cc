#include "upkeep/removed.h"

#include <algorithm>
#include <charconv>

#include "base/ids.h"
#include "upkeep/references.h"

namespace squire::upkeep {
namespace {

constexpr uint64_t kListBytesMax = 64 << 20;
constexpr size_t kTimeDigits = 20;

/// "<20 digits>-<8 hex>": names sort by time.
std::string NameOf(int64_t due_ns) {
  const std::string digits = std::to_string(std::max<int64_t>(0, due_ns));
  return std::string(kTimeDigits - digits.size(), '0') + digits + "-" + RandomHex(4);
}

}  // namespace

Result<std::vector<RemovedList>> ListRemoved(FileSystem& fs, const table::Paths& paths) {
  std::vector<RemovedList> out;
  auto listed = fs.List(paths.Removed());
  if (!listed && listed.error().code == Code::kNotFound) return out;
  for (const FileInfo& file : TRY(std::move(listed))) {
    RemovedList list{"_squire/removed/" + file.name, file.size_bytes, 0};
    const char* begin = file.name.data();
    if (file.is_folder || file.name.size() <= kTimeDigits || file.name[kTimeDigits] != '-') continue;
    const auto parsed = std::from_chars(begin, begin + kTimeDigits, list.due_ns);
    if (parsed.ec == std::errc() && parsed.ptr == begin + kTimeDigits) out.push_back(std::move(list));
  }
  std::ranges::sort(out, {}, &RemovedList::name);
  return out;
}

Result<std::vector<std::string>> ReadRemoved(FileSystem& fs, const table::Paths& paths, const RemovedList& list) {
  const auto bytes = TRY(ReadWholeFile(fs, JoinPath(paths.root, list.name), kListBytesMax));
  const std::string_view text = AsText(bytes);
  std::vector<std::string> names;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    if (const std::string_view name = text.substr(at, end - at); IsPlainName(name)) names.emplace_back(name);
    at = end + 1;
  }
  return names;
}

Result<void> WriteRemoved(FileSystem& fs, const table::Paths& paths, int64_t due_ns,
                          const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += name + "\n";
  TRY(fs.CreateFolders(paths.Removed()));
  auto file = TRY(fs.Create(JoinPath(paths.Removed(), NameOf(due_ns))));
  // Not synced: of a list that a loss of power takes, the files were written by somebody who is dead by then, and go as
  // leftovers, or with age.
  TRY(file->Append(AsBytes(text)));
  return file->Close();
}

}  // namespace squire::upkeep
