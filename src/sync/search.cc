#include "sync/search.h"

#include <algorithm>
#include <future>
#include <thread>

#include "base/try.h"
#include "corpus/glob.h"

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
  filter.apply = [globs, lang = request.lang, kind = request.kind](const Batch& rows,
                                                                   std::span<uint8_t> keep) -> Result<void> {
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

Result<std::vector<SearchHit>> Describe(const Table& table, const std::vector<Hit>& hits) {
  std::vector<uint64_t> addresses;
  for (const Hit& hit : hits) addresses.push_back(hit.row_address);
  const Batch rows =
      TRY(table.Take(addresses, {kPathColumn, "start_line", "end_line", "kind", kNameColumn, "lang", kTextColumn}));
  std::vector<SearchHit> out;
  for (size_t i = 0; i < hits.size(); i++) {
    const auto row = static_cast<int64_t>(i);
    const auto text = [&](size_t column) { return std::string(rows.columns[column].Text(row)); };
    out.push_back({text(0), rows.columns[1].values<int32_t>()[i], rows.columns[2].values<int32_t>()[i],
                   static_cast<double>(hits[i].score), text(3), text(4), text(5), text(6)});
  }
  return out;
}

}  // namespace

Result<SearchAnswer> Ask(const Table& table, const ModelRecord& model, const SearchRequest& request,
                         const std::function<Result<embed::Embedder*>()>& open_embedder) {
  using Mode = SearchRequest::Mode;
  if (request.limit < 1 || request.limit > kLimitMax)
    return InvalidArgument("the number of hits must lie between 1 and " + std::to_string(kLimitMax));
  if (request.query.find_first_not_of(" \t\r\n") == std::string::npos) return InvalidArgument("the query is empty");
  const int threads =
      request.threads > 0 ? request.threads : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  const auto filter = FilterOf(request);
  const size_t candidates = request.mode == Mode::kAuto ? std::max(kCandidates, request.limit) : request.limit;

  std::future<Result<std::vector<float>>> embedding;
  if (request.mode != Mode::kText)
    embedding =
        std::async(std::launch::async, [&] { return EmbedQuery(request.query, model.dimension, open_embedder); });

  SearchAnswer answer;
  std::vector<Hit> words, vectors;
  if (request.mode != Mode::kVector) {
    TextSearchOptions options;
    options.name_column = kNameColumn;
    options.path_column = kPathColumn;
    options.limit = candidates;
    options.threads = threads;
    options.where = request.where;
    options.filter = filter;
    auto found = table.TextSearch(request.query, options);
    if (!found) {
      if (embedding.valid()) embedding.wait();
      return std::move(found.error());
    }
    words = *std::move(found);
  }
  if (embedding.valid()) {
    auto vector = embedding.get();
    if (!vector && request.mode == Mode::kVector) return std::move(vector.error());
    if (!vector)
      answer.note = "searched by words only: " + vector.error().ToString();
    else
      vectors = TRY(table.VectorSearch(
          *vector, {.column = kVectorColumn,
                    .limit = candidates,
                    .threads = threads,
                    .where = request.where,
                    .filter = filter}));
  }
  const bool fuse = request.mode == Mode::kAuto && answer.note.empty();
  std::vector<Hit> hits = request.mode == Mode::kVector ? vectors : words;
  if (fuse) hits = FuseHits(std::vector{words, vectors}, request.limit);
  if (hits.size() > request.limit) hits.resize(request.limit);
  answer.hits = TRY(Describe(table, hits));
  return answer;
}

}  // namespace squire::sync
