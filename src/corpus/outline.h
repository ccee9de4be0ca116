#pragma once

/// Outline: what a parser of any language tells the packer (pack.h): the named things of a file by lines, and how bad a
/// cut before each line would be. Plain values.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "corpus/lines.h"

namespace squire::corpus {

inline constexpr uint32_t kNestingMax = 32;   ///< Items nested deeper are part of their parent's text.
inline constexpr size_t kNameBytesMax = 256;  ///< Longer names are cut.

/// A function, class, section, ...: lines first..last, 0-based and inclusive, doc comment and decorators included.
struct Item {
  uint32_t first = 0;
  uint32_t last = 0;
  std::string_view kind;    ///< A literal: "function", "method", "class", "section", ...
  std::string name;         ///< Qualified by what it is nested in.
  int32_t parent = -1;      ///< Index of the enclosing item, or -1.
  bool container = false;   ///< Its items inside are members, worth their own chunks.
  uint32_t tokens_min = 0;  ///< Below that it is not worth being told from its surroundings.
};

struct Outline {
  std::vector<Item> items;         ///< Parents before their children.
  std::vector<uint32_t> cut_cost;  ///< For each line: 0 is the best place to begin a chunk, more is worse.
  std::string_view rest_kind;      ///< Kind of the lines in no item: "module", "section" or "text".
};

/// Fields of a Markdown file's frontmatter, in order: a key and its values (one, unless it is a list).
using Frontmatter = std::vector<std::pair<std::string, std::vector<std::string>>>;

/// Markdown: a section a heading, named by its path ("Title > Section"). CommonMark's blocks as far as they matter to
/// where headings are and where a cut is bad: fences, tables, lists, HTML comments and blocks, indented code.
Outline OutlineMarkdown(const Lines& lines, Frontmatter& frontmatter);

/// reStructuredText: sections by underlined (and overlined) titles, levels in order of appearance.
Outline OutlineRst(const Lines& lines);

/// Any other text: no items; cuts at blank lines and low indentation.
Outline OutlinePlain(const Lines& lines);

}  // namespace squire::corpus
