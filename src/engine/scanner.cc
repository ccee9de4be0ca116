#include "engine/scanner.h"

#include "query/filter.h"
#include "table/scan.h"

namespace squire::engine {
namespace {

class RangeScanner : public Scanner {
 public:
  RangeScanner(std::shared_ptr<const table::Snapshot> snapshot, table::Projection wanted, table::Projection read,
               const ScanOptions& options)
      : snapshot_(std::move(snapshot)),
        wanted_(std::move(wanted)),
        read_(std::move(read)),
        options_(options),
        ranges_(table::PlanRanges(*snapshot_, std::max<int64_t>(1, options.batch_rows))) {}

  Result<std::optional<Batch>> Next() override {
    while (at_ < ranges_.size()) {
      auto rows = TRY(table::ReadRange(*snapshot_, read_, ranges_[at_++]));
      if (options_.filter) TRY(query::ApplyFilter(*options_.filter, rows));
      if (rows.batch.num_rows == 0) continue;
      rows.batch.columns.resize(wanted_.field_ids.size());  // columns that only the filter wanted come last
      rows.batch.schema = wanted_.schema;
      if (options_.with_row_address) TRY(AddAddresses(rows));
      return std::optional(std::move(rows.batch));
    }
    return std::optional<Batch>();
  }

 private:
  static Result<void> AddAddresses(table::RangeBatch& rows) {
    ArrayBuilder builder(TypeId::kUInt64);
    for (uint64_t address : rows.addresses) builder.Append(address);
    rows.batch.schema.fields.push_back({kRowAddressColumn, TypeId::kUInt64, false, {}});
    rows.batch.columns.push_back(TRY(builder.Finish()));
    return {};
  }

  std::shared_ptr<const table::Snapshot> snapshot_;
  table::Projection wanted_, read_;
  ScanOptions options_;
  std::vector<table::RowRange> ranges_;
  size_t at_ = 0;
};

}  // namespace

Result<std::unique_ptr<Scanner>> OpenScanner(std::shared_ptr<const table::Snapshot> snapshot,
                                             const ScanOptions& options) {
  table::Projection wanted = TRY(table::Project(*snapshot, options.columns));
  std::vector<std::string> names;
  for (const Field& field : wanted.schema.fields) names.push_back(field.name);
  if (options.filter) {
    for (const std::string& column : options.filter->columns) {
      if (std::ranges::find(names, column) == names.end()) names.push_back(column);
    }
  }
  table::Projection read = TRY(table::Project(*snapshot, names));
  return std::unique_ptr<Scanner>(
      std::make_unique<RangeScanner>(std::move(snapshot), std::move(wanted), std::move(read), options));
}

}  // namespace squire::engine
