#include "index/text/top_documents.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "simd/kernels.h"

namespace squire::text {
namespace {

/// Sums of floats in another order differ by this much, relatively, at most: so much are bounds greater than scores.
constexpr float kSlack = 1 + 1e-5f;

/// A word in a window.
struct Present {
  const QueryTerm* term = nullptr;
  const PostingList::Part* part = nullptr;
  float bound = 0;  // of what a document gets of the word

  [[nodiscard]] const PostingList& list() const { return *term->postings; }
  [[nodiscard]] uint32_t count() const { return PostingList::CountOf(*part); }
};

/// Windows that may hold an answer, and the words in each.
class Windows {
 public:
  struct Window {
    uint32_t number = 0;
    float bound = 0;  // of what one of its documents scores
    uint32_t first = 0, count = 0;
  };

  explicit Windows(const PartSearch& search) {
    const size_t count = (size_t{search.norms->size()} >> WindowBits(search.norms->size())) + 1;
    std::vector<Window> all(count);
    std::vector<uint16_t> held(count);
    uint16_t required = 0;
    for (const QueryTerm& term : search.terms) {
      if (term.is_required) required++;
      if (term.postings == nullptr) continue;
      for (const PostingList::Part& part : term.postings->parts()) {
        all[part.window].count++;
        if (term.is_required) held[part.window]++;
      }
    }
    uint32_t first = 0;
    for (Window& window : all) {
      window.first = first;
      first += std::exchange(window.count, 0);
    }
    present_.resize(first);
    for (const QueryTerm& term : search.terms) {
      if (term.postings == nullptr) continue;
      const float growth = search.norms->GrowthSince(term.postings->norms());
      for (const PostingList::Part& part : term.postings->parts()) {
        Window& window = all[part.window];
        const float bound = term.is_excluded ? 0 : term.weight * std::min(1.0f, part.share_max * growth);
        present_[window.first + window.count++] = {&term, &part, bound};
        window.bound += bound;
      }
    }
    for (uint32_t i = 0; i < count; i++) {
      all[i].number = i;
      if (all[i].bound > 0 && held[i] == required) heap_.push_back(all[i]);
    }
    std::ranges::make_heap(heap_, IsWorse);
  }

  /// The best one that is left, or null.
  const Window* Next() {
    if (left() == 0) return nullptr;
    std::pop_heap(heap_.begin(), heap_.begin() + static_cast<ptrdiff_t>(left()), IsWorse);
    taken_++;
    return &heap_[left()];
  }
  [[nodiscard]] std::span<Present> WordsOf(const Window& window) {
    return std::span(present_).subspan(window.first, window.count);
  }

 private:
  static bool IsWorse(const Window& a, const Window& b) {
    return a.bound < b.bound || (a.bound == b.bound && a.number > b.number);
  }
  [[nodiscard]] size_t left() const { return heap_.size() - taken_; }

  std::vector<Window> heap_;
  size_t taken_ = 0;
  std::vector<Present> present_;  // by window
};

/// What a document of a window gets of a word, in a form that loops can keep in registers.
struct WordShare {
  const float* lengths;  // of the window's documents
  float base, per_word, weight;

  float operator()(uint32_t local, uint32_t frequency) const {
    const auto count = static_cast<float>(frequency);
    return weight * (count / (count + (base + per_word * lengths[local])));
  }
};

/// What the documents of one window score, by where they are in it, and those that may get in: the candidates,
/// ascending.
class Scores {
 public:
  Scores(const PartSearch& search, uint32_t window_bits)
      : norms_(search.norms->view()),
        size_(uint32_t{1} << window_bits),
        sums_(size_),
        marks_(size_),
        masks_(size_ / 64),
        candidates_(size_) {}

  void Begin(uint32_t window) {
    lengths_ = norms_.lengths + (size_t{window} * size_);
    count_ = 0;
  }

  [[nodiscard]] std::span<const uint16_t> candidates() const { return {candidates_.data(), count_}; }
  [[nodiscard]] float of(uint16_t local) const { return sums_[local]; }

