#pragma once

/// Distinct texts in the order they first came in, and the number of one for each text that was added.

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace squire::lance {

class TextDictionary {
 public:
  /// REQUIRES: `text` outlives the dictionary, which holds fewer than 2^32.
  void Add(std::string_view text) {
    const auto [at, is_new] = numbers_.try_emplace(text, static_cast<uint32_t>(entries_.size()));
    if (is_new) entries_.push_back(text);
    indices_.push_back(at->second);
  }
  [[nodiscard]] const std::vector<std::string_view>& entries() const { return entries_; }
  [[nodiscard]] const std::vector<uint32_t>& indices() const { return indices_; }

 private:
  std::unordered_map<std::string_view, uint32_t> numbers_;
  std::vector<std::string_view> entries_;
  std::vector<uint32_t> indices_;
};

}  // namespace squire::lance
