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

/// The hit as lines: "path:start-end kind name score", then at most `lines_max` lines of its text with their numbers -
/// those that hold the most of `words` -, and how many are left out.
std::string HitText(const sync::SearchHit& hit, const std::vector<std::string>& words, size_t lines_max,
                    const Style& style);

}  // namespace squire::cli
