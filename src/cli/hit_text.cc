#include "cli/hit_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace squire::cli {
namespace {

constexpr size_t kLineBytesMax = 400;  // of a line shown; minified text has longer ones

bool IsWordByte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0;
}
char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::vector<std::string_view> LinesOf(std::string_view text) {
  std::vector<std::string_view> lines;
  while (true) {
    const size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (lines.back().ends_with('\r')) lines.back().remove_suffix(1);
    if (end == std::string_view::npos) return lines;
    text.remove_prefix(end + 1);
  }
}

/// Where words occur in `line`: [from, to), in order, apart from each other.
std::vector<std::pair<size_t, size_t>> Marks(std::string_view line, const std::vector<std::string>& words) {
  std::vector<std::pair<size_t, size_t>> marks;
  std::string lower(line);
  std::ranges::transform(lower, lower.begin(), Lower);
  for (const std::string& word : words)
    for (size_t at = 0; (at = lower.find(word, at)) != std::string::npos; at += word.size())
      marks.emplace_back(at, at + word.size());
  std::ranges::sort(marks);
  std::vector<std::pair<size_t, size_t>> apart;
  for (const auto& mark : marks) {
    if (!apart.empty() && mark.first <= apart.back().second)
      apart.back().second = std::max(apart.back().second, mark.second);
    else
      apart.push_back(mark);
  }
  return apart;
}

std::string MarkedLine(std::string_view line, const std::vector<std::string>& words, const Style& style) {
  size_t shown = std::min(line.size(), kLineBytesMax);
  while (shown > 0 && shown < line.size() && (line[shown] & 0xC0) == 0x80) shown--;
  const bool cut = shown < line.size();
  line = line.substr(0, shown);
  std::string out;
  size_t at = 0;
  if (style.on) {
    for (const auto& [from, to] : Marks(line, words)) {
      out += Printable(line.substr(at, from - at)) + style.Match(Printable(line.substr(from, to - from)));
      at = to;
    }
  }
  return out + Printable(line.substr(at)) + (cut ? style.Dim(" ...") : "");
}

/// First of the `count` neighbouring lines that hold the most words; the earliest of equals.
size_t BestWindow(const std::vector<std::string_view>& lines, const std::vector<std::string>& words, size_t count) {
  if (lines.size() <= count) return 0;
  std::vector<size_t> found;
  for (const std::string_view line : lines) found.push_back(Marks(line.substr(0, kLineBytesMax), words).size());
  size_t sum = 0, best = 0, best_sum = 0;
  for (size_t i = 0; i < lines.size(); i++) {
    sum += found[i];
    if (i >= count) sum -= found[i - count];
    if (i + 1 >= count && sum > best_sum) best_sum = sum, best = i + 1 - count;
  }
  return best;
}

}  // namespace

std::vector<std::string> WordsToMark(std::string_view query) {
  std::vector<std::string> words;
  for (size_t at = 0; at < query.size();) {
    size_t end = at;
    while (end < query.size() && IsWordByte(query[end])) end++;
    std::string word(query.substr(at, end - at));
    const bool keyword = word == "AND" || word == "OR" || word == "NOT";
    std::ranges::transform(word, word.begin(), Lower);
    if (word.size() >= 2 && !keyword && words.size() < 64) words.push_back(std::move(word));
    at = std::max(end, at + 1);
  }
  return words;
}

std::string ExplainText(const sync::SearchHit& hit, const Style& style) {
  std::string text;
  for (const sync::ScorePart& part : hit.parts) {
    text += (text.empty() ? "" : ", ") + part.signal;
    if (part.rank > 0) text += fmt::format(" #{} {:.4g}", part.rank, part.value);
    text += fmt::format(" {:+.4f}", part.adds);
  }
  return "  " + style.Dim(text) + "\n";
}

std::string HitText(const sync::SearchHit& hit, const std::vector<std::string>& words, size_t lines_max,
                    const Style& style) {
  std::string out = style.Path(fmt::format("{}:{}-{}", Printable(hit.path), hit.start_line, hit.end_line));
  if (!hit.kind.empty()) out += "  " + style.Dim(Printable(hit.kind));
  if (!hit.name.empty()) out += " " + style.Bold(Printable(hit.name));
  out += "  " + style.Dim(fmt::format("{:.4f}", hit.score)) + "\n";
  const auto lines = LinesOf(hit.text);
  const size_t first = BestWindow(lines, words, lines_max), last = std::min(lines.size(), first + lines_max);
  const size_t digits = std::to_string(static_cast<int64_t>(hit.start_line) + static_cast<int64_t>(last)).size();
  for (size_t i = first; i < last; i++) {
    const int64_t number = static_cast<int64_t>(hit.start_line) + static_cast<int64_t>(i);
    out += style.Dim(fmt::format("  {:>{}} ", number, digits)) + " " + MarkedLine(lines[i], words, style) + "\n";
  }
  if (const size_t left = lines.size() - (last - first); left > 0)
    out += style.Dim(fmt::format("  {:>{}}  ({} more line{})", "", digits, left, left == 1 ? "" : "s")) + "\n";
  return out;
}

}  // namespace squire::cli
