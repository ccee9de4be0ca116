#include "sync/trust.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace squire::sync {
namespace {

namespace fs = std::filesystem;

fs::path ListPath() {
  const char* config = std::getenv("XDG_CONFIG_HOME");
  if (config != nullptr && *config != '\0') return fs::path(config) / "squire" / "endpoints";
  const char* home = std::getenv("HOME");
  return home != nullptr ? fs::path(home) / ".config" / "squire" / "endpoints" : fs::path();
}

bool IsListed(const std::string& url) {
  std::ifstream list(ListPath());
  for (std::string line; std::getline(list, line);) {
    if (line == url) return true;
  }
  return false;
}

/// The host of "http://host:port/path", without a user's name before it.
std::string HostOf(const std::string& url) {
  const size_t scheme = url.find("://");
  std::string host = scheme == std::string::npos ? url : url.substr(scheme + 3);
  host = host.substr(0, host.find_first_of("/?#\\"));
  if (const size_t at = host.rfind('@'); at != std::string::npos) host = host.substr(at + 1);
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

bool IsLoopback(const std::string& host) {
  if (host == "localhost" || host == "[::1]") return true;
  return host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos;
}

}  // namespace

void Trust(const std::string& url) {
  if (url.empty() || IsLoopback(HostOf(url)) || IsListed(url)) return;
  std::error_code ignored;
  fs::create_directories(ListPath().parent_path(), ignored);
  std::ofstream(ListPath(), std::ios::app) << url << "\n";
}

Result<void> CheckTrusted(const std::string& url) {
  if (url.empty() || IsLoopback(HostOf(url)) || IsListed(url)) return {};
  return InvalidArgument(
      "the index wants text to be sent to " + url +
      ", which you have not named; `squire index --embedder URL --model NAME` does, if you trust it");
}

}  // namespace squire::sync
