#pragma once

/// What the two files of every kind of vector index have in common (index.idx, auxiliary.idx): the kind, the centers,
/// where the rows of each partition are, and a description of the codes. Source: docs/vector_index.md, "Files".

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "index/vector/kmeans.h"
#include "lance/file_reader.h"
#include "simd/distance.h"
#include "table/file_cache.h"

namespace squire::vector {

inline constexpr size_t kPartitionsMax = 1 << 20;

/// Rows of auxiliary.idx that follow each other.
struct FileRows {
  uint64_t first = 0, count = 0;
};

struct IvfModel {
  std::string kind;  ///< "IVF_RQ", "IVF_PQ" ...
  simd::Metric metric = simd::Metric::kL2;
  Centers centers;
  std::vector<uint64_t> offsets;
  std::vector<uint32_t> lengths;
  uint64_t num_rows = 0;
  nlohmann::json codes;    ///< their description, an object
  std::string codes_path;  ///< the file that they lie in

  /// Reads no codes. ERRORS: Corruption; Unsupported for other distances and centers of another type.
  static Result<IvfModel> Read(table::FileCache& files, const std::string& folder);

  [[nodiscard]] FileRows RowsOf(size_t partition) const { return {offsets[partition], lengths[partition]}; }
  /// Codes are as good as random: a file with more of them than it has bytes for repeats itself, or lies.
  /// ERRORS: Unsupported.
  [[nodiscard]] Result<void> CheckSize(const lance::FileReader& file, size_t code_bytes) const;
};

/// "IVF_RQ", "IVF_PQ" ...: what an index's files say they are. ERRORS: Corruption.
Result<std::string> VectorIndexKind(table::FileCache& files, const std::string& folder);

/// The centers alone. ERRORS: as IvfModel::Read.
Result<Centers> ReadCenters(table::FileCache& files, const std::string& folder);

/// The values of a tensor of float32 or float16, as files keep centers and words of codes. ERRORS: Corruption;
/// Unsupported for other types.
Result<std::vector<float>> ReadFloats(Bytes message, const std::string& path);

/// The value of a key of an object, or `fallback` when it has none of that type.
template <class T>
T ValueOr(const nlohmann::json& object, const char* key, T fallback) {
  const auto found = object.find(key);
  if (found == object.end()) return fallback;
  if constexpr (std::is_same_v<T, std::string>) return found->is_string() ? found->template get<T>() : fallback;
  if constexpr (std::is_same_v<T, bool>) return found->is_boolean() ? found->template get<T>() : fallback;
  if constexpr (std::is_same_v<T, uint64_t>) return found->is_number_unsigned() ? found->template get<T>() : fallback;
  if constexpr (std::is_same_v<T, nlohmann::json>) return *found;
  if constexpr (std::is_same_v<T, double>) return found->is_number() ? found->template get<T>() : fallback;
}

/// Rows of a column of an index, each with a value: numbers, or the items of fixed-size lists one after the other.
/// `holder` keeps them. ERRORS: Corruption.
template <class T>
Result<std::span<const T>> ReadIndexValues(lance::FileReader& file, const lance::ColumnTree& column, FileRows rows,
                                           Array& holder) {
  holder = TRY(file.Read(column, static_cast<int64_t>(rows.first), static_cast<int64_t>(rows.count)));
  const bool is_list = !holder.children.empty();
  if (holder.null_count() > 0 || (is_list && holder.children[0].null_count() > 0))
    return Corruption("an index has a row of codes without a value");
  if (!is_list) return holder.values<T>();
  const auto width = static_cast<size_t>(holder.type.width);
  return holder.children[0].values<T>().subspan(static_cast<size_t>(holder.offset) * width,
                                                static_cast<size_t>(holder.length) * width);
}

}  // namespace squire::vector
