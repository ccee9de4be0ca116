#pragma once

/// Arrow's format strings and metadata bytes, to and from our types. Free functions.

#include <map>
#include <string>

#include "squire/result.h"
#include "squire/schema.h"

namespace squire::arrow {

/// Levels of nesting in a schema that comes in; beyond it the input is refused, so that recursion over it is bounded.
inline constexpr int kDepthMax = 32;

/// The format string of `type`, its children apart. ERRORS: Unsupported.
Result<std::string> FormatOf(const DataType& type);

/// The type of a format string, without its children. Views come out as kString and kBinary. ERRORS: Unsupported for
/// types that are refused, InvalidArgument for no format at all.
Result<DataType> ParseFormat(const char* format);

/// Whether the format is one of string or binary views.
bool IsView(const char* format);

using Metadata = std::map<std::string, std::string>;

/// Key-value metadata as the interface has it; empty for none.
std::string PackMetadata(const Metadata& metadata);
/// ERRORS: InvalidArgument for counts and lengths that cannot be.
Result<Metadata> UnpackMetadata(const char* packed);

}  // namespace squire::arrow