  /// The documents that score `least` by a word become the candidates.
  void TakeFrom(const Present& word, float least) {
    const WordShare share_of = ShareOf(word);
    word.list().ForEach(*word.part, [&](uint32_t local, uint32_t frequency) {
      const float share = share_of(local, frequency);
      sums_[local] = share;
      candidates_[count_] = static_cast<uint16_t>(local);
      count_ += share >= least ? 1 : 0;
    });
  }

  /// The documents that score `least` by several words become the candidates.
  void TakeFrom(std::span<const Present> words, float least, const simd::Kernels& kernels) {
    std::ranges::fill(sums_, 0.0f);
    for (const Present& word : words) AddAll(word);
    kernels.mask_at_least(sums_.data(), masks_.size(), least, masks_.data());
    for (size_t i = 0; i < masks_.size(); i++)
      for (uint64_t mask = masks_[i]; mask != 0; mask &= mask - 1)
        candidates_[count_++] = static_cast<uint16_t>(64 * i + static_cast<size_t>(std::countr_zero(mask)));
  }

  /// The documents that hold all of some words become the candidates, with a score of 0. REQUIRES: at least one word,
  /// the rarest first.
  void TakeAllOf(std::span<const Present> words) {
    words[0].list().ForEach(*words[0].part,
                            [&](uint32_t local, uint32_t) { candidates_[count_++] = static_cast<uint16_t>(local); });
    for (const Present& word : words.subspan(1)) {
      if (count_ == 0) return;
      KeepIf(word, true);
    }
    for (const uint16_t local : candidates()) sums_[local] = 0;
  }

  /// Adds what a word gives to the candidates that hold it; others may get anything.
  void Add(const Present& word) {
    constexpr size_t kFarFewer = 4;
    const PostingList& list = word.list();
    const WordShare share_of = ShareOf(word);
    if (list.is_dense()) {
      for (const uint16_t local : candidates())
        if (list.Holds(*word.part, local))
          sums_[local] += share_of(local, list.Frequency(list.PostingAt(*word.part, local)));
    } else if (count_ > word.count() / kFarFewer) {
      AddAll(word);
    } else {
      const auto locals = list.Locals(*word.part);
      auto at = locals.begin();
      for (const uint16_t local : candidates()) {
        at = std::lower_bound(at, locals.end(), local);
        if (at == locals.end()) return;
        const auto posting = word.part->first + static_cast<uint32_t>(at - locals.begin());
        if (*at == local) sums_[local] += share_of(local, list.Frequency(posting));
      }
    }
  }

  /// Drops the candidates that do or do not hold a word.
  void KeepIf(const Present& word, bool holds) {
    const PostingList& list = word.list();
    if (list.is_dense()) {
      DropIf([&](uint16_t local) { return list.Holds(*word.part, local) != holds; });
      return;
    }
    if (++mark_ == 0) {
      std::ranges::fill(marks_, uint16_t{0});
      mark_ = 1;
    }
    for (const uint16_t local : list.Locals(*word.part)) marks_[local] = mark_;
    DropIf([&](uint16_t local) { return (marks_[local] == mark_) != holds; });
  }

  /// Drops the candidates that do not come to `threshold` with `rest` more.
  void Narrow(float threshold, float rest) {
    DropIf([&](uint16_t local) { return sums_[local] * kSlack + rest < threshold; });
  }

 private:
  void AddAll(const Present& word) {
    word.list().ForEach(*word.part,
                        [sums = sums_.data(), share_of = ShareOf(word)](uint32_t local, uint32_t frequency) {
                          sums[local] += share_of(local, frequency);
                        });
  }

  [[nodiscard]] WordShare ShareOf(const Present& word) const {
    return {lengths_, norms_.base, norms_.per_word, word.term->weight};
  }

