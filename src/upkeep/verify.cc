#include "upkeep/verify.h"

#include <set>

#include "table/scan.h"

namespace squire::upkeep {
namespace {

constexpr int64_t kBatchRows = 8192;

class Verifier {
 public:
  explicit Verifier(const table::Snapshot& snapshot) : snapshot_(snapshot) {}

  VerifyResult Run() {
    std::set<uint64_t> ids;
    for (size_t i = 0; i < snapshot_.num_fragments(); i++) {
      table::Fragment& fragment = snapshot_.fragment(i);
      if (!ids.insert(fragment.id()).second) Report(fragment, "its id occurs twice");
      CheckDeletions(fragment);
      CheckFiles(fragment);
      CheckColumns(fragment);
      result_.fragments++;
      result_.rows += static_cast<uint64_t>(fragment.live_rows());
    }
    return std::move(result_);
  }

 private:
  void Report(const table::Fragment& fragment, const std::string& what) {
    result_.problems.push_back("fragment " + std::to_string(fragment.id()) + ": " + what);
  }

  void CheckDeletions(table::Fragment& fragment) {
    auto deleted = fragment.Deleted();
    if (!deleted) return Report(fragment, deleted.error().ToString());
    const uint64_t claimed = fragment.meta().deletion_file().num_deleted_rows();
    if ((*deleted)->count() != claimed)
      Report(fragment,
             std::to_string((*deleted)->count()) + " rows are deleted, the manifest says " + std::to_string(claimed));
  }

  void CheckFiles(const table::Fragment& fragment) {
    for (const pb::DataFile& file : fragment.meta().files()) {
      auto info = snapshot_.files()->fs().Stat(snapshot_.paths().DataFile(file.path()));
      if (!info) {
        Report(fragment, info.error().ToString());
      } else if (file.file_size_bytes() != 0 && info->size_bytes != file.file_size_bytes()) {
        Report(fragment, file.path() + " has " + std::to_string(info->size_bytes) + " bytes, the manifest says " +
                             std::to_string(file.file_size_bytes()));
      }
    }
  }

  void CheckColumns(table::Fragment& fragment) {
    const Schema& schema = snapshot_.schema();
    for (size_t column = 0; column < schema.fields.size(); column++) {
      const Field& field = schema.fields[column];
      for (int64_t first = 0; first < fragment.physical_rows(); first += kBatchRows) {
        const int64_t count = std::min(kBatchRows, fragment.physical_rows() - first);
        auto values = fragment.Read(snapshot_.field_id(column), field.type, first, count);
        if (!values) {
          Report(fragment, "column '" + field.name + "': " + values.error().ToString());
          break;
        }
        if (!field.nullable && values->null_count() > 0) {
          Report(fragment, "column '" + field.name + "' holds nulls and must not");
          break;
        }
        result_.bytes_read += static_cast<uint64_t>(values->byte_size());
      }
    }
  }

  const table::Snapshot& snapshot_;
  VerifyResult result_;
};

}  // namespace

VerifyResult Verify(const table::Snapshot& snapshot) { return Verifier(snapshot).Run(); }

}  // namespace squire::upkeep
