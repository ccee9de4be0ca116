#include "index/vector/ivf_builder.h"

#include <algorithm>

#include "base/parallel.h"

namespace squire::vector {
namespace {

constexpr size_t kRowsPerPiece = 128;  // encoded by one thread at a time

size_t BytesPerRow(const CodeShape& shape) {
  return sizeof(uint64_t) + sizeof(uint32_t) + 5 * sizeof(float) + shape.sign_bytes() + shape.extra_bytes();
}

}  // namespace

std::vector<float> RotateCenters(const Rotation& rotation, const Centers& centers) {
  std::vector<float> out = centers.values;
  for (size_t center = 0; center < centers.count(); center++) rotation.Apply(out.data() + center * centers.dim);
  return out;
}

Result<void> EncodeRows(const Quantizer& quantizer, const Centers& centers, std::span<const float> rotated_centers,
                        std::span<const float> rows, std::span<const uint64_t> addresses,
                        std::span<const uint32_t> center_of, int threads, CodeRows& out) {
  const CodeShape& shape = quantizer.shape();
  const size_t before = out.size(), added = addresses.size(), after = before + added, dim = shape.dim;
  out.addresses.insert(out.addresses.end(), addresses.begin(), addresses.end());
  out.signs.resize(after * shape.sign_bytes());
  out.extra.resize(after * shape.extra_bytes());
  for (auto* factors : {&out.add, &out.scale, &out.error, &out.add_extra, &out.scale_extra}) factors->resize(after);
  const auto encode = [&](size_t piece) -> Result<void> {
    Quantizer::Scratch scratch;
    const size_t end = std::min(added, (piece + 1) * kRowsPerPiece);
    for (size_t i = piece * kRowsPerPiece; i < end; i++) {
      const size_t row = before + i, center = center_of[i];
      const CodeFactors factors = quantizer.Encode(
          rows.subspan(i * dim, dim), centers[center], rotated_centers.subspan(center * dim, dim),
          out.signs.data() + row * shape.sign_bytes(), out.extra.data() + row * shape.extra_bytes(), scratch);
      const bool has_extra = shape.extra_bits() > 0;
      out.add[row] = factors.add;
      out.scale[row] = factors.scale;
      out.error[row] = factors.error;
      out.add_extra[row] = has_extra ? factors.add_extra : factors.add;
      out.scale_extra[row] = has_extra ? factors.scale_extra : factors.scale;
    }
    return {};
  };
  return ParallelFor((added + kRowsPerPiece - 1) / kRowsPerPiece, threads, encode);
}

IvfBuilder::IvfBuilder(std::shared_ptr<table::FileCache> files, std::string folder, Quantizer quantizer,
                       Centers centers, size_t memory_bytes_max, int threads)
    : files_(std::move(files)),
      folder_(std::move(folder)),
      quantizer_(std::move(quantizer)),
      centers_(std::move(centers)),
      rotated_centers_(RotateCenters(quantizer_.rotation(), centers_)),
      origin_(Origin::Of(centers_.values, centers_.dim, quantizer_.metric())),
      memory_bytes_max_(memory_bytes_max),
      threads_(threads) {
  if (!origin_.is_zero()) moved_ = origin_.Moved(centers_);
}

Result<void> IvfBuilder::Add(std::span<const float> rows, std::span<const uint64_t> addresses) {
  const size_t before = partition_.size();
  partition_.resize(before + addresses.size());
  const auto partitions = std::span(partition_).subspan(before);
  if (origin_.is_zero()) {
    TRY(AssignRows(rows, centers_, threads_, partitions));
  } else {
    std::vector<float> moved(rows.begin(), rows.end());
    origin_.Move(moved);
    TRY(AssignRows(moved, moved_, threads_, partitions));
  }
  TRY(EncodeRows(quantizer_, centers_, rotated_centers_, rows, addresses, partitions, threads_, rows_));
  if (rows_.size() * BytesPerRow(quantizer_.shape()) >= memory_bytes_max_) return Spill();
  return {};
}

void IvfBuilder::TakeOver(const IvfReader& previous, Keep keep) { taken_.push_back({&previous, std::move(keep)}); }

void IvfBuilder::SortByPartition() {
  by_partition_.assign(centers_.count(), {});
  for (size_t row = 0; row < partition_.size(); row++) by_partition_[partition_[row]].push_back(row);
}

Result<void> IvfBuilder::WriteSorted(IvfWriter& writer, bool with_others) {
  const CodeShape& shape = quantizer_.shape();
  SortByPartition();
  for (size_t partition = 0; partition < centers_.count(); partition++) {
    CodeRows all;
    if (with_others) {
      for (const Taken& taken : taken_) {
        if (partition >= taken.reader->centers().count()) continue;
        const CodeRows rows = TRY(taken.reader->Read(partition));
        for (size_t row = 0; row < rows.size(); row++)
          if (taken.keep(rows.addresses[row])) all.Append(rows, row, shape);
      }
      for (const IvfReader& run : runs_) {
        const CodeRows rows = TRY(run.Read(partition));
        for (size_t row = 0; row < rows.size(); row++) all.Append(rows, row, shape);
      }
    }
    for (const size_t row : by_partition_[partition]) all.Append(rows_, row, shape);
    TRY(writer.AddPartition(all));
  }
  rows_ = {};
  partition_ = {};
  by_partition_ = {};
  return {};
}

Result<void> IvfBuilder::Spill() {
  run_folders_.push_back(JoinPath(folder_, "run-" + std::to_string(runs_.size()) + ".tmp"));
  TRY(files_->fs().CreateFolders(run_folders_.back()));
  IvfWriter writer = TRY(IvfWriter::Create(files_->fs(), run_folders_.back(), quantizer_, centers_));
  TRY(WriteSorted(writer, false));
  TRY(writer.Finish());
  runs_.push_back(TRY(IvfReader::Open(files_, run_folders_.back())));
  return {};
}

Result<std::vector<std::pair<std::string, uint64_t>>> IvfBuilder::Finish() {
  IvfWriter writer = TRY(IvfWriter::Create(files_->fs(), folder_, quantizer_, centers_));
  TRY(WriteSorted(writer, true));
  runs_.clear();
  for (const std::string& run : run_folders_) TRY(files_->fs().RemoveAll(run));
  return writer.Finish();
}

}  // namespace squire::vector
