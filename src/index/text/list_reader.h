#pragma once

/// ListReader: looks documents up in a list of postings, in any order. Belongs to one thread.

#include <span>

#include "index/text/posting_list.h"

namespace squire::text {

class ListReader {
 public:
  /// REQUIRES: the list outlives the reader.
  explicit ListReader(const PostingList& list) : list_(&list) {}

  /// Whether a document holds the word.
  bool Find(uint32_t document);
  /// Where the word stands in the document that Find found. REQUIRES: the list has positions.
  [[nodiscard]] Places places() const { return list_->PlacesOf(posting_); }
  /// How often it stands there.
  [[nodiscard]] uint32_t frequency() const { return list_->Frequency(posting_); }

 private:
  const PostingList* list_;
  uint32_t posting_ = 0;  // of the document that was found
};

/// Whether several words stand one behind the other, each so far behind the first as `offsets` say.
/// REQUIRES: every reader has found the document.
bool HoldsPhrase(std::span<const ListReader* const> readers, std::span<const uint32_t> offsets);

}  // namespace squire::text
