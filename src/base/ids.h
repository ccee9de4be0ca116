#pragma once

/// Random names: for files and transactions, unique without asking anybody.

#include <cstdint>
#include <string>

namespace squire {

/// 64 bits from the operating system's generator.
uint64_t RandomBits();

/// `bytes` random bytes in lower-case hexadecimal.
std::string RandomHex(int bytes);

/// A random UUID (version 4), "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx".
std::string RandomUuid();

}  // namespace squire
