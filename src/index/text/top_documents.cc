#include "index/text/top_documents.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

namespace squire::text {
namespace {

/// Sums of floats in another order differ by this much, relatively, at most: so much are bounds greater than scores.
constexpr float kSlack = 1 + 1e-5f;

/// Reads one word's postings window by window.
class Cursor {
 public:
  Cursor(const QueryTerm& term, const DocumentNorms& norms, uint32_t window_bits)
      : term_(term), window_bits_(window_bits), growth_(norms.GrowthSince(term.postings->norms())) {}

  [[nodiscard]] float weight() const { return term_.weight; }
  /// What a document of a part gets of the word at most.
  [[nodiscard]] float BoundOf(const PostingList::Part& part) const {
    return term_.weight * std::min(1.0f, part.share_max * growth_);
  }
  [[nodiscard]] const QueryTerm& term() const { return term_; }

  /// The part of a window, or null.
  [[nodiscard]] const PostingList::Part* Find(uint32_t window) const {
    const auto parts = term_.postings->parts();
    // Most words are in every window, or in few.
    if (window < parts.size() && parts[window].window == window) return &parts[window];
    const auto at = std::ranges::lower_bound(parts, window, {}, &PostingList::Part::window);
    return at == parts.end() || at->window != window ? nullptr : &*at;
  }

  /// Calls `each(document, frequency)` for the postings of a part.
  template <class Each>
  void ForEach(const PostingList::Part& part, Each each) {
    const uint64_t end = (uint64_t{part.window} + 1) << window_bits_;
    for (uint32_t block = part.block; block < num_blocks() && postings().first_document(block) < end; block++) {
      Load(block);
      const uint32_t count = postings().block_count(block);
      const uint32_t first = FirstFrom(part.window << window_bits_, count);
      const bool is_inside = block_.documents[count - 1] < end;
      const uint32_t last = is_inside ? count : FirstFrom(static_cast<uint32_t>(end), count);
      const uint32_t* const documents = block_.documents.data();
      const uint32_t* const frequencies = block_.frequencies.data();
      for (uint32_t at = first; at < last; at++) each(documents[at], frequencies[at]);
    }
  }

  /// How often a document of a part holds the word; 0 when it does not. REQUIRES: from one call for the part to the
  /// next documents ascend, and `block` is part.block at first.
  uint32_t FrequencyIn(uint32_t& block, uint32_t document) {
    while (block + 1 < num_blocks() && postings().first_document(block + 1) <= document) block++;
    Load(block);
    const uint32_t count = postings().block_count(block);
    const uint32_t at = FirstFrom(document, count);
    return at < count && block_.documents[at] == document ? block_.frequencies[at] : 0;
  }

 private:
  [[nodiscard]] const PostingList& postings() const { return *term_.postings; }
  [[nodiscard]] uint32_t num_blocks() const { return postings().num_blocks(); }

  void Load(uint32_t block) {
    if (loaded_ == block) return;
    postings().Decode(block, block_);
    loaded_ = block;
  }

  /// The first of the loaded block's `count` postings at or after a document. Without branches: where it goes is not to
  /// be foreseen.
  [[nodiscard]] uint32_t FirstFrom(uint32_t document, uint32_t count) const {
    const uint32_t* base = block_.documents.data();
    uint32_t left = count;
    while (left > 1) {
      const uint32_t half = left / 2;
      base += half * static_cast<uint32_t>(base[half - 1] < document);
      left -= half;
    }
    return static_cast<uint32_t>(base - block_.documents.data()) + (*base < document ? 1 : 0);
  }

  const QueryTerm& term_;
  const uint32_t window_bits_;
  const float growth_;  // of shares since the list was parsed
  uint32_t loaded_ = UINT32_MAX;
  PostingBlock block_;
};

struct Window {
  uint32_t number = 0;
  float bound = 0;
};

/// A word in the window at hand.
struct Present {
  Cursor* cursor = nullptr;
  PostingList::Part part;
  float bound = 0;
};

struct Candidate {
  uint32_t document = 0;
  float score = 0;
};

/// Candidates of a window, in room that is made once.
class Candidates {
 public:
  explicit Candidates(size_t max) : room_(max) {}

  void Clear() { count_ = 0; }
  void Push(Candidate candidate) { room_[count_++] = candidate; }
  /// Keeps the first so many.
  void Shorten(size_t count) { count_ = count; }
  template <class Drop>
  void DropIf(Drop drop) {
    count_ = static_cast<size_t>(std::remove_if(begin(), end(), drop) - begin());
  }
  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] Candidate* begin() { return room_.data(); }
  [[nodiscard]] Candidate* end() { return room_.data() + count_; }
  Candidate& operator[](size_t at) { return room_[at]; }

