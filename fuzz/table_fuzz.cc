// A whole table behind a hostile manifest: every data and deletion file that it names is there, and sound. First byte:
// what is asked of it.

#include "engine/table_impl.h"
#include "input.h"
#include "table/paths.h"

namespace squire::fuzz {
namespace {

constexpr char kRoot[] = "/t";
constexpr int64_t kBatchesMax = 20;

/// A data file and a deletion file of ours, 40 rows, 2 of them deleted.
struct Sound {
  Schema schema{{{"id", TypeId::kInt32, true, {}}, {"text", TypeId::kString, true, {}}, {"v", VectorType(4), true, {}}},
                {}};
  std::vector<uint8_t> data, deletions;

  Sound() {
    MemoryFileSystem fs;
    auto table = TableAccess::Create(fs, kRoot, schema);
    std::vector<ArrayBuilder> columns;
    for (const Field& field : schema.fields) columns.emplace_back(field.type);
    for (int32_t i = 0; i < 40; i++) {
      columns[0].Append(i);
      columns[1].AppendText("text " + std::to_string(i));
      columns[2].AppendItems<float>(std::vector<float>(4, static_cast<float>(i)));
    }
    Batch rows{schema, {}, 40};
    for (ArrayBuilder& column : columns) rows.columns.push_back(*column.Finish());
    Require(table && table->Append(rows), "the table is made");
    Require(table->DeleteKeys("id", rows.columns[0].Slice(3, 2)).has_value(), "rows are deleted");
    data = Only(fs, "data");
    deletions = Only(fs, "_deletions");
  }
  static std::vector<uint8_t> Only(FileSystem& fs, const std::string& folder) {
    const std::string path = JoinPath(kRoot, folder);
    return *ReadWholeFile(fs, JoinPath(path, fs.List(path)->front().name));
  }
};

void PutOnce(FileSystem& fs, const std::string& path, Bytes bytes) {
  if (!fs.Stat(path) && fs.CreateFolders(FolderOf(path))) {
    if (auto file = fs.Create(path)) (void)((*file)->Append(bytes) && (*file)->Close());
  }
}

/// False when there is nothing to open.
bool PutTable(FileSystem& fs, Bytes manifest, const Sound& sound) {
  const auto parsed = lance::ParseManifest(manifest, "fuzz");
  if (!parsed || parsed->manifest.fragments_size() > 1000) return false;
  const table::Paths paths{kRoot};
  PutOnce(fs, paths.Manifest(parsed->manifest.version()), manifest);
  for (const pb::DataFragment& fragment : parsed->manifest.fragments()) {
    for (const pb::DataFile& file : fragment.files()) PutOnce(fs, paths.DataFile(file.path()), sound.data);
    PutOnce(fs, paths.DeletionFile(fragment.id(), fragment.deletion_file()), sound.deletions);
  }
  return true;
}

void Read(Table& table) {
  (void)table.CountRows();
  (void)table.Verify();
  (void)table.Stats();
  (void)table.Versions();
  if (const auto scanner = table.Scan()) {
    for (int64_t i = 0; i < kBatchesMax; i++) {
      const auto batch = (*scanner)->Next();
      if (!batch || !*batch) break;
      for (const Array& column : (*batch)->columns) Touch(column);
    }
  }
  const std::vector<uint64_t> rows = {0, 7, uint64_t{1} << 32};
  (void)table.Take(rows);
  (void)table.VectorSearch(std::vector<float>(4, 1.0f), {.column = "v", .limit = 3, .filter = {}});
  (void)table.TextSearch("text 7", {.limit = 3, .filter = {}});
}

void Write(Table& table, const Sound& sound) {
  ArrayBuilder keys(TypeId::kInt32);
  for (int32_t i = 0; i < 5; i++) keys.Append(i);
  (void)table.DeleteKeys("id", *keys.Finish());
  Batch none{sound.schema, {}, 0};
  for (const Field& field : sound.schema.fields) none.columns.push_back(*ArrayBuilder(field.type).Finish());
  (void)table.Append(none);
  (void)table.Compact();
  (void)table.Prune();
  Read(table);
}

}  // namespace
}  // namespace squire::fuzz

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace squire;
  static const fuzz::Sound sound;
  fuzz::Input input(data, size);
  const uint8_t what = input.TakeByte();
  MemoryFileSystem fs;
  if (!fuzz::PutTable(fs, input.Rest(), sound)) return 0;
  auto table = TableAccess::Open(fs, fuzz::kRoot);
  if (!table) return 0;
  if (what % 2 == 0)
    fuzz::Read(*table);
  else
    fuzz::Write(*table, sound);
  return 0;
}
