/// Outline of Markdown: one pass over the lines with the state of the block that is open.
/// Source: CommonMark 0.31, sections 4 and 5, as far as outline.h says.

#include <algorithm>

#include "corpus/outline.h"
#include "corpus/sections.h"

namespace squire::corpus {
namespace {

constexpr uint32_t kInBlock = 12;     // inside a fence, table or comment
constexpr uint32_t kInParagraph = 6;  // no blank line before
constexpr uint32_t kInList = 3;       // before an item that follows another at once
constexpr uint32_t kIndented = 2;     // belongs to a list item above
constexpr size_t kFieldsMax = 256;
constexpr size_t kFieldBytesMax = 4096;

bool IsAll(std::string_view text, char c) { return text.find_first_not_of(c) == std::string_view::npos; }

/// The level of an ATX heading and its title without closing #s, or 0.
uint32_t AtxLevel(std::string_view text, std::string_view& title) {
  const size_t level = std::min(text.find_first_not_of('#'), text.size());
  if (level == 0 || level > 6 || (level < text.size() && text[level] != ' ' && text[level] != '\t')) return 0;
  title = TrimBlanks(text.substr(level));
  const size_t end = title.find_last_not_of('#');
  if (end == std::string_view::npos) {
    title = {};
  } else if (title[end] == ' ' || title[end] == '\t') {
    title = TrimBlanks(title.substr(0, end));
  }
  return static_cast<uint32_t>(level);
}

bool StartsListItem(std::string_view text) {
  if (text.size() >= 2 && (text[0] == '-' || text[0] == '*' || text[0] == '+'))
    return text[1] == ' ' || text[1] == '\t';
  const size_t digits = text.find_first_not_of("0123456789");
  return digits != std::string_view::npos && digits > 0 && digits < 10 && (text[digits] == '.' || text[digits] == ')');
}

std::string Unquoted(std::string_view value) {
  value = TrimBlanks(value);
  if (value.size() >= 2 && (value[0] == '"' || value[0] == '\'') && value.back() == value[0]) {
    value = value.substr(1, value.size() - 2);
  }
  return std::string(value.substr(0, kFieldBytesMax));
}

/// The values of "key: value": a scalar, or a list in brackets.
std::vector<std::string> ValuesOf(std::string_view value) {
  value = TrimBlanks(value);
  if (value.empty()) return {};
  if (value.front() != '[' || value.back() != ']') return {Unquoted(value)};
  std::vector<std::string> out;
  value = value.substr(1, value.size() - 2);
  while (!value.empty() && out.size() < kFieldsMax) {
    const size_t comma = std::min(value.find(','), value.size());
    if (std::string item = Unquoted(value.substr(0, comma)); !item.empty()) out.push_back(std::move(item));
    value.remove_prefix(std::min(comma + 1, value.size()));
  }
  return out;
}

/// Reads frontmatter (YAML between "---" lines, TOML between "+++"): plain keys with scalars and lists of scalars,
/// which is what people write; anything deeper stays text. Returns the number of lines it takes, 0 if there is none.
uint32_t ReadFrontmatter(const Lines& lines, Frontmatter& fields) {
  if (lines.count() < 2) return 0;
  const std::string_view mark = lines.Line(0);
  if (mark != "---" && mark != "+++") return 0;
  const char separator = mark == "---" ? ':' : '=';
  uint32_t end = 1;
  while (end < lines.count() && lines.Line(end) != mark && lines.Line(end) != "...") ++end;
  if (end == lines.count()) return 0;  // a thematic break, no frontmatter
  for (uint32_t line = 1; line < end && fields.size() < kFieldsMax; ++line) {
    const std::string_view raw = lines.Line(line);
    const std::string_view text = TrimBlanks(raw);
    if (text.empty() || text[0] == '#') continue;
    if (text.starts_with("- ") && !fields.empty()) {
      if (fields.back().second.size() < kFieldsMax) fields.back().second.push_back(Unquoted(text.substr(2)));
      continue;
    }
    const size_t at = text.find(separator);
    if (at == std::string_view::npos || raw[0] == ' ' || raw[0] == '\t') continue;
    fields.emplace_back(Unquoted(text.substr(0, at)), ValuesOf(text.substr(at + 1)));
  }
  return end + 1;
}

class MarkdownScan {
 public:
  MarkdownScan(const Lines& lines, Outline& out) : lines_(lines), out_(out), sections_(out) {}

