#pragma once

/// Search hits for people: where, what, and the lines themselves. Pure functions.

#include <string>
#include <string_view>
#include <vector>

#include "cli/terminal.h"
#include "sync/index.h"

namespace squire::cli {

/// The words of `query` that are worth marking in a hit, in lower case.
std::vector<std::string> WordsToMark(std::string_view query);

/// What a hit's score is made of, in a line: "words #3 12.1 +0.0769, name +0.0455".
std::string ExplainText(const sync::SearchHit& hit, const Style& style);

/// The hit as lines: "path:start-end kind name score", then at most `lines_max` lines of its text with their numbers -
/// those that hold the most of `words` -, and how many are left out.
std::string HitText(const sync::SearchHit& hit, const std::vector<std::string>& words, size_t lines_max,
                    const Style& style);

}  // namespace squire::cli
