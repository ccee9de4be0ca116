#pragma once

/// KnownWords: the lists of the words that searches asked for lately, of all parts of an index at once, so that a word
/// is looked up once for all of them. Kept as long as the parts are the same. Safe to share between threads.

#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "index/text/searched_part.h"

namespace squire::text {

class KnownWords {
 public:
  struct Lists {
    std::vector<ListCache::ListPtr> of_parts;  ///< null where no document of a part holds the word
    uint64_t documents = 0;                    ///< that hold it, of all parts
    bool with_positions = false;               ///< where the parts have them
  };

  /// What is known of a word; null when it was not asked for, or without positions that are wanted.
  std::shared_ptr<const Lists> Find(std::string_view word, bool with_positions);
  void Keep(std::string_view word, std::shared_ptr<const Lists> lists);

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  struct Known {
    std::shared_ptr<const Lists> lists;
    size_t size_bytes = 0;
  };

  std::mutex mutex_;
  size_t bytes_ = 0;
  std::unordered_map<std::string, Known, Hash, std::equal_to<>> words_;
};

}  // namespace squire::text