 private:
  std::vector<Candidate> room_;
  size_t count_ = 0;
};

class Searcher {
 public:
  Searcher(const PartSearch& search, TopDocuments& top)
      : search_(search),
        top_(top),
        norms_(search.norms->view()),
        window_bits_(WindowBits(search.norms->size())),
        candidates_(size_t{1} << window_bits_) {
    cursors_.reserve(search.terms.size());
    for (const QueryTerm& term : search.terms) {
      if (term.is_excluded && term.postings == nullptr) continue;
      if (term.is_required) required_++;
      if (term.postings == nullptr) continue;
      cursors_.emplace_back(term, *search.norms, window_bits_);
    }
  }

  void Run() {
    std::vector<Window> windows = PlanWindows();
    const auto is_worse = [](const Window& a, const Window& b) {
      return a.bound < b.bound || (a.bound == b.bound && a.number > b.number);
    };
    std::ranges::make_heap(windows, is_worse);
    for (auto end = windows.end(); end != windows.begin(); --end) {
      std::pop_heap(windows.begin(), end, is_worse);
      const Window& window = *(end - 1);
      if (window.bound * kSlack < top_.threshold()) return;
      SearchWindow(window.number);
    }
  }

 private:
  /// Windows that may hold an answer, with what one of their documents scores at most.
  std::vector<Window> PlanWindows() {
    const size_t count = (size_t{search_.norms->size()} >> window_bits_) + 1;
    std::vector<Window> windows(count);
    std::vector<uint16_t> held(required_ > 0 ? count : 0);
    for (const Cursor& cursor : cursors_) {
      const QueryTerm& term = cursor.term();
      if (term.is_excluded) continue;
      for (const PostingList::Part& part : term.postings->parts()) {
        windows[part.window].bound += cursor.BoundOf(part);
        if (term.is_required) held[part.window]++;
      }
    }
    size_t kept = 0;
    for (uint32_t i = 0; i < count; i++)
      if (windows[i].bound > 0 && (required_ == 0 || held[i] == required_)) windows[kept++] = {i, windows[i].bound};
    windows.resize(kept);
    return windows;
  }

  /// Fills present_ with the words of the window: first those that are required, the rarest first, then by what they
  /// add at most; excluded_ with those that nobody wants.
  void FindPresent(uint32_t window) {
    present_.clear();
    excluded_.clear();
    for (Cursor& cursor : cursors_) {
      const PostingList::Part* part = cursor.Find(window);
      if (part == nullptr) continue;
      const Present present{&cursor, *part, cursor.BoundOf(*part)};
      (cursor.term().is_excluded ? excluded_ : present_).push_back(present);
    }
    std::ranges::sort(present_, [](const Present& a, const Present& b) {
      const QueryTerm &x = a.cursor->term(), &y = b.cursor->term();
      if (x.is_required != y.is_required) return x.is_required;
      if (x.is_required) return x.postings->count() < y.postings->count();
      return a.bound > b.bound;
    });
    rest_.assign(present_.size() + 1, 0);  // what the words from here on add at most
    for (size_t i = present_.size(); i > 0; i--) rest_[i - 1] = rest_[i] + present_[i - 1].bound;
    for (float& rest : rest_) rest *= kSlack;
  }

  void SearchWindow(uint32_t window) {
    FindPresent(window);
    size_t read = 0;  // words whose postings were all looked at
    if (required_ > 0) {
      ReadFirst();
      read = 1;
    } else {
      read = ReadAnyOf(window);
    }
    for (; read < present_.size() && !candidates_.empty(); read++) {
      const bool is_required = present_[read].cursor->term().is_required;
      Narrow(rest_[read]);
      AddTo(present_[read], is_required);
    }
    for (const Present& present : excluded_) Exclude(present);
    for (const Candidate& candidate : candidates_) {
      if (candidate.score < top_.threshold()) continue;
      const FoundDocument found{search_.part, candidate.document, candidate.score, search_.rows[candidate.document]};
      if (top_.Takes(found) && (!search_.is_wanted || search_.is_wanted(candidate.document))) top_.Offer(found);
    }
  }

  void ReadFirst() {
    candidates_.Clear();
    const Present& first = present_[0];
    const float weight = first.cursor->weight();
    Candidate* next = candidates_.begin();
    first.cursor->ForEach(first.part, [&next, weight, norms = norms_](uint32_t document, uint32_t frequency) {
      *next++ = {document, weight * norms.Share(document, frequency)};
    });
    candidates_.Shorten(static_cast<size_t>(next - candidates_.begin()));
  }

