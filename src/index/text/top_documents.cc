#include "index/text/top_documents.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <limits>
#include <optional>
#include <utility>

#include "simd/kernels.h"

namespace squire::text {
namespace {

/// Sums of floats in another order differ by this much, relatively, at most: so much are bounds greater than scores.
constexpr float kSlack = 1 + 1e-5f;

/// What a document gets of a word at most whose share was at most `share_max` and has grown since.
float BoundOf(const QueryTerm& term, float share_max, float growth) {
  return term.weight * std::min(1.0f, share_max * growth);
}

/// A word in a window.
struct Present {
  const QueryTerm* term = nullptr;
  const PostingList::Part* part = nullptr;
  float bound = 0;  // of what a document gets of the word

  [[nodiscard]] const PostingList& list() const { return *term->postings; }
  [[nodiscard]] uint32_t count() const { return PostingList::CountOf(*part); }
};

/// The words of a search: those that are required, the rarest first, then the others, then those that nobody wants.
std::vector<const QueryTerm*> OrderTerms(std::span<const QueryTerm> terms) {
  std::vector<const QueryTerm*> out;
  out.reserve(terms.size());
  for (const QueryTerm& term : terms)
    if (term.postings != nullptr) out.push_back(&term);
  const auto class_of = [](const QueryTerm* term) { return term->is_excluded ? 2 : term->is_required ? 0 : 1; };
  std::ranges::sort(out, [&](const QueryTerm* a, const QueryTerm* b) {
    const int x = class_of(a), y = class_of(b);
    if (x != y) return x < y;
    if (x == 0 && a->postings->count() != b->postings->count()) return a->postings->count() < b->postings->count();
    return a < b;  // as they were
  });
  return out;
}

/// Windows that may hold an answer, and the words in each.
class Windows {
 public:
  Windows(const PartSearch& search, uint32_t window_bits)
      : windows_((size_t{search.norms->size()} >> window_bits) + 1) {
    for (const QueryTerm& term : search.terms) {
      if (term.postings == nullptr) continue;
      for (const PostingList::Part& part : term.postings->parts()) windows_[part.window].count++;
    }
    uint32_t first = 0;
    for (Window& window : windows_) {
      window.first = first;
      first += std::exchange(window.count, 0);
    }
    present_.resize(first);
    uint32_t required = 0;  // of the words so far: the others only matter where all of those are
    for (const QueryTerm* term : OrderTerms(search.terms)) {
      const float growth = search.norms->GrowthSince(term->postings->norms());
      const uint32_t before = required;
      required += term->is_required ? 1 : 0;
      for (const PostingList::Part& part : term->postings->parts()) {
        Window& window = windows_[part.window];
        if (window.required < before) continue;
        window.required = required;
        const float bound = term->is_excluded ? 0 : BoundOf(*term, part.share_max, growth);
        present_[window.first + window.count++] = {term, &part, bound};
        window.bound += bound;
      }
    }
    const auto wanted = std::ranges::count_if(search.terms, &QueryTerm::is_required);
    heap_.reserve(windows_.size());
    for (uint32_t i = 0; i < windows_.size(); i++)
      if (windows_[i].bound > 0 && windows_[i].required == wanted) heap_.push_back(KeyOf(windows_[i].bound, i));
    std::ranges::make_heap(heap_);
  }

  /// The best one that is left, if it may come to `threshold`.
  std::optional<uint32_t> Next(float threshold) {
    if (heap_.empty()) return std::nullopt;
    std::ranges::pop_heap(heap_);
    const auto window = ~static_cast<uint32_t>(heap_.back());
    heap_.pop_back();
    if (windows_[window].bound * kSlack < threshold) return std::nullopt;
    return window;
  }
  /// As OrderTerms has them.
  [[nodiscard]] std::span<Present> WordsOf(uint32_t window) {
    return std::span(present_).subspan(windows_[window].first, windows_[window].count);
  }

 private:
  struct Window {
    float bound = 0;  // of what one of its documents scores
    uint32_t first = 0, count = 0, required = 0;
  };

