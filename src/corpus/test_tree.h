#pragma once

/// TestTree: a temporary folder for tests, made of files given as text and removed at the end. One thread.

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/scan.h"

namespace squire::corpus {

class TestTree {
 public:
  TestTree() {
    std::string name = (std::filesystem::temp_directory_path() / "squire-corpus-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    root_ = std::filesystem::canonical(name).string();
  }
  TestTree(const TestTree&) = delete;
  TestTree& operator=(const TestTree&) = delete;
  ~TestTree() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }

  [[nodiscard]] const std::string& root() const { return root_; }
  [[nodiscard]] std::string At(const std::string& path) const { return root_ + "/" + path; }

  void Write(const std::string& path, std::string_view text = "x\n") const {
    std::filesystem::create_directories(std::filesystem::path(At(path)).parent_path());
    std::ofstream(At(path), std::ios::binary).write(text.data(), static_cast<std::streamsize>(text.size()));
  }

  void Remove(const std::string& path) const { std::filesystem::remove_all(At(path)); }

 private:
  std::string root_;
};

inline std::vector<std::string> Paths(const ScanResult& result) {
  std::vector<std::string> out;
  for (const FileEntry& file : result.files) out.push_back(file.path);
  return out;
}

/// Points HOME at an empty folder while it lives, so that the settings of who runs the tests stay out of them.
class NoHome {
 public:
  NoHome() {
    if (const char* home = std::getenv("HOME")) saved_ = home;
    ::setenv("HOME", home_.root().c_str(), 1);
    ::setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
    ::unsetenv("XDG_CONFIG_HOME");
  }
  NoHome(const NoHome&) = delete;
  NoHome& operator=(const NoHome&) = delete;
  ~NoHome() { ::setenv("HOME", saved_.c_str(), 1); }

  [[nodiscard]] const TestTree& home() const { return home_; }

 private:
  TestTree home_;
  std::string saved_;
};

}  // namespace squire::corpus
