#include "sync/search.h"

#include <algorithm>
#include <cmath>
#include <future>
#include <thread>
#include <unordered_map>

#include "base/try.h"
#include "corpus/glob.h"
#include "corpus/language.h"
#include "sync/question.h"
#include "sync/rank.h"

namespace squire::sync {
namespace {

constexpr size_t kCandidates = 100;  // of each list that is fused
constexpr size_t kLimitMax = 1000;

/// Keeps rows by path, language and kind; nothing when the request asks for none of them.
std::optional<RowFilter> FilterOf(const SearchRequest& request) {
  if (request.paths.empty() && request.lang.empty() && request.kind.empty()) return std::nullopt;
  RowFilter filter;
  filter.columns = {kPathColumn, "lang", "kind"};
  auto globs = std::make_shared<std::vector<corpus::PathFilter>>(request.paths.begin(), request.paths.end());
  filter.apply = [globs, lang = corpus::FindLanguage(request.lang), kind = request.kind](
                     const Batch& rows, std::span<uint8_t> keep) -> Result<void> {
    const Array &paths = *rows.Find(kPathColumn), &langs = *rows.Find("lang"), &kinds = *rows.Find("kind");
    std::string_view last_path;
    bool last_matches = true;  // chunks of a file lie side by side: one match a file
    for (size_t i = 0; i < keep.size(); i++) {
      const auto row = static_cast<int64_t>(i);
      if (!lang.empty() && langs.Text(row) != lang) keep[i] = 0;
      if (!kind.empty() && kinds.Text(row) != kind) keep[i] = 0;
      if (!keep[i] || globs->empty()) continue;
      const std::string_view path = paths.Text(row);
      if (path.data() == nullptr || path != last_path) {
        last_path = path;
        last_matches = std::ranges::any_of(*globs, [&](const corpus::PathFilter& glob) { return glob.Matches(path); });
      }
      if (!last_matches) keep[i] = 0;
    }
    return {};
  };
  return filter;
}

Result<std::vector<float>> EmbedQuery(const std::string& query, uint32_t dimension,
                                      const std::function<Result<embed::Embedder*>()>& open_embedder) {
  embed::Embedder* embedder = TRY(open_embedder());
  std::vector<float> vector(dimension);
  const std::string_view texts[] = {query};
  TRY(embedder->Embed(texts, vector));
  return vector;
}

/// The chunks that a search found, and their places in its rankings.
class Found {
 public:
  void AddWords(std::span<const Hit> hits) {
    for (size_t i = 0; i < hits.size(); i++) At(hits[i]).words = {i + 1, hits[i].score};
  }
  void AddVectors(std::span<const Hit> hits) {
    for (size_t i = 0; i < hits.size(); i++) At(hits[i]).vector = {i + 1, -hits[i].score};
  }

  /// Reads what the ranking asks of the chunks.
  Result<void> Describe(const Table& table) {
    std::vector<uint64_t> rows;
    for (const Candidate& candidate : candidates_) rows.push_back(candidate.row);
    columns_ = TRY(table.Take(rows, {kPathColumn, kNameColumn, "kind"}));
    for (size_t i = 0; i < candidates_.size(); i++) {
      const auto row = static_cast<int64_t>(i);
      candidates_[i].path = columns_.columns[0].Text(row);
      candidates_[i].name = columns_.columns[1].Text(row);
      candidates_[i].kind = columns_.columns[2].Text(row);
    }
    return {};
  }

  [[nodiscard]] std::span<const Candidate> candidates() const { return candidates_; }

 private:
  Candidate& At(const Hit& hit) {
    const auto [place, is_new] = places_.try_emplace(hit.row_address, candidates_.size());
    if (is_new) candidates_.push_back({.row = hit.row_address});
    return candidates_[place->second];
  }

