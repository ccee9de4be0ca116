#pragma once

/// SectionStack: turns headings met in order into items with their heading path and extent. One owner.

#include <string>
#include <vector>

#include "corpus/outline.h"

namespace squire::corpus {

class SectionStack {
 public:
  explicit SectionStack(Outline& outline) : outline_(outline) {}

  /// A heading of `level` (1 is the highest) begins at `line`; closes sections of the same or a deeper level.
  void Open(uint32_t line, uint32_t level, std::string_view title);

  /// Closes what is open at the end of a text of `line_count` lines.
  void Finish(uint32_t line_count) { CloseDownTo(0, line_count); }

 private:
  struct Section {
    uint32_t level;
    int32_t item;
  };

  void CloseDownTo(uint32_t level, uint32_t end_line);

  Outline& outline_;
  std::vector<Section> open_;
};

}  // namespace squire::corpus
