#pragma once

/// Which characters make words for Lance's tokenizers. Pure.

namespace squire::text {

/// Alphabetic or numeric by Unicode's properties.
bool IsAlphanumeric(char32_t code_point);

}  // namespace squire::text
