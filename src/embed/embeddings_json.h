#pragma once

/// The bodies of OpenAI's /v1/embeddings: what is asked, and what is answered, checked. Pure.
/// Source: https://platform.openai.com/docs/api-reference/embeddings

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/try.h"

namespace squire::embed {

/// The request for vectors of `texts`. An empty text is sent as a space: endpoints refuse the empty string. Bytes that
/// are not UTF-8 become U+FFFD. With `base64`, vectors are asked for as base64 of little-endian float32: a third of the
/// bytes.
std::string EmbeddingsRequest(const std::string& model, std::span<const std::string_view> texts, bool base64);

struct EmbeddingsAnswer {
  uint32_t dimension = 0;
  uint64_t tokens = 0;         ///< usage.prompt_tokens, or 0.
  std::vector<float> vectors;  ///< [count, dimension], of unit length, in the order of the texts.
};

/// Reads an answer for `count` texts; `dimension` 0 takes that of the first vector.
/// ERRORS: Io, not retryable, for what is no such answer (not JSON, wrong count, index missing or twice, NaN, zero
/// vector); InvalidArgument for a wrong dimension.
Result<EmbeddingsAnswer> ReadEmbeddings(std::string_view body, size_t count, uint32_t dimension);

}  // namespace squire::embed
