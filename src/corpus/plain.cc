/// Outline of text of no known structure.

#include <algorithm>

#include "corpus/outline.h"

namespace squire::corpus {
namespace {

constexpr uint32_t kNoBlankBefore = 4;
constexpr uint32_t kIndentColumnsMax = 24;

}  // namespace

Outline OutlinePlain(const Lines& lines) {
  Outline out;
  out.rest_kind = "text";
  out.cut_cost.resize(lines.count());
  for (uint32_t line = 0; line < lines.count(); ++line) {
    uint32_t cost = std::min(lines.Indent(line), kIndentColumnsMax);
    const std::string_view text = TrimBlanks(lines.Line(line));
    if (!text.empty() && (text[0] == '}' || text[0] == ']' || text[0] == ')')) ++cost;
    if (line > 0 && !lines.blank(line - 1)) cost += kNoBlankBefore;
    out.cut_cost[line] = cost;
  }
  return out;
}

}  // namespace squire::corpus
