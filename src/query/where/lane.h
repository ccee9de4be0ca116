#pragma once

/// Lane: the values of one expression for the rows of a batch, or one value for all of them. Belongs to one evaluation.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/try.h"
#include "query/where/value.h"
#include "squire/array.h"

namespace squire::where {

struct Lane {
  ValueType type;
  bool is_constant = false;    ///< one entry stands for every row
  std::vector<uint8_t> truth;  ///< of booleans, null as kUnknown
  std::vector<uint8_t> valid;  ///< of the others: 1 = not null
  std::vector<Int128> exact;
  std::vector<double> number;
  std::vector<std::string_view> text;  ///< into the batch, or into `owned`
  std::shared_ptr<std::string> owned;

  [[nodiscard]] size_t At(size_t row) const { return is_constant ? 0 : row; }
  [[nodiscard]] bool IsValid(size_t row) const {
    return type.kind == Kind::kBool ? truth[At(row)] != kUnknown : valid[At(row)] != 0;
  }
};

/// The rows of a column. REQUIRES: a type that TypeOf knows by value.
Lane LaneOf(const Array& column);
Lane LaneOf(const Value& value);
/// Entry `row`. Text is copied.
Value ValueAt(const Lane& lane, size_t row);

/// A lane of `rows` nulls of `type`, or one for all rows; what a computation fills.
Lane EmptyLane(const ValueType& type, size_t rows, bool is_constant);

/// Collects text of rows that did not lie in the batch.
class TextRows {
 public:
  explicit TextRows(Lane& lane) : lane_(lane), ends_(lane.valid.size()) {}
  std::string& bytes() { return *bytes_; }
  /// What was appended to bytes() since the last row is the text of `row`. Rows come in order.
  void Set(size_t row) {
    lane_.valid[row] = 1;
    ends_[row] = bytes_->size();
  }
  void SetNull(size_t row) { ends_[row] = bytes_->size(); }
  void Finish();

 private:
  Lane& lane_;
  std::vector<size_t> ends_;
  std::shared_ptr<std::string> bytes_ = std::make_shared<std::string>();
};

}  // namespace squire::where
