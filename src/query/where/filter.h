#pragma once

/// Filter: a condition on the rows of a table in the filter language (docs/filters.md), bound to the table's schema.
/// Immutable and cheap to copy; any thread may apply it.

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "query/where/key_condition.h"
#include "squire/table.h"

namespace squire::where {

struct Bound;
struct Program;

class Filter {
 public:
  /// The columns that a batch must hold to be filtered.
  [[nodiscard]] const std::vector<std::string>& columns() const;
  /// True when no row can pass, whatever it holds.
  [[nodiscard]] bool passes_nothing() const { return passes_nothing_; }

  /// Sets keep[row] to 0 for each row of the batch that does not pass. REQUIRES: keep.size() == rows.num_rows; the
  /// batch holds columns() with the types of the schema. ERRORS: InvalidArgument for a value that a CAST does not
  /// allow.
  Result<void> Apply(const Batch& rows, std::span<uint8_t> keep) const;
  /// The same as a row filter for searches; it shares what this holds.
  [[nodiscard]] RowFilter ToRowFilter() const;

  /// What every row that passes must have in the top-level column `column`: the seam where an index answers.
  [[nodiscard]] Result<KeyCondition> ConditionOn(std::string_view column) const;

 private:
  friend Result<Filter> ParseFilter(std::string_view text, const Schema& schema);
  Filter(std::shared_ptr<const Bound> bound, std::shared_ptr<const Program> program, bool passes_nothing)
      : bound_(std::move(bound)), program_(std::move(program)), passes_nothing_(passes_nothing) {}

  std::shared_ptr<const Bound> bound_;
  std::shared_ptr<const Program> program_;
  bool passes_nothing_;
};

/// Parses and binds a filter; `text` is not needed afterwards. Pure.
/// ERRORS: InvalidArgument: what was found, what was expected, and the line and column.
Result<Filter> ParseFilter(std::string_view text, const Schema& schema);

}  // namespace squire::where
