#include "engine/scanner.h"

#include <algorithm>

#include "query/pieces.h"

namespace squire::engine {
namespace {

constexpr int64_t kBatchBytes = 2 << 20;  // of values of known width: a batch is to stay in the processor's caches
constexpr int64_t kBatchRowsMin = 256;
constexpr size_t kFewOf = 8;  // when at most one row in so many is selected, its columns are read for it alone

/// What is read, in two steps: the columns that the selection looks at, then the others for the rows that it selects.
struct Plan {
  table::Projection wanted;   ///< what the caller gets
  table::Projection rest;     ///< the wanted columns that the selection does not look at
  std::vector<size_t> place;  ///< of each wanted column among those of the selection, then the rest
};

class PieceScanner : public Scanner {
 public:
  PieceScanner(std::shared_ptr<const table::Snapshot> snapshot, query::Selection selection, Plan plan,
               const ScanOptions& options)
      : snapshot_(std::move(snapshot)),
        selection_(std::move(selection)),
        plan_(std::move(plan)),
        with_row_address_(options.with_row_address) {
    rows_max_ = BatchRows(options.batch_rows);
  }
  Result<void> Begin() {
    pieces_ = TRY(query::PlanPieces(*snapshot_, selection_, rows_max_));
    return {};
  }

  Result<std::optional<Batch>> Next() override {
    while (at_ < pieces_.size()) {
      const query::Piece& piece = pieces_[at_++];
      auto rows =
          selection_.passes_everything() ? TRY(query::ReadPiece(*snapshot_, plan_.wanted, piece)) : TRY(Select(piece));
      if (rows.addresses.empty()) continue;
      if (with_row_address_) TRY(AddAddresses(rows));
      return std::optional(std::move(rows.batch));
    }
    return std::optional<Batch>();
  }

 private:
  [[nodiscard]] int64_t BatchRows(int64_t rows_max) const {
    int64_t bits = 1;
    for (const auto* projection : {&plan_.wanted, &selection_.columns()})
      for (const Field& field : projection->schema.fields) bits += field.type.bit_width();
    return std::clamp(kBatchBytes * 8 / bits, std::min(kBatchRowsMin, std::max<int64_t>(1, rows_max)),
                      std::max<int64_t>(1, rows_max));
  }

  Result<table::RangeBatch> Select(const query::Piece& piece) {
    auto rows = TRY(query::ReadPiece(*snapshot_, selection_.columns(), piece));
    if (rows.addresses.empty()) return rows;
    const auto keep = TRY(selection_.Keep(rows.batch));
    std::vector<int64_t> kept;
    std::vector<uint64_t> addresses;
    for (size_t row = 0; row < keep.size(); row++) {
      if (!keep[row]) continue;
      kept.push_back(static_cast<int64_t>(row));
      addresses.push_back(rows.addresses[row]);
    }
    if (kept.empty()) return table::RangeBatch();
    const bool are_few = kept.size() <= keep.size() / kFewOf;
    Batch rest;
    if (are_few && !plan_.rest.field_ids.empty())
      rest = TRY(table::TakeRows(*snapshot_, plan_.rest, addresses));
    else if (!plan_.rest.field_ids.empty())
      rest = TRY(query::ReadPiece(*snapshot_, plan_.rest, piece)).batch;

    table::RangeBatch out;
    out.batch = {plan_.wanted.schema, {}, std::ssize(kept)};
    const size_t looked_at = rows.batch.columns.size();
    for (const size_t place : plan_.place) {
      const bool is_taken = kept.size() == keep.size() || (are_few && place >= looked_at);
      const Array& column = place < looked_at ? rows.batch.columns[place] : rest.columns[place - looked_at];
      out.batch.columns.push_back(is_taken ? column : TRY(TakeRows(column, kept)));
    }
    out.addresses = std::move(addresses);
    return out;
  }

  static Result<void> AddAddresses(table::RangeBatch& rows) {
    ArrayBuilder builder(TypeId::kUInt64);
    for (uint64_t address : rows.addresses) builder.Append(address);
    rows.batch.schema.fields.push_back({kRowAddressColumn, TypeId::kUInt64, false, {}});
    rows.batch.columns.push_back(TRY(builder.Finish()));
    return {};
  }

  std::shared_ptr<const table::Snapshot> snapshot_;
  query::Selection selection_;
  Plan plan_;
  bool with_row_address_;
  int64_t rows_max_ = 0;
  std::vector<query::Piece> pieces_;
  size_t at_ = 0;
};

}  // namespace

Result<std::unique_ptr<Scanner>> OpenScanner(std::shared_ptr<const table::Snapshot> snapshot,
                                             const ScanOptions& options) {
  auto selection = TRY(query::Selection::Make(*snapshot, options.where, options.filter));
  Plan plan;
  plan.wanted = TRY(table::Project(*snapshot, options.columns));
  const auto& looked_at = selection.columns().schema.fields;
  std::vector<std::string> rest;
  for (const Field& field : plan.wanted.schema.fields) {
    const auto at = std::ranges::find(looked_at, field.name, &Field::name);
    plan.place.push_back(at == looked_at.end() ? looked_at.size() + rest.size()
                                               : static_cast<size_t>(at - looked_at.begin()));
    if (at == looked_at.end()) rest.push_back(field.name);
  }
  plan.rest = TRY(query::ProjectExactly(*snapshot, rest));
  auto scanner = std::make_unique<PieceScanner>(std::move(snapshot), std::move(selection), std::move(plan), options);
  TRY(scanner->Begin());
  return std::unique_ptr<Scanner>(std::move(scanner));
}

}  // namespace squire::engine
