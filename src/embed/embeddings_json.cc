#include "embed/embeddings_json.h"

#include <array>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <vector>

namespace squire::embed {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxDimension = 65536;

Error Malformed(const std::string& what) {
  Error error;
  error.code = Code::kIo;
  error.message = "the endpoint's answer is not one of /v1/embeddings: " + what;
  return error;
}

Error WrongDimension(size_t got, uint32_t want) {
  return InvalidArgument("the endpoint's vectors have " + std::to_string(got) + " dimensions, not " +
                         std::to_string(want) + "; name the model that made the index, or rebuild it");
}

/// The value of a base64 digit, or -1.
int DigitValue(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

Result<std::vector<float>> FromBase64(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  if (text.size() > kMaxDimension * 6) return Malformed("a vector is too long");
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const int value = DigitValue(c);
    if (value < 0) return Malformed("a vector is not base64");
    bits = bits << 6 | static_cast<uint32_t>(value);
    held += 6;
    if (held >= 8) bytes.push_back(static_cast<char>(bits >> (held -= 8)));
  }
  if (bytes.size() % sizeof(float) != 0) return Malformed("a base64 vector is not of whole floats");
  std::vector<float> out(bytes.size() / sizeof(float));
  std::memcpy(out.data(), bytes.data(), bytes.size());
  return out;
}

Result<std::vector<float>> ReadVector(const Json& json) {
  if (json.is_string()) return FromBase64(json.get_ref<const std::string&>());
  if (!json.is_array() || json.size() > kMaxDimension) return Malformed("an embedding is neither an array nor base64");
  std::vector<float> out;
  out.reserve(json.size());
  for (const Json& value : json) {
    if (!value.is_number()) return Malformed("a vector holds what is no number");
    out.push_back(value.get<float>());
  }
  return out;
}

/// Copies `vector` to `out` in unit length.
Result<void> PutUnit(const std::vector<float>& vector, float* out) {
  double sum = 0;
  for (const float value : vector) sum += static_cast<double>(value) * value;
  if (!std::isfinite(sum)) return Malformed("a vector holds NaN or infinity");
  if (sum == 0) return Malformed("a vector is all zeros");
  const double scale = 1 / std::sqrt(sum);
  for (size_t i = 0; i < vector.size(); ++i) out[i] = static_cast<float>(vector[i] * scale);
  return {};
}

}  // namespace

std::string EmbeddingsRequest(const std::string& model, std::span<const std::string_view> texts, bool base64) {
  Json input = Json::array();
  for (const std::string_view text : texts) input.push_back(text.empty() ? " " : text);
  Json request = {{"model", model}, {"input", std::move(input)}};
  if (base64) request["encoding_format"] = "base64";
  return request.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<EmbeddingsAnswer> ReadEmbeddings(std::string_view body, size_t count, uint32_t dimension) {
  const Json json = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object())
    return Malformed(body.find('<') < 64 ? "it is HTML; is the URL right?" : "it is not a JSON object");
  const auto data = json.find("data");
  if (data == json.end() || !data->is_array()) return Malformed("it has no array \"data\"");
  if (data->size() != count) {
    return Malformed(std::to_string(data->size()) + " vectors for " + std::to_string(count) + " texts");
  }
  EmbeddingsAnswer answer;
  answer.dimension = dimension;
  std::vector<bool> seen(count);
  for (size_t at = 0; at < count; ++at) {
    const Json& entry = (*data)[at];
    if (!entry.is_object() || !entry.contains("embedding")) return Malformed("an entry without an embedding");
    size_t index = at;
    if (const auto told = entry.find("index"); told != entry.end()) {
      if (!told->is_number_unsigned() || told->get<uint64_t>() >= count) return Malformed("an index out of range");
      index = told->get<size_t>();
    }
    if (seen[index]) return Malformed("two vectors of index " + std::to_string(index));
    seen[index] = true;
    const std::vector<float> vector = TRY(ReadVector(entry["embedding"]));
    if (at == 0) {
      if (dimension == 0) answer.dimension = static_cast<uint32_t>(vector.size());
      answer.vectors.resize(count * answer.dimension);
    }
    if (vector.size() != answer.dimension || vector.empty()) return WrongDimension(vector.size(), answer.dimension);
    TRY(PutUnit(vector, answer.vectors.data() + index * answer.dimension));
  }
  const auto usage = json.find("usage");
  if (usage != json.end() && usage->is_object() && usage->contains("prompt_tokens") &&
      (*usage)["prompt_tokens"].is_number_unsigned()) {
    answer.tokens = (*usage)["prompt_tokens"].get<uint64_t>();
  }
  return answer;
}

}  // namespace squire::embed