  /// Grows with the bound, which is not negative, and falls with the window.
  static uint64_t KeyOf(float bound, uint32_t window) {
    return uint64_t{std::bit_cast<uint32_t>(bound)} << 32 | static_cast<uint32_t>(~window);
  }

  std::vector<Window> windows_;
  std::vector<uint64_t> heap_;
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
  Scores(const PartSearch& search, uint32_t window_bits, SearchRoom& room)
      : norms_(search.norms->view()), documents_(search.norms->size()), size_(uint32_t{1} << window_bits), room_(room) {
    if (room.sums.size() >= size_) return;
    room.sums.resize(size_);
    room.masks.resize(size_ / kBlock);
    room.candidates.resize(size_);
  }

  void Begin(uint32_t window) {
    const uint32_t first = window * size_;
    lengths_ = norms_.lengths + first;
    blocks_ = (std::min(size_, documents_ - first) + kBlock - 1) / kBlock;
    count_ = 0;
  }

  [[nodiscard]] std::span<const uint16_t> candidates() const { return {room_.candidates.data(), count_}; }
  [[nodiscard]] float of(uint16_t local) const { return room_.sums[local]; }

  /// The documents that score `least` by a word become the candidates.
  [[gnu::noinline]] void TakeFrom(const Present& word, float least) {
    const WordShare share_of = ShareOf(word);
    size_t count = 0;
    word.list().ForEach(*word.part,
                        [=, &count, sums = sums(), all = room_.candidates.data()](uint32_t local, uint32_t frequency) {
                          const float share = share_of(local, frequency);
                          sums[local] = share;
                          all[count] = static_cast<uint16_t>(local);
                          count += share >= least ? 1 : 0;
                        });
    count_ = count;
  }

  /// The documents that score `least` by several words become the candidates.
  [[gnu::noinline]] void TakeFrom(std::span<const Present> words, float least, const simd::Kernels& kernels) {
    std::fill_n(sums(), blocks_ * kBlock, 0.0f);
    for (const Present& word : words) AddAll(word);
    kernels.mask_at_least(sums(), blocks_, least, room_.masks.data());
    uint16_t* next = room_.candidates.data();
    for (size_t i = 0; i < blocks_; i++)
      for (uint64_t mask = room_.masks[i]; mask != 0; mask &= mask - 1)
        *next++ = static_cast<uint16_t>(kBlock * i + static_cast<size_t>(std::countr_zero(mask)));
    count_ = static_cast<size_t>(next - room_.candidates.data());
  }

  /// The documents that hold all of some words become the candidates, with a score of 0. REQUIRES: at least one word,
  /// the rarest first.
  [[gnu::noinline]] void TakeAllOf(std::span<const Present> words) {
    words[0].list().ForEach(
        *words[0].part, [&](uint32_t local, uint32_t) { room_.candidates[count_++] = static_cast<uint16_t>(local); });
    for (const Present& word : words.subspan(1)) {
      if (count_ == 0) return;
      KeepIf(word, true);
    }
    for (const uint16_t local : candidates()) room_.sums[local] = 0;
  }

  /// Adds what a word gives to the candidates that hold it; others may get anything.
  [[gnu::noinline]] void Add(const Present& word) {
    const PostingList& list = word.list();
    const WordShare share_of = ShareOf(word);
    if (list.is_dense()) {
      float* const all = sums();
      for (const uint16_t local : candidates())
        if (list.Holds(*word.part, local))
          all[local] += share_of(local, list.Frequency(list.PostingAt(*word.part, local)));
    } else if (count_ >= word.count() / kFarFewer) {
      AddAll(word);
    } else {
      const auto locals = list.Locals(*word.part);
      auto at = locals.begin();
      for (const uint16_t local : candidates()) {
        at = std::lower_bound(at, locals.end(), local);
        if (at == locals.end()) return;
        const auto posting = word.part->first + static_cast<uint32_t>(at - locals.begin());
        if (*at == local) room_.sums[local] += share_of(local, list.Frequency(posting));
      }
    }
  }

