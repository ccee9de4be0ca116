// For tests: filters on stdin, one a line; for each a line with the addresses of the rows that pass, or "error: ...".
//     filter_rows TABLE < filters

#include <iostream>
#include <string>

#include "squire/table.h"

namespace {

squire::Result<std::string> RowsOf(const squire::Table& table, const std::string& where) {
  squire::ScanOptions options;
  options.columns = {table.schema().fields.at(0).name};
  options.where = where;
  options.with_row_address = true;
  auto scanner = SQUIRE_TRY(table.Scan(options));
  std::string out;
  while (auto rows = SQUIRE_TRY(scanner->Next())) {
    for (const uint64_t address : rows->columns[1].values<uint64_t>())
      out += (out.empty() ? "" : " ") + std::to_string(address);
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto table = squire::Table::Open(argv[1]);
  if (!table) {
    std::cerr << table.error().ToString() << "\n";
    return 1;
  }
  std::ios::sync_with_stdio(false);
  for (std::string where; std::getline(std::cin, where);) {
    const auto rows = RowsOf(*table, where);
    std::cout << (rows ? *rows : "error: " + rows.error().ToString()) << "\n";
  }
  return 0;
}
