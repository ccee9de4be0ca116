#include "upkeep/check_vector_index.h"

#include <algorithm>
#include <map>

#include "index/coverage.h"
#include "index/vector/ivf_builder.h"
#include "index/vector/vector_index.h"
#include "index/vector/vectors.h"
#include "index/vector/write_index.h"
#include "table/file_names.h"
#include "table/scan.h"
#include "upkeep/check_fragment.h"

namespace squire::upkeep {
namespace {

constexpr size_t kRowsAtOnce = 1024;
constexpr uint64_t kStrangeShare = 64;  // one row in so many of another program's may be made by other rules

class Checker {
 public:
  Checker(const table::Snapshot& snapshot, const pb::IndexMetadata& entry)
      : snapshot_(snapshot),
        entry_(entry),
        folder_(snapshot.paths().Index(table::UuidText(entry.uuid()))),
        is_ours_(table::WriterOf("_indices", table::UuidText(entry.uuid())).has_value()) {}

  Result<int64_t> Run(bool deep) {
    const auto metric = vector::MetricOfIndex(entry_);
    if (!metric && metric.error().code != Code::kUnsupported) return metric.error();
    const auto any = TRY(vector::VectorIndex::Open(snapshot_.files(), folder_));
    const Field* field = entry_.fields_size() == 1 ? snapshot_.FindField(entry_.fields(0)) : nullptr;
    if (field == nullptr || !vector::IsVectorType(field->type)) return Corruption("it is of no column", folder_);
    const auto dim = static_cast<size_t>(field->type.width);
    if (any->dim() != dim)
      return Corruption(
          "its vectors have " + std::to_string(any->dim()) + " dimensions, those of the column " + std::to_string(dim),
          folder_);
    if (metric && any->metric() != *metric) return Corruption("its files have another metric than it", folder_);
    const bool has_addresses = (snapshot_.manifest().reader_feature_flags() & lance::kFlagStableRowIds) == 0;
    // Of other kinds, rows and pages are checked as those of any index file.
    if (!deep || !has_addresses || !any->can_encode()) return bytes_;
    auto opened = vector::IvfReader::Open(snapshot_.files(), folder_);
    if (!opened) return std::move(opened.error());
    const vector::IvfReader& index = *opened;
    column_.schema.fields = {*field};
    column_.field_ids = {entry_.fields(0)};
    const bool is_half = field->type.children[0].type.id == TypeId::kHalfFloat;
    rounding_ = is_half ? 1e-3f : 1.2e-7f;
    if (!TRY(FindCovered())) return bytes_;
    const std::vector<float> rotated = vector::RotateCenters(index.quantizer().rotation(), index.centers());
    for (size_t partition = 0; partition < index.centers().count(); partition++) {
      const auto checked = CheckPartition(index, rotated, partition);
      if (!checked) return checked.error();
      if (!*checked) return bytes_;
    }
    if (disagreeing_ > (is_ours_ ? 0 : num_rows_ / kStrangeShare))
      return Corruption("the codes of " + std::to_string(disagreeing_) + " rows are not those of their vectors",
                        folder_);
    if (is_ours_) TRY(FindMissing(index.quantizer()));
    return bytes_;
  }

 private:
  struct Covered {
    const lance::RowSet* deleted;
    lance::RowSet seen;
  };

  /// False when a fragment is damaged: that is told of by itself.
  Result<bool> FindCovered() {
    for (const uint64_t id : TRY(index::CoveredFragments(snapshot_, entry_))) {
      table::Fragment* fragment = snapshot_.FindFragment(id);
      if (fragment == nullptr) continue;
      const auto deleted = fragment->Deleted();
      if (!deleted && IsDamage(deleted.error())) return false;
      covered_.emplace(id, Covered{TRY(deleted), lance::RowSet(fragment->meta().physical_rows())});
    }
    return true;
  }

  /// False when the column is damaged.
  Result<bool> CheckPartition(const vector::IvfReader& index, std::span<const float> rotated, size_t partition) {
    const vector::CodeRows rows = TRY(index.Read(partition));
    bytes_ += static_cast<int64_t>(rows.size() * 28 + rows.signs.size() + rows.extra.size());
    std::vector<size_t> live;
    for (size_t row = 0; row < rows.size(); row++)
      if (TRY(IsLive(rows.addresses[row]))) live.push_back(row);
    for (size_t first = 0; first < live.size(); first += kRowsAtOnce) {
      const auto some = std::span(live).subspan(first, std::min(kRowsAtOnce, live.size() - first));
      const auto compared = Compare(index, rotated, partition, rows, some);
      if (!compared && IsDamage(compared.error())) return false;
      TRY(compared);
    }
    return true;
  }

