#pragma once

/// Which texts the model runs together. Pure.

#include <cstdint>
#include <span>
#include <vector>

namespace squire::embed {

struct PlannedBatch {
  std::vector<uint32_t> texts;  ///< Indexes into the lengths given.
  uint32_t length = 0;          ///< Tokens a text, padding included.
};

/// Parts texts of `lengths` tokens (each >= 1) into batches of about equal lengths, the longest first.
///
/// The run time keeps some 0.4 MB of plans for every shape [count, length] it meets, so shapes are few: lengths are
/// multiples of 8, counts powers of two with count * length <= `max_tokens` (or 1). A batch is halved while more than a
/// twelfth of it would be padding.
std::vector<PlannedBatch> PlanBatches(std::span<const uint32_t> lengths, uint32_t max_tokens);

}  // namespace squire::embed
