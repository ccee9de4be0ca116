#pragma once

/// Versions in use: who reads a version of a table holds a shared lock on byte [version] of `_squire/pins`, and who
/// removes one holds that byte alone until its files are gone. Locks take no space and go with their process, so there
/// is no stale pin. Of an open table there is one object, which may be shared between threads. Source: docs/upkeep.md.

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "table/paths.h"

namespace squire::table {

class Pins;

/// Holds a version until it is dropped; or nothing, where the folder lets nobody hold one.
class Pin {
 public:
  Pin() = default;
  Pin(std::shared_ptr<Pins> pins, uint64_t version) : pins_(std::move(pins)), version_(version) {}
  Pin(Pin&& other) noexcept = default;
  Pin& operator=(Pin&& other) noexcept;
  ~Pin() { Drop(); }

  [[nodiscard]] bool is_held() const { return pins_ != nullptr; }

 private:
  void Drop();

  std::shared_ptr<Pins> pins_;
  uint64_t version_ = 0;
};

class Pins : public std::enable_shared_from_this<Pins> {
 public:
  Pins(FileSystem& fs, Paths paths) : fs_(fs), paths_(std::move(paths)) {}

  /// Pins `version`, which may not exist (yet): the caller looks after this whether its manifest is there. Where the
  /// file of pins is not there it is made if `create`. A folder that cannot be written, or has no locks, gives a Pin
  /// that holds nothing. ERRORS: Conflict when the version is being removed; TooManyFiles.
  Result<Pin> Take(uint64_t version, bool create);

 private:
  friend class Pin;
  /// ERRORS: what kept the file from being opened.
  Result<void> Open(bool create);
  void Release(uint64_t version);

  FileSystem& fs_;
  const Paths paths_;
  std::mutex mutex_;
  std::unique_ptr<ByteLocks> locks_;
  std::map<uint64_t, size_t> counts_;  // pins by version
};

}  // namespace squire::table
