#pragma once

/// EncodeRows: codes of rows around given centers. IvfBuilder: rows are encoded and sorted into partitions, within a
/// bound of memory: what is beyond goes to files for a while. Belongs to one thread, but encodes with several.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "index/vector/ivf_files.h"
#include "index/vector/origin.h"

namespace squire::vector {

/// Encodes rows, `dim` values each, which Quantizer::Prepare made, and appends them to `out`; `center_of[i]` is the
/// center of row i. `rotated_centers` are the centers rotated.
Result<void> EncodeRows(const Quantizer& quantizer, const Centers& centers, std::span<const float> rotated_centers,
                        std::span<const float> rows, std::span<const uint64_t> addresses,
                        std::span<const uint32_t> center_of, int threads, CodeRows& out);

/// The centers' values rotated.
std::vector<float> RotateCenters(const Rotation& rotation, const Centers& centers);

class IvfBuilder {
 public:
  /// In `folder`, which exists. `memory_bytes_max`: of encoded rows held at once.
  IvfBuilder(std::shared_ptr<table::FileCache> files, std::string folder, Quantizer quantizer, Centers centers,
             size_t memory_bytes_max, int threads);

  /// Adds rows, `dim` values each, which Quantizer::Prepare made. ERRORS: NoSpace, Io.
  Result<void> Add(std::span<const float> rows, std::span<const uint64_t> addresses);

  using Keep = std::function<bool(uint64_t address)>;
  /// Takes over the rows of an index with the same quantizer, and the same centers as far as it has any, of which
  /// `keep` holds, when it is written. REQUIRES: `previous` outlives Finish.
  void TakeOver(const IvfReader& previous, Keep keep);

  /// Writes the index's files and removes what else was in the folder; names and sizes.
  Result<std::vector<std::pair<std::string, uint64_t>>> Finish();

 private:
  Result<void> Spill();
  Result<void> WriteSorted(IvfWriter& writer, bool with_others);
  void SortByPartition();

  struct Taken {
    const IvfReader* reader;
    Keep keep;
  };

  std::shared_ptr<table::FileCache> files_;
  std::string folder_;
  Quantizer quantizer_;
  Centers centers_;
  std::vector<float> rotated_centers_;
  Origin origin_;
  Centers moved_;  // measured from the origin, where that is not zero
  size_t memory_bytes_max_;
  int threads_;
  CodeRows rows_;                    // not written yet, in order of arrival
  std::vector<uint32_t> partition_;  // of each of them
  std::vector<std::vector<size_t>> by_partition_;
  std::vector<std::string> run_folders_;
  std::vector<IvfReader> runs_;
  std::vector<Taken> taken_;
};

}  // namespace squire::vector
