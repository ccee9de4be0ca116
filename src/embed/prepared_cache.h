#pragma once

/// Prepared (compiled) models on disk, one folder for each model, run time and kind of CPU, so that a process starts in
/// half the time. A folder holds what OpenVINO wrote and a checksum of it; it appears whole or not at all, and one that
/// does not match its checksum is not handed to OpenVINO, which trusts what it reads. Losing the cache costs time only.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace squire::embed {

/// All that this CPU can do, as text: a model prepared for one may not run on another.
std::string CpuIdentity();

class PreparedCache {
 public:
  /// `key` names model, run time, options and CPU; it is hashed.
  PreparedCache(std::vector<std::filesystem::path> folders, const std::string& key);

  /// The key as OpenVINO's own id.
  [[nodiscard]] uint64_t id() const { return id_; }

  /// The folder of a prepared model that is whole.
  [[nodiscard]] std::optional<std::filesystem::path> Find() const;

  /// A fresh folder to prepare into, in the first place that can be written; nothing when none can.
  std::optional<std::filesystem::path> Begin();

  /// Checks and publishes what was prepared into the folder of Begin, or removes it.
  void Publish();
  void Discard();

  /// Removes a folder that Find gave, if it may.
  static void Remove(const std::filesystem::path& folder);

 private:
  std::vector<std::filesystem::path> folders_;
  uint64_t id_;
  std::string name_;
  std::filesystem::path begun_;
};

}  // namespace squire::embed
