#include "corpus/sections.h"

#include "corpus/utf8.h"

namespace squire::corpus {

void SectionStack::CloseDownTo(uint32_t level, uint32_t end_line) {
  while (!open_.empty() && open_.back().level >= level) {
    outline_.items[open_.back().item].last = end_line - 1;
    open_.pop_back();
  }
}

void SectionStack::Open(uint32_t line, uint32_t level, std::string_view title) {
  CloseDownTo(level, line);
  Item item;
  item.first = item.last = line;
  item.kind = "section";
  item.container = true;
  if (!open_.empty()) {
    item.parent = open_.back().item;
    item.name = outline_.items[item.parent].name;
  }
  if (!item.name.empty() && !title.empty()) item.name += " > ";
  item.name += title;
  item.name.resize(Utf8Floor(item.name, kNameBytesMax));
  outline_.items.push_back(std::move(item));
  open_.push_back({level, static_cast<int32_t>(outline_.items.size() - 1)});
}

}  // namespace squire::corpus
