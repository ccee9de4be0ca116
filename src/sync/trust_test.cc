#include "sync/trust.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace squire::sync {
namespace {

TEST(TrustTest, OnlyLoopbackAndWhatTheUserNamed) {
  std::string pattern = (std::filesystem::temp_directory_path() / "squire_trust_XXXXXX").string();
  const std::string folder = ::mkdtemp(pattern.data());
  ::setenv("XDG_CONFIG_HOME", folder.c_str(), 1);
  for (const char* url : {"", "http://localhost:11434", "http://127.0.0.1:8000/v1", "http://[::1]:80"})
    EXPECT_TRUE(CheckTrusted(url)) << url;
  for (const char* url :
       {"https://example.com/v1", "http://127.0.0.1.example.com", "http://localhost@example.com",
        "http://localhost.example.com", "http://127.0.0.1:80@example.com/", "http://evil\\@localhost"})
    EXPECT_FALSE(CheckTrusted(url)) << url;
  Trust("https://example.com/v1");
  EXPECT_TRUE(CheckTrusted("https://example.com/v1"));
  EXPECT_FALSE(CheckTrusted("https://example.org/v1"));
  ::unsetenv("XDG_CONFIG_HOME");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace squire::sync
