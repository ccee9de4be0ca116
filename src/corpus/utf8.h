#pragma once

/// UTF-8: check, repair, and decode UTF-16. Pure functions over bytes.

#include <cstdint>
#include <string>
#include <string_view>

namespace squire::corpus {

/// The length of the longest valid UTF-8 prefix of `text` (RFC 3629: no surrogates, no overlong forms, <= U+10FFFF).
size_t ValidUtf8Prefix(std::string_view text);

inline bool IsUtf8(std::string_view text) { return ValidUtf8Prefix(text) == text.size(); }

/// Replaces each maximal invalid sequence by U+FFFD, as the Unicode standard recommends; returns how many bytes of the
/// input were replaced. Valid text is not copied.
uint64_t RepairUtf8(std::string& text);

/// UTF-16 (without its byte order mark) as UTF-8; unpaired surrogates and an odd last byte become U+FFFD and are
/// counted in `repaired_bytes`.
std::string Utf16ToUtf8(std::string_view bytes, bool big_endian, uint64_t& repaired_bytes);

/// Whether a file name can be stored and printed: valid UTF-8, no control characters.
bool IsPlainName(std::string_view name);

/// `name` fit for a message: invalid bytes repaired, control characters replaced by '?'.
std::string SanitizedName(std::string_view name);

/// The largest cut <= `at` that does not split a character of valid UTF-8.
size_t Utf8Floor(std::string_view text, size_t at);

}  // namespace squire::corpus
