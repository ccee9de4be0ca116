#include "index/text/bm25.h"

#include <algorithm>
#include <cmath>
#include <mutex>

#include "index/text/phrase.h"
#include "index/text/scan.h"

namespace squire::text {

namespace {

// The fields of a document, in the order of FieldTotals.
enum Field : uint8_t { kText, kName, kPath, kFields };

struct Posting {
  double frequency;  // boosted
  uint16_t word;
};

struct Match {
  uint64_t row;
  double length;
  size_t postings_end;  // its postings begin where those of the match before end
};

// What one batch adds. Totals are whole numbers, so that their sum does not depend on the order of batches.
struct Shard {
  uint64_t documents = 0;
  uint64_t field_words[kFields] = {};
  std::vector<uint64_t> documents_with;  // by word
  std::vector<Match> matches;
  std::vector<Posting> postings;
};

struct FieldCounts {
  explicit FieldCounts(size_t query_words) : counts(query_words) {}

  void Read(std::string_view text, const WordScanner& scanner) {
    counts.Clear();
    words = scanner.Scan(text, counts);
  }

  WordCounts counts;
  uint64_t words = 0;
};

bool Better(const TextHit& a, const TextHit& b) { return a.score > b.score || (a.score == b.score && a.row < b.row); }

}  // namespace

double InverseDocumentFrequency(uint64_t documents, uint64_t with) {
  const auto all = static_cast<double>(documents), some = static_cast<double>(with);
  return std::log1p((all - some + 0.5) / (some + 0.5));
}

struct TextScorer::State {
  State(TextQuery parsed, const Bm25Options& given, const simd::Kernels& kernels)
      : query(std::move(parsed)), options(given), scanner(query.words, kernels) {
    for (const TextClause& clause : query.clauses) phrases.emplace_back(clause.words);
    boosts[kText] = 1;
    boosts[kName] = options.name_boost;
    boosts[kPath] = options.path_boost;
  }

  TextQuery query;
  Bm25Options options;
  WordScanner scanner;
  std::vector<PhraseMatcher> phrases;  // one for each clause
  double boosts[kFields];

  mutable std::mutex mutex;
  std::vector<Shard> shards;  // guarded by mutex
};

namespace {

// Counts the documents of one batch.
class BatchCounter {
 public:
  BatchCounter(const TextQuery& query, const WordScanner& scanner, const std::vector<PhraseMatcher>& phrases,
               const double (&boosts)[kFields])
      : query_(query), scanner_(scanner), phrases_(phrases), boosts_(boosts) {
    for (int field = 0; field < kFields; ++field) fields_.emplace_back(query.words.size());
    frequency_.resize(query.words.size());
    shard_.documents_with.resize(query.words.size());
  }

  void Add(const TextDocument& document) {
    const std::string_view texts[kFields] = {document.text, document.name, document.path};
    uint64_t words = 0;
    for (int field = 0; field < kFields; ++field) {
      if (boosts_[field] == 0) continue;
      if (field != kPath || texts[field] != path_) fields_[field].Read(texts[field], scanner_);
      shard_.field_words[field] += fields_[field].words;
      words += fields_[field].words;
    }
    path_ = document.path;
    if (words == 0) return;
    ++shard_.documents;
    Gather();
    if (touched_.empty()) return;
    for (uint16_t word : touched_) ++shard_.documents_with[word];
    if (document.wanted && MeetsClauses(texts)) Keep(document.row);
    for (uint16_t word : touched_) frequency_[word] = 0;
  }

  Shard Take() && { return std::move(shard_); }

 private:
  // Boosted frequencies over the fields.
  void Gather() {
    touched_.clear();
    for (int field = 0; field < kFields; ++field) {
      if (boosts_[field] == 0) continue;
      for (uint16_t word : fields_[field].counts.touched()) {
        if (frequency_[word] == 0) touched_.push_back(word);
        frequency_[word] += boosts_[field] * fields_[field].counts.at(word);
      }
    }
  }

  [[nodiscard]] bool MeetsClauses(const std::string_view (&texts)[kFields]) const {
    for (size_t i = 0; i < phrases_.size(); ++i) {
      if (Holds(phrases_[i], texts) == query_.clauses[i].excluded) return false;
    }
    return true;
  }

