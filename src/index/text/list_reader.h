#pragma once

/// ListReader: looks documents up in a list of postings, in any order. Belongs to one thread.

#include <span>
#include <vector>

#include "base/try.h"
#include "index/text/posting_list.h"

namespace squire::text {

class ListReader {
 public:
  /// REQUIRES: the list outlives the reader.
  explicit ListReader(const PostingList& list) : list_(&list) {}

  /// Whether a document holds the word.
  bool Find(uint32_t document);
  /// Where the word stands in the document that Find found. ERRORS: Corruption. REQUIRES: the list has positions.
  Result<std::span<const uint32_t>> Positions();
  /// Documents that hold the word.
  [[nodiscard]] uint32_t count() const { return list_->count(); }

 private:
  const PostingList* list_;
  uint32_t block_ = UINT32_MAX;
  uint32_t at_ = 0;  // of the document that was found
  PostingBlock decoded_;
  std::vector<uint32_t> positions_;  // in that document
};

/// Where several words stand one behind the other, each so far behind the first as `offsets` say.
/// REQUIRES: every reader has found the document. ERRORS: Corruption.
Result<bool> HoldsPhrase(std::span<ListReader* const> readers, std::span<const uint32_t> offsets);

}  // namespace squire::text