  /// Drops the candidates that do or do not hold a word.
  [[gnu::noinline]] void KeepIf(const Present& word, bool holds) {
    const PostingList& list = word.list();
    if (list.is_dense()) {
      DropIf([&](uint16_t local) { return list.Holds(*word.part, local) != holds; });
      return;
    }
    const auto locals = list.Locals(*word.part);
    if (count_ < locals.size() / kFarFewer) {
      DropIf([&](uint16_t local) { return std::ranges::binary_search(locals, local) != holds; });
      return;
    }
    if (room_.marks.size() < size_) room_.marks.resize(size_);
    if (++room_.last_mark == 0) {
      std::ranges::fill(room_.marks, uint16_t{0});
      room_.last_mark = 1;
    }
    for (const uint16_t local : locals) room_.marks[local] = room_.last_mark;
    DropIf([&](uint16_t local) { return (room_.marks[local] == room_.last_mark) != holds; });
  }

  /// Drops the candidates that do not come to `threshold` with `rest` more.
  [[gnu::noinline]] void Narrow(float threshold, float rest) {
    if (threshold <= 0) return;
    DropIf([=, sums = sums()](uint16_t local) { return sums[local] * kSlack + rest < threshold; });
  }

 private:
  static constexpr uint32_t kBlock = 64;  // documents of one mask
  static constexpr size_t kFarFewer = 8;  // candidates: so many steps of looking one up cost less than reading a list

  void AddAll(const Present& word) {
    word.list().ForEach(*word.part, [sums = sums(), share_of = ShareOf(word)](uint32_t local, uint32_t frequency) {
      sums[local] += share_of(local, frequency);
    });
  }

  [[nodiscard]] WordShare ShareOf(const Present& word) const {
    return {lengths_, norms_.base, norms_.per_word, word.term->weight};
  }

  /// Without branches: which ones go is not to be foreseen.
  template <class Drop>
  void DropIf(Drop drop) {
    uint16_t* const all = room_.candidates.data();
    size_t kept = 0;
    for (size_t i = 0, count = count_; i < count; i++) {
      const uint16_t local = all[i];
      all[kept] = local;
      kept += drop(local) ? 0 : 1;
    }
    count_ = kept;
  }

  [[nodiscard]] float* sums() const { return room_.sums.data(); }

  const DocumentNorms::View norms_;
  const uint32_t documents_, size_;  // of the part, of a window
  const float* lengths_ = nullptr;   // of the window, as all below
  size_t blocks_ = 0;
  SearchRoom& room_;
  size_t count_ = 0;  // of candidates
};

/// With what optional clauses leave of its score.
[[gnu::noinline]] void OfferScored(const PartSearch& search, FoundDocument found, TopDocuments& top) {
  found.score = search.score(found.document, found.score);
  if (found.score > 0) top.Offer(found);
}

/// Within loops over documents: a call would cost as much as the rest.
[[gnu::always_inline]] inline void OfferIfWanted(const PartSearch& search, const FoundDocument& found,
                                                 TopDocuments& top) {
  if (!top.Takes(found) || (search.is_wanted && !search.is_wanted(found.document))) return;
  if (search.score)
    OfferScored(search, found, top);
  else
    top.Offer(found);
}

class Searcher {
 public:
  Searcher(const PartSearch& search, SearchRoom& room, TopDocuments& top)
      : search_(search),
        top_(top),
        window_bits_(WindowBits(search.norms->size())),
        windows_(search, window_bits_),
        scores_(search, window_bits_, room) {}

  void Run() {
    while (const auto window = windows_.Next(top_.threshold())) SearchWindow(*window);
  }

