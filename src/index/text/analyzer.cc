#include "index/text/analyzer.h"

#include <utf8proc.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/try.h"
#include "index/text/filters.h"
#include "index/text/letters.h"

namespace squire::text {
namespace {

using Json = nlohmann::json;

constexpr uint32_t kNgramMax = 64;

// The function words that Lance leaves out of English texts.
constexpr std::string_view kEnglishStopWords =
    "a about above after again against all am an and any are as at be because been before being below between both but "
    "by can did do does doing down during each few for from further had has have having he he'd he'll her here hers "
    "herself he's him himself his how i i'd if i'll i'm in into is it it'd it'll it's its itself i've just me more "
    "most "
    "my myself now of off on once only or other our ours ourselves out over own re same she she'd she'll she's should "
    "should've so some such than that that'll the their theirs them themselves then there these they they'd they'll "
    "they're they've this those through to too under until up very was we we'd we'll we're were we've what when where "
    "which while who whom why will with you you'd you'll your you're yours yourself yourselves you've";

/// Those that Lance 13 leaves out as well and Lance 14 does not.
constexpr std::string_view kMoreEnglishStopWords =
    "ain aren aren't couldn couldn't d didn didn't doesn doesn't don don't hadn hadn't hasn hasn't haven haven't isn "
    "isn't ll m ma mightn mightn't mustn mustn't needn needn't no nor not o s shan shan't shouldn shouldn't t ve "
    "wasn wasn't weren weren't won won't wouldn wouldn't y";

/// Of these, what only an index by the shorter list holds: no letters that other words fold to.
constexpr std::string_view kKeptWords = "not nor don didn doesn isn aren couldn hadn hasn haven shouldn wasn weren won";

std::unordered_set<std::string> SplitWords(std::string_view words) {
  std::unordered_set<std::string> out;
  while (!words.empty()) {
    const size_t end = std::min(words.find(' '), words.size());
    out.emplace(words.substr(0, end));
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return out;
}

bool IsAsciiSpace(char byte) { return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\f' || byte == '\r'; }

/// The bytes of the character at the front, and whether it is one of words.
std::pair<size_t, bool> FrontOf(std::string_view text) {
  const auto first = static_cast<uint8_t>(text[0]);
  if (first < 0x80) return {1, IsAlphanumeric(first)};
  utf8proc_int32_t code_point = 0;
  const auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                     static_cast<utf8proc_ssize_t>(text.size()), &code_point);
  if (size <= 0) return {1, false};
  return {static_cast<size_t>(size), IsAlphanumeric(static_cast<char32_t>(code_point))};
}

/// Members of a JSON object by their types; the first one that has another is the error.
class Members {
 public:
  explicit Members(const Json& object) : object_(object) {}

  void Read(const char* name, bool& out) {
    const Json* value = Find(name);
    if (value == nullptr) return;
    if (value->is_boolean())
      out = value->get<bool>();
    else
      wrong_ = name;
  }
  void Read(const char* name, std::string& out) {
    const Json* value = Find(name);
    if (value == nullptr) return;
    if (value->is_string())
      out = value->get<std::string>();
    else
      wrong_ = name;
  }
  void Read(const char* name, uint32_t& out) {
    const Json* value = Find(name);
    if (value == nullptr) return;
    if (value->is_number_unsigned() && value->get<uint64_t>() <= std::numeric_limits<uint32_t>::max())
      out = value->get<uint32_t>();
    else
      wrong_ = name;
  }
  /// Null when it is missing or null.
  [[nodiscard]] const Json* Find(const char* name) const {
    const auto found = object_.find(name);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }
  void Fail(const char* name) { wrong_ = name; }
  [[nodiscard]] const char* wrong() const { return wrong_; }

 private:
  const Json& object_;
  const char* wrong_ = nullptr;
};

}  // namespace

/// The filters over one text.
class Analyzer::Chain {
 public:
  Chain(const Analyzer& analyzer, AnalyzerSink sink, void* context)
      : analyzer_(analyzer), sink_(sink), context_(context) {
    if (analyzer.stem_) stemmer_.emplace(analyzer.language_);
  }

  void Take(std::string_view word, uint32_t position) {
    if (word.size() >= analyzer_.max_bytes_) return;
    word_.assign(word);
    if (analyzer_.lower_case_) ToLower(word_);
    if (stemmer_) stemmer_->Stem(word_);
    if (analyzer_.remove_stop_words_ && analyzer_.stop_words_.contains(word_)) return;
    if (analyzer_.ascii_folding_) FoldToAscii(word_);
    if (word_.size() > kFstWordBytesMax) return;  // grown by folding
    sink_(context_, word_, position);
  }

  void ReadSimple(std::string_view text) {
    uint32_t position = 0;
    for (size_t at = 0; at < text.size();) {
      auto [size, is_word] = FrontOf(text.substr(at));
      if (!is_word) {
        at += size;
        continue;
      }
      const size_t begin = at;
      for (; at < text.size(); at += size) {
        std::tie(size, is_word) = FrontOf(text.substr(at));
        if (!is_word) break;
      }
      Take(text.substr(begin, at - begin), position++);
    }
  }

  void ReadWhitespace(std::string_view text) {
    uint32_t position = 0;
    for (size_t at = 0; at < text.size();) {
      const size_t begin = at;
      while (at < text.size() && !IsAsciiSpace(text[at])) at++;
      if (at > begin) Take(text.substr(begin, at - begin), position++);
      at++;
    }
  }

