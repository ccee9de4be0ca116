/// Outline of reStructuredText.
/// Source: docutils' specification, "Sections": a title has a line of one repeated mark below it, at least as long, and
/// maybe the same above; levels are by order of appearance of these styles.

#include <algorithm>
#include <array>

#include "corpus/outline.h"
#include "corpus/sections.h"

namespace squire::corpus {
namespace {

constexpr uint32_t kInParagraph = 6;
constexpr uint32_t kIndentedMax = 5;
constexpr size_t kStylesMax = 16;

/// The mark that a line consists of, or 0.
char AdornmentOf(std::string_view text) {
  if (text.size() < 2 || std::string_view("=-~^\"'`:.#*+_<>").find(text[0]) == std::string_view::npos) return 0;
  return text.find_first_not_of(text[0]) == std::string_view::npos ? text[0] : 0;
}

/// Characters, not bytes, of UTF-8.
size_t Width(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

class Styles {
 public:
  /// 1 for the style that came first, and so on; 0 if there are too many.
  uint32_t Level(char mark, bool overlined) {
    const std::array<char, 2> style = {mark, static_cast<char>(overlined)};
    const auto found = std::find(seen_.begin(), seen_.end(), style);
    if (found != seen_.end()) return static_cast<uint32_t>(found - seen_.begin()) + 1;
    if (seen_.size() == kStylesMax) return 0;
    seen_.push_back(style);
    return static_cast<uint32_t>(seen_.size());
  }

 private:
  std::vector<std::array<char, 2>> seen_;
};

}  // namespace

Outline OutlineRst(const Lines& lines) {
  Outline out;
  out.rest_kind = "section";
  out.cut_cost.assign(lines.count(), 0);
  SectionStack sections(out);
  Styles styles;
  for (uint32_t line = 0; line < lines.count(); ++line) {
    if (lines.blank(line)) continue;
    const bool after_blank = line == 0 || lines.blank(line - 1);
    out.cut_cost[line] = (after_blank ? 0 : kInParagraph) + std::min(lines.Indent(line), kIndentedMax);
    const char mark = AdornmentOf(lines.Line(line));
    if (mark == 0 || line == 0 || lines.blank(line - 1)) continue;
    const std::string_view title = TrimBlanks(lines.Line(line - 1));
    if (Width(title) > lines.Line(line).size() || AdornmentOf(title) != 0) continue;
    const bool overlined = line >= 2 && AdornmentOf(lines.Line(line - 2)) == mark;
    const bool alone = overlined || line < 2 || lines.blank(line - 2);
    if (!alone || (!overlined && lines.Indent(line - 1) > 0)) continue;
    const uint32_t first = line - (overlined ? 2 : 1);
    const uint32_t level = styles.Level(mark, overlined);
    if (level == 0) continue;
    sections.Open(first, level, title);
    out.cut_cost[first] = 0;
  }
  sections.Finish(lines.count());
  return out;
}

}  // namespace squire::corpus
