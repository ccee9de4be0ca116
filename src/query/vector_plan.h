#pragma once

/// VectorPlan: how the vectors of one column of one version are searched: through which indexes, and which rows have to
/// be looked at besides. Made once a version (of the first, anew for the second search) and kept with the table's
/// files; immutable, any thread may use it.

#include <map>
#include <memory>
#include <vector>

#include "index/vector/vector_index.h"
#include "table/snapshot.h"

namespace squire::query {

class VectorPlan {
 public:
  /// The plan for the column of `field_id`, `dim` wide. Indexes of other kinds, metrics and dimensions are passed over.
  /// An index that cannot be read is passed over, and told of in the log. ERRORS: Corruption, Io.
  static Result<std::shared_ptr<const VectorPlan>> For(const table::Snapshot& snapshot, int32_t field_id, size_t dim,
                                                       simd::Metric metric);

  /// An index and the live rows that are looked for in it.
  struct Segment {
    std::shared_ptr<const vector::VectorIndex> index;
    vector::RowMask live;
    std::vector<size_t> fragments;  ///< that they lie in, by index in the snapshot
  };
  [[nodiscard]] const std::vector<Segment>& segments() const { return segments_; }
  /// Rows that the first segment's index does not have, encoded for it; its mask has those that are live.
  [[nodiscard]] const std::vector<const vector::Partition*>& fresh() const { return fresh_; }
  /// Fragments, by index in the snapshot, whose rows are all to be measured.
  [[nodiscard]] const std::vector<size_t>& uncovered() const { return uncovered_; }

 private:
  VectorPlan() = default;
  Result<void> OpenSegments(const table::Snapshot& snapshot, int32_t field_id, size_t dim, simd::Metric metric,
                            const VectorPlan* previous);
  [[nodiscard]] int64_t CountUncovered(const table::Snapshot& snapshot) const;
  Result<void> EncodeFresh(const table::Snapshot& snapshot, int32_t field_id, const VectorPlan* previous);

  uint64_t version_ = 0;
  bool is_encoded_ = false;  // the rows that are new
  bool is_whole_ = true;     // no index was passed over because of a failure
  std::vector<Segment> segments_;
  std::map<std::string, std::shared_ptr<const vector::VectorIndex>> opened_;        // by folder
  std::map<uint64_t, std::shared_ptr<const vector::Partition>> fresh_by_fragment_;  // of the first segment's index
  std::vector<const vector::Partition*> fresh_;
  std::vector<size_t> uncovered_;
};

}  // namespace squire::query
