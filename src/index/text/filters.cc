#include "index/text/filters.h"

#include <libstemmer.h>
#include <utf8proc.h>

#include <algorithm>
#include <array>

namespace squire::text {
namespace {

bool IsAscii(std::string_view word) {
  return std::ranges::all_of(word, [](char byte) { return static_cast<uint8_t>(byte) < 0x80; });
}

void Append(int32_t code_point, std::string& out) {
  std::array<utf8proc_uint8_t, 4> bytes;
  const auto size = utf8proc_encode_char(code_point, bytes.data());
  out.append(reinterpret_cast<const char*>(bytes.data()), static_cast<size_t>(size));
}

/// Calls `each` with the characters of a word; bytes that are not UTF-8 come as U+FFFD.
template <class Each>
void ForEachChar(std::string_view word, Each each) {
  const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(word.data());
  auto left = static_cast<utf8proc_ssize_t>(word.size());
  while (left > 0) {
    utf8proc_int32_t code_point = 0;
    auto size = utf8proc_iterate(at, left, &code_point);
    if (size <= 0) {
      size = 1;
      code_point = 0xFFFD;
    }
    each(code_point);
    at += size;
    left -= size;
  }
}

/// Letters that have no decomposition, as Lance's filter writes them; empty for others.
std::string_view LettersOf(int32_t code_point) {
  switch (code_point) {
    case 0x00DF: return "ss";
    case 0x1E9E: return "SS";
    case 0x00C6: return "AE";
    case 0x00E6: return "ae";
    case 0x0152: return "OE";
    case 0x0153: return "oe";
    case 0x00D8: return "O";
    case 0x00F8: return "o";
    case 0x0141: return "L";
    case 0x0142: return "l";
    case 0x0110:
    case 0x00D0: return "D";
    case 0x0111:
    case 0x00F0: return "d";
    case 0x00DE: return "TH";
    case 0x00FE: return "th";
    case 0x0126: return "H";
    case 0x0127: return "h";
    case 0x0166: return "T";
    case 0x0167: return "t";
    case 0x014A: return "N";
    case 0x014B: return "n";
    case 0x0131: return "i";
    case 0x0138: return "k";
    case 0x017F: return "s";
    default: return {};
  }
}

bool IsMark(int32_t code_point) {
  const auto category = utf8proc_category(code_point);
  return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC || category == UTF8PROC_CATEGORY_ME;
}

void FoldChar(int32_t code_point, std::string& out) {
  if (const auto letters = LettersOf(code_point); !letters.empty()) {
    out += letters;
    return;
  }
  const size_t size_before = out.size();
  std::array<utf8proc_int32_t, 32> parts;
  int boundary = 0;
  const auto count =
      utf8proc_decompose_char(code_point, parts.data(), parts.size(),
                              static_cast<utf8proc_option_t>(UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE), &boundary);
  for (size_t i = 0; i < static_cast<size_t>(std::clamp<utf8proc_ssize_t>(count, 0, parts.size())); i++) {
    if (parts[i] < 0x80)
      out += static_cast<char>(parts[i]);
    else if (!IsMark(parts[i]))
      out += LettersOf(parts[i]);
  }
  if (out.size() == size_before) Append(code_point, out);
}

bool IsVowel(char letter) { return std::string_view("aeiouy").find(letter) != std::string_view::npos; }

/// Where a word's suffixes may begin: after the first consonant that follows a vowel.
size_t RegionBegin(std::string_view word) {
  for (size_t i = 1; i < word.size(); i++)
    if (IsVowel(word[i - 1]) && !IsVowel(word[i])) return i + 1;
  return word.size();
}

/// Beginnings after which Snowball's later English begins to look for suffixes, wherever its vowels stand; libstemmer
/// knows the first of each pair only for the second.
constexpr std::string_view kLaterPrefixes[] = {"univers", "later", "emerg", "organ", "inter", "past"};
constexpr std::string_view kKnownPrefix = "gener";

/// "added", "erring": those of three letters keep the doubled one. Returns the length of the stem, 0 for other words.
size_t ShortDoubled(std::string_view word) {
  if (word.size() < 5 || word[1] != word[2] || std::string_view("aeo").find(word[0]) == std::string_view::npos)
    return 0;
  if (std::string_view("bdfgmnprt").find(word[1]) == std::string_view::npos) return 0;
  const std::string_view ending = word.substr(3);
  for (const std::string_view one : {"ed", "ing", "edly", "ingly", "ings"})
    if (ending == one) return 3;
  return 0;
}

}  // namespace

struct WordStemmer::Handle {
  explicit Handle(sb_stemmer* made) : stemmer(made) {}
  ~Handle() { sb_stemmer_delete(stemmer); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  sb_stemmer* stemmer;
};

WordStemmer::WordStemmer(std::string_view language) : is_english_(language == "English") {
  std::string name(language);
  if (!IsAscii(name)) return;
  ToLower(name);
  if (auto* stemmer = sb_stemmer_new(name.c_str(), nullptr)) stemmer_ = std::make_unique<Handle>(stemmer);
}

WordStemmer::~WordStemmer() = default;

void WordStemmer::StemAlone(std::string& word) {
  const auto* stem = sb_stemmer_stem(stemmer_->stemmer, reinterpret_cast<const sb_symbol*>(word.data()),
                                     static_cast<int>(word.size()));
  if (stem == nullptr) return;  // out of memory
  const auto size = static_cast<size_t>(sb_stemmer_length(stemmer_->stemmer));
  std::string out(reinterpret_cast<const char*>(stem), size);
  word = std::move(out);
}

void WordStemmer::Stem(std::string& word) {
  if (word.size() > 4096) return;  // no word of a language
  if (!is_english_) return StemAlone(word);
  if (const size_t kept = ShortDoubled(word); kept > 0) {
    word.resize(kept);
    return;
  }
  if (word == "evening" || word == "evenings") {
    word = "evening";
    return;
  }
  const bool is_ying = (word.size() == 5 && word.ends_with("ying")) || (word.size() == 6 && word.ends_with("yings"));
  if (is_ying && !IsVowel(word[0])) {
    word.replace(1, std::string::npos, "ie");
    return;
  }
  if (word == "univers") {
    word.pop_back();
    return;
  }
  for (const std::string_view prefix : kLaterPrefixes) {
    if (!word.starts_with(prefix)) continue;
    std::string known = std::string(kKnownPrefix) + word.substr(prefix.size());
    StemAlone(known);
    if (known.starts_with(kKnownPrefix)) {
      word = std::string(prefix) + known.substr(kKnownPrefix.size());
      // These end in two consonants: nothing after them wants an "e".
      if (word == "emerge" || word == "universe") word.pop_back();
      return;
    }
    break;
  }
  StemAlone(word);
  if (word.ends_with("ogist") && RegionBegin(word) <= word.size() - 5) word.resize(word.size() - 3);
}

void ToLower(std::string& word) {
  if (IsAscii(word)) {
    for (char& byte : word) byte = byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte | 0x20) : byte;
    return;
  }
  std::string out;
  out.reserve(word.size());
  ForEachChar(word, [&](int32_t code_point) {
    if (code_point == 0x130)
      out += "i\u0307";  // the only one that becomes two
    else
      Append(utf8proc_tolower(code_point), out);
  });
  word = std::move(out);
}

void FoldToAscii(std::string& word) {
  if (IsAscii(word)) return;
  std::string out;
  out.reserve(word.size());
  ForEachChar(word, [&](int32_t code_point) {
    if (code_point < 0x80)
      out += static_cast<char>(code_point);
    else
      FoldChar(code_point, out);
  });
  word = std::move(out);
}

}  // namespace squire::text