  void Run(uint32_t from) {
    for (uint32_t line = from; line < lines_.count(); ++line) out_.cut_cost[line] = Step(line);
    sections_.Finish(lines_.count());
  }

 private:
  enum class Block : uint8_t { kNone, kFence, kComment };

  /// Takes one line; returns the cost of a cut before it.
  uint32_t Step(uint32_t line) {
    const std::string_view text = TrimBlanks(lines_.Line(line));
    const uint32_t indent = lines_.Indent(line);
    if (block_ == Block::kFence) {
      if (text.size() >= fence_.size() && text.starts_with(fence_) && IsAll(text, fence_[0])) EndBlock();
      return kInBlock;
    }
    if (block_ == Block::kComment) {
      if (text.find("-->") != std::string_view::npos) EndBlock();
      return kInBlock;
    }
    if (text.empty()) {
      paragraph_ = false;
      return 0;
    }
    const bool after_blank = line == 0 || lines_.blank(line - 1);
    const uint32_t cost = CostBefore(text, indent, after_blank);
    if (BeginsBlock(text, indent)) return cost;
    if (indent < 4 && Heading(line, text)) return 0;
    paragraph_ = indent < 4 || paragraph_;
    return cost;
  }

  uint32_t CostBefore(std::string_view text, uint32_t indent, bool after_blank) const {
    if (text.starts_with('|') && !after_blank) return kInBlock;
    const uint32_t belongs = indent >= 2 ? kIndented : 0;
    if (after_blank) return belongs;
    return (StartsListItem(text) ? kInList : kInParagraph) + belongs;
  }

  bool BeginsBlock(std::string_view text, uint32_t) {
    const size_t ticks = std::min(text.find_first_not_of(text[0]), text.size());
    if (ticks >= 3 && (text[0] == '~' || (text[0] == '`' && text.find('`', ticks) == std::string_view::npos))) {
      block_ = Block::kFence;
      fence_ = text.substr(0, ticks);
      return true;
    }
    if (text.starts_with("<!--") && text.find("-->") == std::string_view::npos) {
      block_ = Block::kComment;
      return true;
    }
    return false;
  }

  /// Opens a section if the line is a heading, or underlines the one before (setext).
  bool Heading(uint32_t line, std::string_view text) {
    std::string_view title;
    if (const uint32_t level = AtxLevel(text, title)) {
      sections_.Open(line, level, title);
      paragraph_ = false;
      return true;
    }
    const bool underline = paragraph_ && line > 0 && (IsAll(text, '=') || IsAll(text, '-'));
    if (!underline) return false;
    const std::string_view above = TrimBlanks(lines_.Line(line - 1));
    paragraph_ = false;
    const bool one_line = line < 2 || lines_.blank(line - 2) || out_.cut_cost[line - 1] < kInParagraph;
    if (!one_line || StartsListItem(above) || above.starts_with('|') || above.starts_with('>')) return false;
    sections_.Open(line - 1, text[0] == '=' ? 1 : 2, above);
    out_.cut_cost[line - 1] = 0;
    return false;  // a cut before the underline stays a bad one
  }

  void EndBlock() {
    block_ = Block::kNone;
    paragraph_ = false;
  }

  const Lines& lines_;
  Outline& out_;
  SectionStack sections_;
  Block block_ = Block::kNone;
  std::string_view fence_;
  bool paragraph_ = false;  // a paragraph is open, which a line of = or - would make a heading
};

}  // namespace

Outline OutlineMarkdown(const Lines& lines, Frontmatter& frontmatter) {
  Outline out;
  out.rest_kind = "section";
  out.cut_cost.assign(lines.count(), 0);
  const uint32_t from = ReadFrontmatter(lines, frontmatter);
  if (from > 0) {
    Item item;
    item.last = from - 1;
    item.kind = "frontmatter";
    for (const auto& [key, values] : frontmatter) {
      if ((key == "title" || key == "name") && item.name.empty() && !values.empty())
        item.name = values[0].substr(0, kNameBytesMax);
    }
    for (uint32_t line = 1; line < from; ++line) out.cut_cost[line] = kInParagraph;
    out.items.push_back(std::move(item));
  }
  MarkdownScan(lines, out).Run(from);
  return out;
}

}  // namespace squire::corpus