  /// Runs of min to max characters from each one on, all at position 0.
  void ReadNgrams(std::string_view text) {
    std::vector<size_t> begins;  // of the last max + 1 characters, and the end of all
    const size_t longest = analyzer_.max_ngram_;
    size_t at = 0;
    begins.push_back(0);
    bool is_first = true;
    while (true) {
      while (begins.size() <= longest && at < text.size()) {
        at += FrontOf(text.substr(at)).first;
        begins.push_back(at);
      }
      if (begins.size() <= analyzer_.min_ngram_) return;
      if (analyzer_.prefix_only_ && !is_first) return;
      is_first = false;
      for (size_t size = analyzer_.min_ngram_; size < begins.size(); size++)
        Take(text.substr(begins[0], begins[size] - begins[0]), 0);
      begins.erase(begins.begin());
    }
  }

 private:
  const Analyzer& analyzer_;
  AnalyzerSink sink_;
  void* context_;
  std::optional<WordStemmer> stemmer_;
  std::string word_;
};

void Analyzer::Read(std::string_view text, AnalyzerSink sink, void* context) const {
  if (base_ == Base::kCode) {
    uint32_t next = 0;
    ForEachWord(text, [&](std::string_view word, WordKind kind) {
      if (kind == WordKind::kPart) next += 2;
      sink(context, word, kind == WordKind::kPart ? next - 2 : next - 1);
    });
    return;
  }
  Chain chain(*this, sink, context);
  switch (base_) {
    case Base::kSimple: return chain.ReadSimple(text);
    case Base::kWhitespace: return chain.ReadWhitespace(text);
    case Base::kNgram: return chain.ReadNgrams(text);
    default: return chain.Take(text, 0);
  }
}

std::string Analyzer::FoldWord(std::string_view word) const {
  std::string out;
  if (base_ == Base::kCode) {  // the whole identifier, which comes last
    ForEachWord(word, [&](std::string_view one, WordKind) { out = one; });
    return out;
  }
  out = word;
  if (lower_case_) ToLower(out);
  if (ascii_folding_) FoldToAscii(out);
  return out;
}

bool Analyzer::IsDisputed(std::string_view word) const {
  static const auto kWords = SplitWords(kMoreEnglishStopWords);
  return has_usual_stop_words_ && kWords.contains(std::string(word));
}

std::span<const std::string> Analyzer::KeptWords() {
  static const auto kWords = [] {
    const auto words = SplitWords(kKeptWords);
    return std::vector<std::string>(words.begin(), words.end());
  }();
  return kWords;
}

std::shared_ptr<const Analyzer> Analyzer::ForCode() {
  static const std::shared_ptr<const Analyzer> kCode(new Analyzer());
  return kCode;
}

Result<std::shared_ptr<const Analyzer>> Analyzer::FromJson(std::string_view parameters, StopWords stop_words_by) {
  const Json json = Json::parse(parameters, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return InvalidArgument("the parameters of a text index are not a JSON object");
  Members members(json);
  std::string base = "simple", documents = "text";
  members.Read("base_tokenizer", base);
  members.Read("lance_tokenizer", documents);
  if (base == kTokenizerName) return ForCode();
  std::shared_ptr<Analyzer> out(new Analyzer());
  if (base == "simple")
    out->base_ = Base::kSimple;
  else if (base == "whitespace")
    out->base_ = Base::kWhitespace;
  else if (base == "raw")
    out->base_ = Base::kRaw;
  else if (base == "ngram")
    out->base_ = Base::kNgram;
  else
    return Unsupported("the tokenizer '" + base + "' is not known here");
  if (documents != "text") return Unsupported("texts read as '" + documents + "' are not known here");
  out->stem_ = out->remove_stop_words_ = out->base_ != Base::kNgram;
  uint32_t max_bytes = json.contains("max_token_length") ? 0 : 40;
  members.Read("max_token_length", max_bytes);
  if (max_bytes > 0 || members.Find("max_token_length") != nullptr)
    out->max_bytes_ = std::min<size_t>(max_bytes, kFstWordBytesMax);
  members.Read("language", out->language_);
  members.Read("lower_case", out->lower_case_);
  members.Read("stem", out->stem_);
  members.Read("remove_stop_words", out->remove_stop_words_);
  members.Read("ascii_folding", out->ascii_folding_);
  members.Read("min_ngram_length", out->min_ngram_);
  members.Read("max_ngram_length", out->max_ngram_);
  members.Read("prefix_only", out->prefix_only_);
  const Json* stop_words = members.Find("custom_stop_words");
  if (stop_words != nullptr && stop_words->is_array()) {
    for (const Json& word : *stop_words) {
      if (word.is_string())
        out->stop_words_.insert(word.get<std::string>());
      else
        members.Fail("custom_stop_words");
    }
  } else if (stop_words != nullptr) {
    members.Fail("custom_stop_words");
  }
  if (members.wrong() != nullptr)
    return InvalidArgument(std::string("a text index has a '") + members.wrong() + "' of another type");
  if (out->base_ == Base::kNgram && (out->min_ngram_ == 0 || out->min_ngram_ > out->max_ngram_))
    return InvalidArgument("a text index has no lengths of n-grams");
  if (out->base_ == Base::kNgram && out->max_ngram_ > kNgramMax)
    return Unsupported("n-grams of more than " + std::to_string(kNgramMax) + " characters are not known here");
  if (out->stem_ && !WordStemmer(out->language_).is_known())
    return Unsupported("stems of the language '" + out->language_ + "' are not known here");
  if (out->remove_stop_words_ && stop_words == nullptr) {
    if (out->language_ != "English")
      return Unsupported("the stop words of the language '" + out->language_ + "' are not known here");
    out->stop_words_ = SplitWords(kEnglishStopWords);
    out->has_usual_stop_words_ = true;
    if (stop_words_by == StopWords::kLance13) out->stop_words_.merge(SplitWords(kMoreEnglishStopWords));
  }
  return std::shared_ptr<const Analyzer>(std::move(out));
}

}  // namespace squire::text
