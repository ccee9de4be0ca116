#pragma once

/// Where the files of a table lie below its folder. Source: docs/lance_format.md, "Folder".

#include <string>

#include "io/file_system.h"
#include "lance/manifest.h"

namespace squire::table {

/// A uuid as it stands in paths.
std::string UuidText(const pb::Uuid& uuid);

struct Paths {
  std::string root;

  [[nodiscard]] std::string Data() const { return JoinPath(root, "data"); }
  [[nodiscard]] std::string Versions() const { return JoinPath(root, "_versions"); }
  [[nodiscard]] std::string Transactions() const { return JoinPath(root, "_transactions"); }
  [[nodiscard]] std::string Deletions() const { return JoinPath(root, "_deletions"); }
  [[nodiscard]] std::string Indices() const { return JoinPath(root, "_indices"); }
  [[nodiscard]] std::string Tags() const { return JoinPath(root, "_refs/tags"); }

  /// Squire's own folder, of which other programs know nothing.
  [[nodiscard]] std::string Own() const { return JoinPath(root, "_squire"); }
  [[nodiscard]] std::string Pins() const { return JoinPath(Own(), "pins"); }
  [[nodiscard]] std::string Writers() const { return JoinPath(Own(), "writers"); }
  [[nodiscard]] std::string Nursery() const { return JoinPath(Own(), "nursery"); }
  [[nodiscard]] std::string Removed() const { return JoinPath(Own(), "removed"); }

  [[nodiscard]] std::string Branch(const std::string& name) const { return JoinPath(JoinPath(root, "tree"), name); }

  [[nodiscard]] std::string DataFile(const std::string& name) const { return JoinPath(Data(), name); }
  [[nodiscard]] std::string Manifest(uint64_t version) const {
    return JoinPath(Versions(), lance::ManifestName(version));
  }
  /// By the older naming, which a table keeps.
  [[nodiscard]] std::string OldManifest(uint64_t version) const {
    return JoinPath(Versions(), std::to_string(version) + ".manifest");
  }
  [[nodiscard]] std::string Index(const std::string& uuid) const { return JoinPath(Indices(), uuid); }
  [[nodiscard]] std::string Transaction(const std::string& name) const { return JoinPath(Transactions(), name); }
  [[nodiscard]] std::string VersionHint() const { return JoinPath(Versions(), "latest_version_hint.json"); }
  [[nodiscard]] static std::string DeletionName(uint64_t fragment_id, const pb::DeletionFile& file);
  [[nodiscard]] std::string DeletionFile(uint64_t fragment_id, const pb::DeletionFile& file) const {
    return JoinPath(Deletions(), DeletionName(fragment_id, file));
  }
};

}  // namespace squire::table