  std::vector<Candidate> candidates_;
  std::unordered_map<uint64_t, size_t> places_;
  Batch columns_;
};

/// In the order of the one ranking that was asked for.
std::vector<Ranked> RankByOne(std::span<const Candidate> candidates, bool by_words) {
  std::vector<Ranked> out;
  for (size_t i = 0; i < candidates.size(); i++) {
    const RankIn& in = by_words ? candidates[i].words : candidates[i].vector;
    const double score = by_words ? in.value : -in.value;
    out.push_back({i, score, {{by_words ? "words" : "vector", in.rank, in.value, score}}});
  }
  return out;
}

Result<std::vector<SearchHit>> ToHits(const Table& table, std::span<const Candidate> candidates,
                                      std::vector<Ranked> ranked) {
  std::vector<uint64_t> rows;
  for (const Ranked& hit : ranked) rows.push_back(candidates[hit.candidate].row);
  const Batch columns =
      TRY(table.Take(rows, {kPathColumn, "start_line", "end_line", "kind", kNameColumn, "lang", kTextColumn}));
  std::vector<SearchHit> out;
  for (size_t i = 0; i < ranked.size(); i++) {
    const auto row = static_cast<int64_t>(i);
    const auto text = [&](size_t column) { return std::string(columns.columns[column].Text(row)); };
    out.push_back({text(0), columns.columns[1].values<int32_t>()[i], columns.columns[2].values<int32_t>()[i],
                   ranked[i].score, text(3), text(4), text(5), text(6), std::move(ranked[i].parts)});
  }
  return out;
}

/// The chunk at a place, the smallest of several, and its vector.
struct Example {
  uint64_t row = 0;
  std::vector<float> vector;
};

Result<Example> FindExample(const Table& table, const Place& place) {
  std::string quoted;
  for (const char c : place.path) quoted += c == '\'' ? std::string("\'\'") : std::string(1, c);
  const std::string where = std::string(kPathColumn) + " = '" + quoted + "'";
  const auto scanner =
      TRY(table.Scan({.columns = {"start_line", "end_line", kVectorColumn}, .where = where, .with_row_address = true}));
  std::optional<Example> best;
  int32_t best_lines = 0;
  bool has_file = false;
  while (auto batch = TRY(scanner->Next())) {
    has_file = true;
    const auto first = batch->Find("start_line")->values<int32_t>(), last = batch->Find("end_line")->values<int32_t>();
    const Array& vectors = *batch->Find(kVectorColumn);
    for (size_t i = 0; i < first.size(); i++) {
      if (place.line < first[i] || place.line > last[i]) continue;
      if (!vectors.IsValid(static_cast<int64_t>(i)) || (best && last[i] - first[i] >= best_lines)) continue;
      const auto vector = vectors.Items<float>(static_cast<int64_t>(i));
      best_lines = last[i] - first[i];
      best = {batch->Find("_rowaddr")->values<uint64_t>()[i], {vector.begin(), vector.end()}};
    }
  }
  if (best) return *std::move(best);
  if (has_file) return NotFound("no chunk of the index holds line " + std::to_string(place.line) + " of " + place.path);
  return NotFound("the index has no file " + place.path + "; `squire index --why` tells which are left out");
}

Result<void> Check(const SearchRequest& request) {
  if (request.limit < 1 || request.limit > kLimitMax)
    return InvalidArgument("the number of hits must lie between 1 and " + std::to_string(kLimitMax));
  if (request.per_file > kLimitMax)
    return InvalidArgument("the number of hits of a file must lie between 1 and " + std::to_string(kLimitMax));
  const auto is_weight = [](double weight) { return std::isfinite(weight) && weight >= 0; };
  if (!is_weight(request.word_weight) || !is_weight(request.vector_weight))
    return InvalidArgument("a weight is a number from 0 on");
  if (!request.lang.empty() && corpus::FindLanguage(request.lang).empty())
    return InvalidArgument("there is no language '" + request.lang +
                           "': wanted is a name (python, cpp, markdown) or a file's extension");
  if (!request.like && request.query.find_first_not_of(" \t\r\n") == std::string::npos)
    return InvalidArgument("the query is empty");
  return {};
}

}  // namespace

Result<SearchAnswer> Ask(const Table& table, const ModelRecord& model, const SearchRequest& request,
                         const std::function<Result<embed::Embedder*>()>& open_embedder) {
  using Mode = SearchRequest::Mode;
  TRY(Check(request));
  const int threads =
      request.threads > 0 ? request.threads : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  const Mode mode = request.like ? Mode::kVector : request.mode;
  const auto filter = FilterOf(request);
  const size_t wanted =
      request.per_file > 0 ? std::min(kLimitMax, request.limit * request.per_file * 4) : request.limit;
  const size_t candidates = mode == Mode::kAuto || request.per_file > 0 ? std::max(kCandidates, wanted) : wanted;

  std::optional<Example> example;
  if (request.like) example = TRY(FindExample(table, *request.like));
  std::future<Result<std::vector<float>>> embedding;
  if (mode != Mode::kText && !example)
    embedding =
        std::async(std::launch::async, [&] { return EmbedQuery(request.query, model.dimension, open_embedder); });

  SearchAnswer answer;
  Found found;
  if (mode != Mode::kVector) {
    auto words = table.TextSearch(WithoutStopWords(request.query), {.name_column = kNameColumn,
                                                                    .path_column = kPathColumn,
                                                                    .limit = candidates,
                                                                    .threads = threads,
                                                                    .where = request.where,
                                                                    .filter = filter});
    if (!words) {
      if (embedding.valid()) embedding.wait();
      return std::move(words.error());
    }
    found.AddWords(*words);
  }
  const auto search_vectors = [&](std::span<const float> vector) -> Result<void> {
    auto hits = TRY(table.VectorSearch(vector, {.column = kVectorColumn,
                                                .limit = candidates + (example ? 1 : 0),
                                                .threads = threads,
                                                .where = request.where,
                                                .filter = filter}));
    if (example) std::erase_if(hits, [&](const Hit& hit) { return hit.row_address == example->row; });
    found.AddVectors(hits);
    return {};
  };
  if (example) TRY(search_vectors(example->vector));
  if (embedding.valid()) {
    const auto vector = embedding.get();
    if (!vector && mode == Mode::kVector) return vector.error();
    if (vector)
      TRY(search_vectors(*vector));
    else
      answer.note = "searched by words only: " + vector.error().ToString();
  }

  TRY(found.Describe(table));
  const bool has_both = mode == Mode::kAuto && answer.note.empty();
  std::vector<Ranked> ranked = has_both
                                   ? Fuse(request.query, found.candidates(), request.word_weight, request.vector_weight)
                                   : RankByOne(found.candidates(), mode != Mode::kVector);
  if (request.per_file > 0)
    ranked = GroupByFile(ranked, found.candidates(), request.limit, request.per_file);
  else if (ranked.size() > request.limit)
    ranked.resize(request.limit);
  answer.hits = TRY(ToHits(table, found.candidates(), std::move(ranked)));
  return answer;
}

}  // namespace squire::sync
