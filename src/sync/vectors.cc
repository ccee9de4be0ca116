#include "sync/vectors.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "base/try.h"
#include "sync/trust.h"

namespace squire::sync {
namespace {
constexpr size_t kEmbedSlice = 128;  // texts between two writes of the spool: a few seconds of the local model
}

Result<std::unique_ptr<embed::Embedder>> OpenEmbedder(const EmbedderChoice& choice, int threads, uint32_t dimension) {
  if (choice.url.empty()) {
    embed::LocalOptions options;
    options.threads = static_cast<uint32_t>(std::max(0, threads));
    return embed::OpenLocal(options);
  }
  TRY(CheckTrusted(choice.url));
  embed::HttpOptions options;
  options.url = choice.url;
  options.model = choice.model;
  options.dimension = dimension;
  return embed::OpenHttp(std::move(options));
}

Result<void> VectorSource::LoadKnown() {
  known_.emplace();
  if (table_ == nullptr) return {};
  const auto& metadata = table_->schema().metadata;
  const auto fingerprint = metadata.find(kFingerprintKey);
  if (fingerprint == metadata.end() || fingerprint->second != model_.fingerprint) return {};
  const Schema ours = ChunkSchema(model_);
  for (const char* column : {kContentHashColumn, kVectorColumn}) {  // others may have added columns; these two are read
    const int at = table_->schema().Find(column), want = ours.Find(column);
    const auto type_of = [](const Schema& schema, int index) { return schema.fields[static_cast<size_t>(index)].type; };
    if (at < 0 || !(type_of(table_->schema(), at) == type_of(ours, want))) return {};
  }
  auto scanner = TRY(table_->Scan({.columns = {kContentHashColumn}, .batch_rows = 65'536, .with_row_address = true}));
  while (const auto batch = TRY(scanner->Next())) {
    const auto addresses = batch->columns[1].values<uint64_t>();
    for (int64_t row = 0; row < batch->num_rows; row++)
      known_->push_back({ParseHash(batch->columns[0].Text(row)), addresses[static_cast<size_t>(row)]});
  }
  std::ranges::sort(*known_, {}, [](const Known& k) { return std::pair(k.key, k.row_address); });
  return {};
}

Result<void> VectorSource::ReadFromTable(std::span<const HashKey> keys, std::vector<float>& out,
                                         std::vector<size_t>& missing) {
  if (missing.empty()) return {};
  // Rows that cannot be read are no reason to fail: their vectors are made anew.
  if (!known_ && !LoadKnown()) known_.emplace();
  std::vector<uint64_t> addresses;
  std::vector<size_t> found, still_missing;
  for (size_t i : missing) {
    const auto at = std::ranges::lower_bound(*known_, keys[i], {}, &Known::key);
    const bool is_known = at != known_->end() && at->key == keys[i];
    (is_known ? found : still_missing).push_back(i);
    if (is_known) addresses.push_back(at->row_address);
  }
  if (!addresses.empty()) {
    const auto rows = table_->Take(addresses, {kVectorColumn});
    for (size_t i = 0; i < found.size(); i++) {
      if (!rows || !rows->columns[0].IsValid(static_cast<int64_t>(i))) {
        still_missing.push_back(found[i]);
        continue;
      }
      const auto vector = rows->columns[0].Items<float>(static_cast<int64_t>(i));
      std::ranges::copy(vector, out.begin() + static_cast<ptrdiff_t>(found[i] * model_.dimension));
      counts_.reused++;
    }
  }
  missing = std::move(still_missing);
  return {};
}

Result<std::vector<float>> VectorSource::Get(std::span<const HashKey> keys, std::span<const std::string> texts,
                                             std::stop_token stop,
                                             const std::function<void(uint64_t, uint64_t)>& made) {
  const size_t dimension = model_.dimension;
  std::vector<float> out(keys.size() * dimension);
  const auto vector_of = [&](size_t i) { return std::span(out).subspan(i * dimension, dimension); };
  std::unordered_map<HashKey, size_t, HashKeyHasher> first;
  std::vector<size_t> missing;
  for (size_t i = 0; i < keys.size(); i++) {
    if (!first.emplace(keys[i], i).second) continue;
    if (TRY(spool_.Read(keys[i], vector_of(i))))
      (spool_.IsLeftOver(keys[i]) ? counts_.resumed : counts_.reused)++;
    else
      missing.push_back(i);
  }
  TRY(ReadFromTable(keys, out, missing));
  TRY(Embed(keys, texts, std::move(missing), out, stop, made));
  for (size_t i = 0; i < keys.size(); i++) {
    if (const size_t from = first[keys[i]]; from != i) {
      std::ranges::copy(vector_of(from), vector_of(i).begin());
      counts_.reused++;
    }
  }
  return out;
}

Result<void> VectorSource::Embed(std::span<const HashKey> keys, std::span<const std::string> texts,
                                 std::vector<size_t> missing, std::vector<float>& out, std::stop_token stop,
                                 const std::function<void(uint64_t, uint64_t)>& made) {
  if (missing.empty()) return {};
  embed::Embedder* embedder = TRY(open_embedder_());
  // Texts of like length together: a batch is padded to its longest.
  std::ranges::sort(missing, std::greater(), [&](size_t i) { return std::pair(texts[i].size(), i); });
  const size_t dimension = model_.dimension;
  for (size_t begin = 0; begin < missing.size(); begin += kEmbedSlice) {
    const size_t count = std::min(kEmbedSlice, missing.size() - begin);
    std::vector<std::string_view> slice;
    std::vector<HashKey> slice_keys;
    for (size_t i : std::span(missing).subspan(begin, count)) {
      slice.push_back(texts[i]);
      slice_keys.push_back(keys[i]);
    }
    std::vector<float> vectors(count * dimension);
    TRY(embedder->Embed(slice, vectors, &stats_, stop));
    TRY(spool_.Add(slice_keys, vectors));
    for (size_t i = 0; i < count; i++) {
      std::copy_n(vectors.begin() + static_cast<ptrdiff_t>(i * dimension), dimension,
                  out.begin() + static_cast<ptrdiff_t>(missing[begin + i] * dimension));
    }
    counts_.embedded += count;
    if (made) made(begin + count, missing.size());
  }
  return {};
}

}  // namespace squire::sync
