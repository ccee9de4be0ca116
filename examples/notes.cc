// A table of notes: made, filled, changed, searched, and looked at as it was.
//
//     notes FOLDER      makes FOLDER/notes.lance

#include <squire/table.h>

#include <cstdio>

namespace {

using squire::Result;

constexpr int kDimensions = 4;

squire::Schema NoteSchema() {
  return {{{"path", squire::TypeId::kString, false, {}},
           {"text", squire::TypeId::kString, false, {}},
           {"vector", squire::VectorType(kDimensions), true, {}}},
          {}};
}

/// One row a text, all of the file `path`; the vector tells where the text begins in the alphabet.
Result<squire::Batch> Notes(const std::string& path, std::initializer_list<std::string_view> texts) {
  const squire::Schema schema = NoteSchema();
  squire::ArrayBuilder paths(schema.fields[0].type), words(schema.fields[1].type), vectors(schema.fields[2].type);
  for (std::string_view text : texts) {
    const float vector[kDimensions] = {static_cast<float>(text[0] - 'a'), 0, 0, 1};
    paths.AppendText(path);
    words.AppendText(text);
    vectors.AppendItems<float>(vector);
  }
  squire::Batch rows{schema, {}, static_cast<int64_t>(texts.size())};
  for (squire::ArrayBuilder* builder : {&paths, &words, &vectors})
    rows.columns.push_back(SQUIRE_TRY(builder->Finish()));
  return rows;
}

Result<void> Print(const squire::Table& table, const char* title, const std::vector<squire::Hit>& hits) {
  std::printf("%s\n", title);
  std::vector<uint64_t> addresses;
  for (const squire::Hit& hit : hits) addresses.push_back(hit.row_address);
  const squire::Batch rows = SQUIRE_TRY(table.Take(addresses, {"path", "text"}));
  for (int64_t row = 0; row < rows.num_rows; row++) {
    const std::string path(rows.columns[0].Text(row)), text(rows.columns[1].Text(row));
    std::printf("  %s: %s\n", path.c_str(), text.c_str());
  }
  return {};
}

Result<void> Run(const std::string& folder) {
  squire::Table table = SQUIRE_TRY(squire::Table::Create(folder + "/notes.lance", NoteSchema()));
  SQUIRE_TRY(table.Append(SQUIRE_TRY(Notes("a.md", {"a knight rides", "lance in hand"}))));
  SQUIRE_TRY(table.Append(SQUIRE_TRY(Notes("b.md", {"squire at his side", "no crash in sight"}))));
  const uint64_t before = table.version();

  // The rows of a file are replaced in one version: no reader sees it without any.
  SQUIRE_TRY(table.UpsertByKey("path", SQUIRE_TRY(Notes("a.md", {"a knight walks"}))));
  // Keys of any number, in one version.
  const std::string_view gone[] = {"no crash in sight"};
  SQUIRE_TRY(table.DeleteKeys("text", squire::StringArray(gone)));

  std::printf("%lld rows in version %llu\n", static_cast<long long>(table.CountRows()),
              static_cast<unsigned long long>(table.version()));
  const float near_s[kDimensions] = {'s' - 'a', 0, 0, 1};
  SQUIRE_TRY(
      Print(table, "nearest:", SQUIRE_TRY(table.VectorSearch(near_s, {.limit = 1, .metric = squire::Metric::kL2}))));
  SQUIRE_TRY(Print(table, "with the word knight:", SQUIRE_TRY(table.TextSearch("knight", {.limit = 5}))));

  const squire::Table old = SQUIRE_TRY(squire::Table::Open(table.path(), {.version = before}));
  std::printf("version %llu had %lld rows; %zu versions are kept\n", static_cast<unsigned long long>(before),
              static_cast<long long>(old.CountRows()), SQUIRE_TRY(table.Versions()).size());
  // What an open table reads stays until it is closed.
  SQUIRE_TRY(table.Compact());
  SQUIRE_TRY(table.Prune());
  std::printf("after upkeep: %llu versions, one of them in use, %lld rows\n",
              static_cast<unsigned long long>(SQUIRE_TRY(table.Stats()).versions),
              static_cast<long long>(table.CountRows()));
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: notes FOLDER\n");
    return 2;
  }
  const Result<void> done = Run(argv[1]);
  if (done) return 0;
  std::fprintf(stderr, "%s\n", done.error().ToString().c_str());
  return 1;
}
