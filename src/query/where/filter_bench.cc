// What long filters cost before the first row: 1,000,000 keys as a list, as a chain of OR, and with an AND in each arm.
//     filter_bench [KEYS [in|or|or_and|or_and_each]]

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>

#include "query/where/filter.h"

namespace {

using squire::where::ParseFilter;

std::string Repeated(int keys, const char* before, const char* between, const char* after,
                     const std::function<void(int, std::string&)>& arm) {
  std::string text = before;
  for (int i = 0; i < keys; i++) {
    if (i > 0) text += between;
    arm(i, text);
  }
  return text + after;
}

std::string Key(int i) {
  char key[64];
  (void)std::snprintf(key, sizeof key, "'notes/2024/%06d/some-file-name.md'", i);
  return key;
}

}  // namespace

int main(int argc, char** argv) {
  const int keys = argc > 1 ? std::atoi(argv[1]) : 1'000'000;
  const squire::Schema schema{
      {{"file_path", squire::TypeId::kString, true, {}}, {"rev", squire::TypeId::kInt64, true, {}}}, {}};
  const std::pair<const char*, std::string> filters[] = {
      {"in", Repeated(keys, "file_path IN (", ", ", ")", [](int i, std::string& out) { out += Key(i); })},
      {"or", Repeated(keys, "", " OR ", "", [](int i, std::string& out) { out += "file_path = " + Key(i); })},
      {"or_and", Repeated(keys, "", " OR ", "",
                          [](int i, std::string& out) { out += "(file_path = " + Key(i) + " AND rev >= 0)"; })},
      {"or_and_each", Repeated(keys, "", " OR ", "",
                               [](int i, std::string& out) {
                                 out += "(file_path = " + Key(i) + " AND rev >= " + std::to_string(i) + ")";
                               })},
  };
  for (int round = 0; round < 3; round++) {
    double list_s = 0;
    for (const auto& [name, text] : filters) {
      if (argc > 2 && std::string(argv[2]) != name) continue;
      const std::clock_t begin = std::clock();  // of this process: others may keep the processors busy
      const auto filter = ParseFilter(text, schema);
      const double s = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
      if (!filter) return 1;
      if (list_s == 0) list_s = s;
      std::printf("%-12s %4.0f MB %7.3f s  %5.2f x the list\n", name, static_cast<double>(text.size()) / 1e6, s,
                  s / list_s);
    }
  }
  return 0;
}
