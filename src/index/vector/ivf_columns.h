#pragma once

/// The columns of codes and the words of their description, as both the reader and the writer of files know them.

#include "index/vector/ivf_files.h"

namespace squire::vector {

inline constexpr char kCentersFile[] = "index.idx";
inline constexpr char kCodesFile[] = "auxiliary.idx";
inline constexpr char kKindKey[] = "lance:index";
inline constexpr char kIvfKey[] = "lance:ivf";
inline constexpr char kFlatKey[] = "lance:flat";
inline constexpr char kDistanceKey[] = "distance_type";
inline constexpr char kStorageKey[] = "storage_metadata";
inline constexpr char kKind[] = "IVF_RQ";

/// Columns in the order that files have them; those from kExtra on are there when codes have magnitudes.
enum CodeColumn : size_t { kRowId, kSigns, kAdd, kScale, kError, kExtra, kAddExtra, kScaleExtra, kCodeColumns };
inline constexpr const char* kCodeColumnNames[kCodeColumns] = {
    "_rowid",          "_rabit_codes",       "__add_factors",    "__scale_factors",
    "__error_factors", "__blocked_ex_codes", "__add_factors_ex", "__scale_factors_ex"};

/// The type of a column of codes of this shape.
DataType CodeColumnType(size_t column, const CodeShape& shape);

}  // namespace squire::vector
