#pragma once

/// A question as the ranking sees it: its words, and what is left to be looked for when the words that say nothing are
/// left out. Pure functions; any bytes are text.

#include <string>
#include <string_view>
#include <vector>

namespace squire::sync {

/// The words of `text` in small letters, plurals without their s: identifiers by their parts, and joined.
/// "parse_httpHeaders" -> parse, http, header, parsehttpheader.
std::vector<std::string> PlainWords(std::string_view text);

/// The same without the joined forms.
std::vector<std::string> PartWords(std::string_view identifier);

/// `question` without plain words such as "the" and "of", where any others are left. Quoted and signed words stay.
std::string WithoutStopWords(std::string_view question);

bool IsStopWord(std::string_view word);

}  // namespace squire::sync
