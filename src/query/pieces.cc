#include "query/pieces.h"

#include <algorithm>
#include <map>

#include "index/key/btree.h"

namespace squire::query {
namespace {

using Kind = where::KeyCondition::Kind;

constexpr int64_t kFewOf = 8;  // an index is asked where at most one of its pages in so many is to be read

/// Zeros of two signs and NaN are ordered by an index as the condition does not order them.
bool HasPlainOrder(TypeId id) { return id != TypeId::kFloat && id != TypeId::kDouble; }

/// What the index knows of a condition, and how much of it is to be read for that.
class Question {
 public:
  static Result<std::optional<Question>> Ask(std::shared_ptr<const index::BTree> tree,
                                             const where::KeyCondition& condition) {
    Question question(std::move(tree));
    if (condition.kind == Kind::kKeys) {
      question.keys_ = condition.keys;
      question.pages_ = condition.keys.length;
    } else if (condition.kind == Kind::kRange) {
      question.lower_ = BoundOf(condition.lower);
      question.upper_ = BoundOf(condition.upper);
      question.pages_ = question.tree_->CountPages(question.lower_, question.upper_);
    } else {
      return std::optional<Question>();
    }
    if (question.pages_ * question.tree_->page_rows() * kFewOf > question.tree_->num_entries())
      return std::optional<Question>();
    return std::optional(std::move(question));
  }

  [[nodiscard]] int64_t pages() const { return pages_; }
  [[nodiscard]] const index::BTree& tree() const { return *tree_; }
  [[nodiscard]] Result<std::vector<uint64_t>> Answer() const {
    return keys_.length > 0 ? tree_->Find(keys_) : tree_->FindRange(lower_, upper_);
  }

 private:
  explicit Question(std::shared_ptr<const index::BTree> tree) : tree_(std::move(tree)) {}
  static std::optional<index::BTree::Bound> BoundOf(const std::optional<where::KeyBound>& bound) {
    if (!bound) return std::nullopt;
    return index::BTree::Bound{index::KeyAt(bound->value, 0), bound->is_inclusive};
  }

  std::shared_ptr<const index::BTree> tree_;
  Array keys_;
  std::optional<index::BTree::Bound> lower_, upper_;
  int64_t pages_ = 0;
};

/// The cheapest question that an index can answer for the condition; nothing where there is none.
Result<std::optional<Question>> BestQuestion(const table::Snapshot& snapshot, const where::Filter& filter) {
  std::optional<Question> best;
  if (snapshot.indices().indices_size() == 0) return best;
  for (const std::string& column : filter.columns()) {
    const int at = snapshot.schema().Find(column);
    if (at < 0) continue;
    const auto place = static_cast<size_t>(at);
    const DataType& type = snapshot.schema().fields[place].type;
    if (!index::CanIndex(type) || !HasPlainOrder(type.id)) continue;
    auto tree = TRY(index::FindBTree(snapshot, snapshot.field_id(place)));
    if (tree == nullptr) continue;
    auto question = TRY(Question::Ask(tree, TRY(filter.ConditionOn(column))));
    if (question && (!best || question->pages() < best->pages())) best = std::move(question);
  }
  return best;
}

/// Rows that an index names, by fragment: those that are still there, ascending.
Result<std::map<uint64_t, std::vector<uint64_t>>> LiveRows(const table::Snapshot& snapshot, const Question& question) {
  std::map<uint64_t, std::vector<uint64_t>> rows;
  std::vector<uint64_t> addresses = TRY(question.Answer());
  std::ranges::sort(addresses);
  addresses.erase(std::ranges::unique(addresses).begin(), addresses.end());
  for (uint64_t address : addresses) {
    table::Fragment* fragment = snapshot.FindFragment(address >> 32);
    if (fragment == nullptr || !question.tree().Covers(fragment->id())) continue;
    const uint64_t offset = address & 0xffffffff;
    if (offset >= static_cast<uint64_t>(fragment->physical_rows()))
      return Corruption("an index names a row that its fragment does not have", snapshot.paths().root);
    if (!TRY(fragment->Deleted())->Contains(offset)) rows[fragment->id()].push_back(address);
  }
  return rows;
}

}  // namespace

Result<std::vector<Piece>> PlanPieces(const table::Snapshot& snapshot, const Selection& selection, int64_t rows_max) {
  std::vector<Piece> pieces;
  if (selection.passes_nothing()) return pieces;
  std::optional<Question> question;
  if (selection.where()) question = TRY(BestQuestion(snapshot, *selection.where()));
  std::map<uint64_t, std::vector<uint64_t>> named;
  if (question) named = TRY(LiveRows(snapshot, *question));
  for (const table::RowRange& range : table::PlanRanges(snapshot, rows_max)) {
    const uint64_t id = snapshot.fragment(range.fragment).id();
    if (!question || !question->tree().Covers(id)) {
      pieces.push_back({range, {}});
      continue;
    }
    const auto rows = named.find(id);
    if (range.first > 0 || rows == named.end()) continue;
    for (size_t first = 0; first < rows->second.size(); first += static_cast<size_t>(rows_max)) {
      const size_t last = std::min(rows->second.size(), first + static_cast<size_t>(rows_max));
      pieces.push_back({range,
                        {rows->second.begin() + static_cast<ptrdiff_t>(first),
                         rows->second.begin() + static_cast<ptrdiff_t>(last)}});
    }
  }
  return pieces;
}

Result<table::RangeBatch> ReadPiece(const table::Snapshot& snapshot, const table::Projection& projection,
                                    const Piece& piece) {
  if (piece.addresses.empty()) return table::ReadRange(snapshot, projection, piece.range);
  return table::RangeBatch{TRY(table::TakeRows(snapshot, projection, piece.addresses)), piece.addresses};
}

}  // namespace squire::query