  [[nodiscard]] bool Holds(const PhraseMatcher& phrase, const std::string_view (&texts)[kFields]) const {
    for (int field = 0; field < kFields; ++field) {
      if (boosts_[field] == 0) continue;
      const WordCounts& counts = fields_[field].counts;
      const bool all =
          std::all_of(phrase.words().begin(), phrase.words().end(), [&](uint16_t word) { return counts.at(word) > 0; });
      if (all && (phrase.words().size() == 1 || phrase.Holds(texts[field], scanner_))) return true;
    }
    return false;
  }

  void Keep(uint64_t row) {
    const size_t before = shard_.postings.size();
    for (uint16_t word : touched_) {
      if (query_.weights[word] > 0) shard_.postings.push_back({frequency_[word], word});
    }
    if (shard_.postings.size() == before) return;
    double length = 0;
    for (int field = 0; field < kFields; ++field) {
      if (boosts_[field] != 0) length += boosts_[field] * static_cast<double>(fields_[field].words);
    }
    // Added up in one order whatever field a word came from first.
    std::sort(shard_.postings.begin() + static_cast<ptrdiff_t>(before), shard_.postings.end(),
              [](const Posting& a, const Posting& b) { return a.word < b.word; });
    shard_.matches.push_back({row, length, shard_.postings.size()});
  }

  const TextQuery& query_;
  const WordScanner& scanner_;
  const std::vector<PhraseMatcher>& phrases_;
  const double (&boosts_)[kFields];
  std::vector<FieldCounts> fields_;
  std::string_view path_;  // what fields_[kPath] has counted
  std::vector<double> frequency_;
  std::vector<uint16_t> touched_;
  Shard shard_;
};

}  // namespace

TextScorer::TextScorer(TextQuery query, const Bm25Options& options, const simd::Kernels& kernels)
    : state_(std::make_unique<State>(std::move(query), options, kernels)) {}

TextScorer::~TextScorer() = default;

void TextScorer::AddBatch(std::span<const TextDocument> documents) {
  BatchCounter counter(state_->query, state_->scanner, state_->phrases, state_->boosts);
  for (const TextDocument& document : documents) counter.Add(document);
  Shard shard = std::move(counter).Take();
  const std::lock_guard lock(state_->mutex);
  state_->shards.push_back(std::move(shard));
}

uint64_t TextScorer::documents() const {
  const std::lock_guard lock(state_->mutex);
  uint64_t total = 0;
  for (const Shard& shard : state_->shards) total += shard.documents;
  return total;
}

std::vector<TextHit> TextScorer::Finish(size_t k) const {
  const std::lock_guard lock(state_->mutex);
  const TextQuery& query = state_->query;
  const Bm25Options& options = state_->options;
  uint64_t documents = 0;
  uint64_t field_words[kFields] = {};
  std::vector<uint64_t> documents_with(query.words.size());
  for (const Shard& shard : state_->shards) {
    documents += shard.documents;
    for (int field = 0; field < kFields; ++field) field_words[field] += shard.field_words[field];
    for (size_t word = 0; word < documents_with.size(); ++word) documents_with[word] += shard.documents_with[word];
  }
  double mean_length = 0;
  for (int field = 0; field < kFields; ++field) {
    mean_length += state_->boosts[field] * static_cast<double>(field_words[field]);
  }
  mean_length /= static_cast<double>(documents);

  std::vector<double> word_score(query.words.size());
  for (size_t word = 0; word < word_score.size(); ++word) {
    const double idf = InverseDocumentFrequency(documents, documents_with[word]);
    word_score[word] = query.weights[word] * idf * (options.k1 + 1);
  }
  std::vector<TextHit> hits;
  for (const Shard& shard : state_->shards) {
    size_t at = 0;
    for (const Match& match : shard.matches) {
      const double damping = options.k1 * (1 - options.b + options.b * match.length / mean_length);
      TextHit hit{match.row, 0};
      for (; at < match.postings_end; ++at) {
        const Posting& posting = shard.postings[at];
        hit.score += word_score[posting.word] * posting.frequency / (posting.frequency + damping);
      }
      hits.push_back(hit);
    }
  }
  const size_t kept = std::min(k, hits.size());
  std::partial_sort(hits.begin(), hits.begin() + static_cast<ptrdiff_t>(kept), hits.end(), Better);
  hits.resize(kept);
  return hits;
}

}  // namespace squire::text
