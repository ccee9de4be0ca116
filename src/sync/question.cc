#include "sync/question.h"

#include <algorithm>

namespace squire::sync {
namespace {

// Those that Lucene's StandardAnalyzer leaves out, and the words that questions begin with. Sorted.
constexpr std::string_view kStopWords[] = {
    "a",     "an",    "and",  "are",  "as", "at",  "be",   "but",  "by",    "do",    "does", "for",  "how",   "if",
    "in",    "into",  "is",   "it",   "no", "not", "of",   "on",   "or",    "such",  "that", "the",  "their", "then",
    "there", "these", "they", "this", "to", "was", "what", "when", "where", "which", "who",  "will", "with",
};

constexpr size_t kPluralBytesMin = 4;

bool IsSmall(char c) { return c >= 'a' && c <= 'z'; }
bool IsCapital(char c) { return c >= 'A' && c <= 'Z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWordByte(char c) { return IsSmall(c) || IsCapital(c) || IsDigit(c) || c == '_' || (c & 0x80) != 0; }
bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::string Small(std::string_view text) {
  std::string small(text);
  for (char& c : small)
    if (IsCapital(c)) c = static_cast<char>(c + 32);
  return small;
}

/// Without the s of a plural (Harman's S stemmer, "How Effective Is Suffixing?", 1991).
std::string Singular(std::string word) {
  if (word.size() < kPluralBytesMin || !word.ends_with('s') || word.ends_with("ss") || word.ends_with("us"))
    return word;
  if (word.ends_with("ies")) return word.substr(0, word.size() - 3) + "y";
  for (const std::string_view sibilant : {"tches", "shes", "xes", "sses"})
    if (word.ends_with(sibilant)) return word.substr(0, word.size() - 2);
  word.pop_back();
  return word;
}

/// Where the part of an identifier that begins at `at` ends: before "_", a capital after a small letter or digit, and
/// the last of several capitals when a small letter follows.
size_t PartEnd(std::string_view word, size_t at) {
  size_t end = at + 1;
  for (; end < word.size() && word[end] != '_'; end++) {
    if (!IsCapital(word[end])) continue;
    if (!IsCapital(word[end - 1])) break;
    if (end + 1 < word.size() && IsSmall(word[end + 1])) break;
  }
  return end;
}

template <class Each>
void ForEachRun(std::string_view text, Each each) {
  for (size_t at = 0; at < text.size(); at++) {
    size_t end = at;
    while (end < text.size() && IsWordByte(text[end])) end++;
    if (end > at) each(text.substr(at, end - at));
    at = end;
  }
}

void AddParts(std::string_view run, std::vector<std::string>& out) {
  for (size_t at = 0; at < run.size();) {
    if (run[at] == '_') {
      at++;
      continue;
    }
    const size_t end = PartEnd(run, at);
    out.push_back(Singular(Small(run.substr(at, end - at))));
    at = end;
  }
}

}  // namespace

bool IsStopWord(std::string_view word) {
  if (std::ranges::any_of(word.substr(std::min<size_t>(1, word.size())), IsCapital)) return false;  // AND, OR, NOT
  return std::ranges::binary_search(kStopWords, Small(word));
}

std::vector<std::string> PartWords(std::string_view identifier) {
  std::vector<std::string> out;
  ForEachRun(identifier, [&](std::string_view run) { AddParts(run, out); });
  return out;
}

std::vector<std::string> PlainWords(std::string_view text) {
  std::vector<std::string> out;
  ForEachRun(text, [&](std::string_view run) {
    const size_t first = out.size();
    AddParts(run, out);
    if (out.size() < first + 2) return;
    std::string joined;
    for (size_t i = first; i < out.size(); i++) joined += out[i];
    out.push_back(std::move(joined));
  });
  return out;
}

std::string WithoutStopWords(std::string_view question) {
  if (question.find('"') != std::string_view::npos) return std::string(question);  // what is quoted is meant
  std::string out;
  bool has_left_out = false;
  for (size_t at = 0; at < question.size();) {
    size_t end = at;
    while (end < question.size() && !IsSpace(question[end])) end++;
    std::string_view word = question.substr(at, end - at);
    while (!word.empty() && (word.back() == '?' || word.back() == ',' || word.back() == '.')) word.remove_suffix(1);
    if (IsStopWord(word))
      has_left_out = true;
    else
      out += std::string(out.empty() ? "" : " ") + std::string(question.substr(at, end - at));
    at = end;
    while (at < question.size() && IsSpace(question[at])) at++;
  }
  const bool says_something = std::ranges::any_of(out, IsWordByte);
  return has_left_out && says_something ? out : std::string(question);
}

}  // namespace squire::sync