  Result<bool> IsLive(uint64_t address) {
    const uint64_t id = address >> 32, offset = address & 0xffffffff;
    const auto found = covered_.find(id);
    if (found == covered_.end()) return false;
    Covered& fragment = found->second;
    if (offset >= fragment.seen.num_rows())
      return Corruption("it names row " + std::to_string(offset) + " of fragment " + std::to_string(id) +
                            ", which has " + std::to_string(fragment.seen.num_rows()),
                        folder_);
    if (fragment.deleted->Contains(offset)) return false;
    if (!fragment.seen.Add(offset) && is_ours_)
      return Corruption("it has row " + std::to_string(offset) + " of fragment " + std::to_string(id) + " twice",
                        folder_);
    return true;
  }

  /// Codes of rows of a partition with their vectors.
  Result<void> Compare(const vector::IvfReader& index, std::span<const float> rotated, size_t partition,
                       const vector::CodeRows& rows, std::span<const size_t> which) {
    std::vector<uint64_t> addresses;
    for (const size_t row : which) addresses.push_back(rows.addresses[row]);
    const Batch batch = TRY(table::TakeRows(snapshot_, column_, addresses));
    const Array vectors = TRY(vector::ToFloats(batch.columns[0]));
    const vector::CodeShape& shape = index.quantizer().shape();
    for (size_t i = 0; i < which.size(); i++) {
      const size_t row = which[i];
      num_rows_++;
      const auto items = vectors.Items<float>(static_cast<int64_t>(i));
      std::vector<float> values(items.begin(), items.end());
      const bool has_vector = vectors.IsValid(static_cast<int64_t>(i)) && index.quantizer().Prepare(values);
      const vector::CodeFactors factors{rows.add[row], rows.scale[row], rows.error[row], rows.add_extra[row],
                                        rows.scale_extra[row]};
      disagreeing_ +=
          !has_vector || !index.quantizer().Agrees(values, index.centers()[partition],
                                                   rotated.subspan(partition * shape.dim, shape.dim),
                                                   rows.signs.data() + row * shape.sign_bytes(),
                                                   rows.extra.data() + row * shape.extra_bytes(), factors, rounding_);
    }
    bytes_ += batch.columns[0].byte_size();
    return {};
  }

  /// Rows that have a vector and are not in the index.
  Result<void> FindMissing(const vector::Quantizer& quantizer) {
    const size_t dim = quantizer.shape().dim;
    for (size_t i = 0; i < snapshot_.num_fragments(); i++) {
      const table::Fragment& fragment = snapshot_.fragment(i);
      const auto covered = covered_.find(fragment.id());
      if (covered == covered_.end() || covered->second.seen.count() == static_cast<uint64_t>(fragment.live_rows()))
        continue;
      std::optional<uint64_t> missing;
      const auto read = ReadInBatches(fragment.physical_rows(), [&](int64_t first, int64_t count) -> Result<int64_t> {
        vector::VectorRows rows = TRY(vector::ReadVectors(snapshot_, column_, {i, first, count}));
        for (size_t row = 0; row < rows.addresses.size(); row++)
          if (quantizer.Prepare(std::span(rows.values).subspan(row * dim, dim)) &&
              !covered->second.seen.Contains(rows.addresses[row] & 0xffffffff))
            missing = rows.addresses[row];
        return static_cast<int64_t>(rows.values.size() * sizeof(float));
      });
      if (!read && IsDamage(read.error())) return {};  // the column's damage is told of by itself
      bytes_ += static_cast<int64_t>(TRY(read));
      if (missing)
        return Corruption(
            "it lacks row " + std::to_string(*missing & 0xffffffff) + " of fragment " + std::to_string(fragment.id()),
            folder_);
    }
    return {};
  }

  const table::Snapshot& snapshot_;
  const pb::IndexMetadata& entry_;
  const std::string folder_;
  const bool is_ours_;
  table::Projection column_;
  float rounding_ = 0;
  std::map<uint64_t, Covered> covered_;
  uint64_t num_rows_ = 0, disagreeing_ = 0;
  int64_t bytes_ = 0;
};

}  // namespace

Result<int64_t> CheckVectorIndex(const table::Snapshot& snapshot, const pb::IndexMetadata& index, bool deep) {
  return Checker(snapshot, index).Run(deep);
}

}  // namespace squire::upkeep