  /// Reads the words without which no document gets in; the candidates are all that hold one. Returns how many words.
  size_t ReadAnyOf(uint32_t window) {
    candidates_.Clear();
    const float threshold = top_.threshold();
    size_t needed = 1;
    while (needed < present_.size() && rest_[needed] >= threshold) needed++;
    if (needed == 1) {
      ReadFirst();
      return 1;
    }
    const uint32_t base = window << window_bits_;
    sums_.resize(size_t{1} << window_bits_);
    std::ranges::fill(sums_, 0.0f);
    for (size_t i = 0; i < needed; i++) {
      const float weight = present_[i].cursor->weight();
      float* const sums = sums_.data();
      const auto add = [sums, base, weight, norms = norms_](uint32_t document, uint32_t frequency) {
        sums[document - base] += weight * norms.Share(document, frequency);
      };
      present_[i].cursor->ForEach(present_[i].part, add);
    }
    // What a word adds is never zero.
    const float least = std::max((threshold - rest_[needed]) / kSlack, std::numeric_limits<float>::min());
    TakeSums(base, least);
    return needed;
  }

  /// The documents whose sums are at least `least` become candidates. Few are: eight are asked at once.
  void TakeSums(uint32_t base, float least) {
    using Lanes [[gnu::vector_size(16)]] = float;
    constexpr uint32_t kLanes = 4;
    const float* sums = sums_.data();
    const Lanes limit = {least, least, least, least};
    const auto load = [](const float* from) {
      Lanes out;
      std::memcpy(&out, from, sizeof(out));
      return out;
    };
    static_assert(sizeof(Lanes) == kLanes * sizeof(float));
    for (uint32_t at = 0; at < sums_.size(); at += 2 * kLanes) {
      const auto reached = (load(sums + at) >= limit) | (load(sums + at + kLanes) >= limit);
      std::array<uint64_t, 2> halves;
      std::memcpy(halves.data(), &reached, sizeof(halves));
      if ((halves[0] | halves[1]) == 0) continue;
      for (uint32_t i = at; i < at + 2 * kLanes; i++)
        if (sums[i] >= least) candidates_.Push({base + i, sums[i]});
    }
  }

  /// Drops the candidates that cannot get in with `rest` more.
  void Narrow(float rest) {
    const float threshold = top_.threshold();
    candidates_.DropIf([&](const Candidate& candidate) { return candidate.score * kSlack + rest < threshold; });
  }

  /// Adds a word's share to the candidates that hold it; drops the others where it is required.
  void AddTo(const Present& present, bool is_required) {
    const float weight = present.cursor->weight();
    uint32_t block = present.part.block;
    size_t kept = 0;
    for (Candidate candidate : candidates_) {
      const uint32_t frequency = present.cursor->FrequencyIn(block, candidate.document);
      if (frequency > 0) candidate.score += weight * norms_.Share(candidate.document, frequency);
      if (frequency > 0 || !is_required) candidates_[kept++] = candidate;
    }
    candidates_.Shorten(kept);
  }

  void Exclude(const Present& present) {
    uint32_t block = present.part.block;
    candidates_.DropIf(
        [&](const Candidate& candidate) { return present.cursor->FrequencyIn(block, candidate.document) > 0; });
  }

  const PartSearch& search_;
  TopDocuments& top_;
  const DocumentNorms::View norms_;
  const uint32_t window_bits_;
  std::vector<Cursor> cursors_;
  size_t required_ = 0;

  // Of the window at hand.
  std::vector<Present> present_, excluded_;
  std::vector<float> rest_;
  Candidates candidates_;  // by document
  std::vector<float> sums_;
};

}  // namespace

bool TopDocuments::IsBetter(const FoundDocument& a, const FoundDocument& b) {
  if (a.score != b.score) return a.score > b.score;
  return a.row < b.row;
}

void TopDocuments::Offer(const FoundDocument& found) {
  if (!Takes(found)) return;
  if (heap_.size() == k_) {
    std::ranges::pop_heap(heap_, IsBetter);
    heap_.back() = found;
  } else {
    heap_.push_back(found);
  }
  std::ranges::push_heap(heap_, IsBetter);
}

std::vector<FoundDocument> TopDocuments::Take() {
  std::ranges::sort(heap_, IsBetter);
  return std::move(heap_);
}

void SearchPart(const PartSearch& search, TopDocuments& top) { Searcher(search, top).Run(); }

}  // namespace squire::text