  /// Without branches: which ones go is not to be foreseen.
  template <class Drop>
  void DropIf(Drop drop) {
    size_t kept = 0;
    for (const uint16_t local : candidates()) {
      candidates_[kept] = local;
      kept += drop(local) ? 0 : 1;
    }
    count_ = kept;
  }

  const DocumentNorms::View norms_;
  const uint32_t size_;
  const float* lengths_ = nullptr;  // of the window
  std::vector<float> sums_;
  std::vector<uint16_t> marks_;  // the documents that are marked have mark_
  uint16_t mark_ = 0;
  std::vector<uint64_t> masks_;
  std::vector<uint16_t> candidates_;
  size_t count_ = 0;
};

class Searcher {
 public:
  Searcher(const PartSearch& search, TopDocuments& top)
      : search_(search),
        top_(top),
        window_bits_(WindowBits(search.norms->size())),
        windows_(search),
        scores_(search, window_bits_) {}

  void Run() {
    while (const Windows::Window* window = windows_.Next()) {
      if (window->bound * kSlack < top_.threshold()) return;
      SearchWindow(*window);
    }
  }

 private:
  /// Orders the words of a window: those that are required, the rarest first, then by what they add at most, and those
  /// that nobody wants behind.
  void Order(std::span<Present> words) {
    const auto class_of = [](const Present& word) {
      return word.term->is_excluded ? 2 : word.term->is_required ? 0 : 1;
    };
    std::ranges::sort(words, [&](const Present& a, const Present& b) {
      const int x = class_of(a), y = class_of(b);
      if (x != y) return x < y;
      return x == 0 ? a.count() < b.count() : a.bound > b.bound;
    });
    required_ = wanted_ = 0;
    for (const Present& word : words) {
      required_ += word.term->is_required ? 1 : 0;
      wanted_ += word.term->is_excluded ? 0 : 1;
    }
    rest_.assign(wanted_ + 1, 0);  // what the words from here on add at most
    for (size_t i = wanted_; i > 0; i--) rest_[i - 1] = rest_[i] + words[i - 1].bound;
    for (float& rest : rest_) rest *= kSlack;
  }

  void SearchWindow(const Windows::Window& window) {
    const std::span<Present> words = windows_.WordsOf(window);
    Order(words);
    scores_.Begin(window.number);
    size_t read = 0;  // words that all candidates have their share of
    if (required_ > 0)
      scores_.TakeAllOf(words.first(required_));
    else
      read = ReadAnyOf(words.first(wanted_));
    for (const Present& word : words.subspan(wanted_)) scores_.KeepIf(word, false);
    for (; read < wanted_ && !scores_.candidates().empty(); read++) {
      scores_.Narrow(top_.threshold(), rest_[read]);
      scores_.Add(words[read]);
    }
    const uint32_t first = window.number << window_bits_;
    for (const uint16_t local : scores_.candidates()) {
      const float score = scores_.of(local);
      if (score < top_.threshold()) continue;
      const uint32_t document = first + local;
      const FoundDocument found{search_.part, document, score, search_.rows[document]};
      if (top_.Takes(found) && (!search_.is_wanted || search_.is_wanted(document))) top_.Offer(found);
    }
  }

  /// Reads the words without which no document gets in. Returns how many.
  size_t ReadAnyOf(std::span<const Present> words) {
    const float threshold = top_.threshold();
    size_t needed = 1;
    while (needed < words.size() && rest_[needed] >= threshold) needed++;
    // What a word adds is never zero.
    const float least = std::max((threshold - rest_[needed]) / kSlack, std::numeric_limits<float>::min());
    if (needed == 1)
      scores_.TakeFrom(words[0], least);
    else
      scores_.TakeFrom(words.first(needed), least, kernels_);
    return needed;
  }

  const PartSearch& search_;
  TopDocuments& top_;
  const uint32_t window_bits_;
  const simd::Kernels& kernels_ = simd::ActiveKernels();
  Windows windows_;
  Scores scores_;

  // Of the window at hand.
  size_t required_ = 0, wanted_ = 0;  // words
  std::vector<float> rest_;
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
