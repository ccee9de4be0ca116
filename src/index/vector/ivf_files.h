#pragma once

/// The files of a vector index whose rows are kept as codes in partitions: index.idx (centers) and auxiliary.idx
/// (codes). Lance's own form of it, IVF_RQ: other programs use it, and theirs are used here. Source:
/// docs/vector_index.md.

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "index/vector/ivf_model.h"
#include "index/vector/kmeans.h"
#include "index/vector/quantizer.h"
#include "lance/file_reader.h"
#include "lance/file_writer.h"
#include "table/file_cache.h"

namespace squire::vector {

inline constexpr char kVectorDetailsUrl[] = "/lance.index.pb.VectorIndexDetails";

/// Codes of rows, column by column; signs one row after the other.
struct CodeRows {
  std::vector<uint64_t> addresses;
  std::vector<uint8_t> signs, extra;
  std::vector<float> add, scale, error, add_extra, scale_extra;

  [[nodiscard]] size_t size() const { return addresses.size(); }
  void Append(const CodeRows& from, size_t row, const CodeShape& shape);
};

/// What is looked at of every row that is scanned; signs as files keep them.
struct SignRows {
  std::span<const uint8_t> packed;
  std::span<const float> add, scale, error;
};
/// What is looked at of rows whose estimates are near.
struct MagnitudeRows {
  std::span<const uint64_t> addresses;
  std::span<const uint8_t> extra;
  std::span<const float> add, scale;
};

/// Writes both files, partition by partition. Belongs to one thread.
class IvfWriter {
 public:
  /// Creates the files in `folder`, which exists. REQUIRES: centers of the quantizer's dimension.
  static Result<IvfWriter> Create(FileSystem& fs, const std::string& folder, const Quantizer& quantizer,
                                  Centers centers);

  /// The rows of the next partition.
  Result<void> AddPartition(const CodeRows& rows);

  /// Syncs and closes; file names and sizes. REQUIRES: a partition was added for each center.
  Result<std::vector<std::pair<std::string, uint64_t>>> Finish();

 private:
  IvfWriter(FileSystem& fs, std::string folder, const Quantizer& quantizer, Centers centers,
            std::unique_ptr<lance::FileWriter> codes);

  FileSystem& fs_;
  std::string folder_;
  CodeShape shape_;
  simd::Metric metric_;
  Centers centers_;
  std::unique_ptr<lance::FileWriter> codes_;
  Schema schema_;
  std::vector<uint64_t> offsets_;
  std::vector<uint32_t> lengths_;
  uint64_t num_rows_ = 0;
};

/// Immutable; safe to share between threads. Files are opened anew when they are read, as long as the caller keeps the
/// cache that they are opened through.
class IvfReader {
 public:
  /// Reads centers, lengths and description, no codes. ERRORS: Corruption; Unsupported for another kind of index, or
  /// one whose codes are not of the form that is read; both name what it is.
  static Result<IvfReader> Open(std::shared_ptr<table::FileCache> files, const std::string& folder);
  static Result<IvfReader> Open(std::shared_ptr<table::FileCache> files, IvfModel model);

  [[nodiscard]] const Quantizer& quantizer() const { return quantizer_; }
  [[nodiscard]] const Centers& centers() const { return model_.centers; }
  [[nodiscard]] size_t rows_of(size_t partition) const { return model_.lengths[partition]; }
  [[nodiscard]] uint64_t num_rows() const { return model_.num_rows; }

  /// The codes of one partition. ERRORS: Corruption.
  [[nodiscard]] Result<CodeRows> Read(size_t partition) const;

  /// Hands out the signs of the partitions in `wanted`, which ascend, one after the other: those that lie near each
  /// other are read together. ERRORS: Corruption; those of `use`.
  using UseSigns = std::function<Result<void>(size_t partition, const SignRows& rows)>;
  Result<void> ReadSigns(std::span<const size_t> wanted, const UseSigns& use) const;
  /// Hands out the rest of one partition.
  using UseMagnitudes = std::function<Result<void>(const MagnitudeRows& rows)>;
  Result<void> ReadMagnitudes(size_t partition, const UseMagnitudes& use) const;

 private:
  IvfReader(const std::shared_ptr<table::FileCache>& files, IvfModel model, Quantizer quantizer)
      : files_(files), model_(std::move(model)), quantizer_(std::move(quantizer)) {}
  Result<void> FindColumns(lance::FileReader& file);
  [[nodiscard]] Result<std::shared_ptr<lance::FileReader>> OpenCodes() const;

  std::weak_ptr<table::FileCache> files_;  // which may hold the index that this reads for: not the other way, too
  IvfModel model_;
  Quantizer quantizer_;
  std::vector<lance::ColumnTree> columns_;
};

}  // namespace squire::vector