 private:
  void SearchWindow(uint32_t window) {
    std::span<Present> words = windows_.WordsOf(window);
    scores_.Begin(window);
    size_t wanted = words.size();
    while (words[wanted - 1].term->is_excluded) wanted--;
    const auto excluded = words.subspan(wanted);
    words = words.first(wanted);
    size_t read = 0;  // words that all candidates have their share of
    const auto optional = std::ranges::find_if(words, [](const Present& word) { return !word.term->is_required; });
    if (optional != words.begin()) {
      scores_.TakeAllOf({words.begin(), optional});
      if (scores_.candidates().empty()) return;
    }
    std::ranges::sort(optional, words.end(), std::greater(), &Present::bound);
    SumUp(words);
    if (optional == words.begin()) read = ReadAnyOf(words);
    for (const Present& word : excluded) scores_.KeepIf(word, false);
    for (; read < words.size() && !scores_.candidates().empty(); read++) {
      scores_.Narrow(top_.threshold(), rest_[read]);
      scores_.Add(words[read]);
    }
    OfferCandidates(window << window_bits_);
  }

  /// What the words of a window from each one on add at most.
  void SumUp(std::span<const Present> words) {
    rest_.assign(words.size() + 1, 0);
    for (size_t i = words.size(); i > 0; i--) rest_[i - 1] = rest_[i] + words[i - 1].bound;
    for (float& rest : rest_) rest *= kSlack;
  }

  void OfferCandidates(uint32_t first) {
    for (const uint16_t local : scores_.candidates()) {
      const float score = scores_.of(local);
      if (score < top_.threshold()) continue;
      const uint32_t document = first + local;
      OfferIfWanted(search_, {search_.part, document, score, search_.rows[document]}, top_);
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

  std::vector<float> rest_;  // of the words of the window at hand
};

/// A single word that few documents hold: there is nothing to look up, and to order its windows takes longer than to
/// read them.
void SearchOneWord(const PartSearch& search, const QueryTerm& term, TopDocuments& top) {
  const PostingList& list = *term.postings;
  const DocumentNorms::View norms = search.norms->view();
  const float growth = search.norms->GrowthSince(list.norms());
  for (const PostingList::Part& part : list.parts()) {
    if (BoundOf(term, part.share_max, growth) * kSlack < top.threshold()) continue;
    const uint32_t first = part.window << list.window_bits();
    const WordShare share_of{norms.lengths + first, norms.base, norms.per_word, term.weight};
    list.ForEach(part, [&](uint32_t local, uint32_t frequency) {
      const float score = share_of(local, frequency);
      if (score < top.threshold()) return;
      OfferIfWanted(search, {search.part, first + local, score, search.rows[first + local]}, top);
    });
  }
}

}  // namespace

bool TopDocuments::IsBetter(const FoundDocument& a, const FoundDocument& b) {
  if (a.score != b.score) return a.score > b.score;
  return a.row < b.row;
}

void TopDocuments::Offer(const FoundDocument& found) {
  if (!Takes(found)) return;
  if (heap_.size() < k_) {
    heap_.push_back(found);
    std::ranges::push_heap(heap_, IsBetter);
    return;
  }
  // The worst one goes: what is offered sinks from its place to where both below are better.
  size_t at = 0;
  for (size_t next = 1; next < heap_.size(); next = 2 * at + 1) {
    if (next + 1 < heap_.size() && IsBetter(heap_[next], heap_[next + 1])) next++;
    if (!IsBetter(found, heap_[next])) break;
    heap_[at] = heap_[next];
    at = next;
  }
  heap_[at] = found;
}

std::vector<FoundDocument> TopDocuments::Take() {
  std::ranges::sort(heap_, IsBetter);
  return std::move(heap_);
}

void SearchPart(const PartSearch& search, SearchRoom& room, TopDocuments& top) {
  float bound = 0;
  for (const QueryTerm& term : search.terms) {
    if (term.postings == nullptr || term.is_excluded) continue;
    bound += BoundOf(term, term.postings->share_max(), search.norms->GrowthSince(term.postings->norms()));
  }
  // Rows that were added one by one are in small parts, most of which have nothing that comes near.
  if (bound * kSlack < top.threshold()) return;
  constexpr uint32_t kFewPostings = 4096;
  if (search.terms.size() == 1 && bound > 0 && search.terms[0].postings->count() <= kFewPostings)
    return SearchOneWord(search, search.terms[0], top);
  Searcher(search, room, top).Run();
}

}  // namespace squire::text
