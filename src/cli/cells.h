#pragma once

/// Values of table columns as text: JSON for programs, one line for people. Pure functions.
///
/// JSON: integers, floats (the shortest digits that read back as the same value; null for NaN and infinities),
/// booleans, strings (invalid UTF-8 as U+FFFD); lists as arrays, structs as objects; dates and timestamps as ISO 8601;
/// times and durations as integers in the type's unit; decimals as strings; binary in base64.

#include <cstdint>
#include <string>

#include "squire/array.h"

namespace squire::cli {

/// Appends the JSON of row `row`.
void AppendJsonCell(const Array& column, int64_t row, std::string& out);
/// Appends the JSON string of `text`.
void AppendJsonString(std::string_view text, std::string& out);
/// Appends one line of text for row `row`: strings without quotes, vectors cut to their first items.
void AppendTextCell(const Array& column, int64_t row, std::string& out);

}  // namespace squire::cli
