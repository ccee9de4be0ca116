#include "upkeep/repair_plan.h"

#include <algorithm>
#include <set>

#include "upkeep/check_fragment.h"
#include "upkeep/check_index.h"

namespace squire::upkeep {
namespace {

bool IsList(const DataType& type) { return type.id == TypeId::kList || type.id == TypeId::kLargeList; }

class Planner {
 public:
  Planner(const table::Snapshot& snapshot, const Inventory& inventory, RepairReport& report)
      : snapshot_(snapshot), inventory_(inventory), report_(report) {}

  Result<RepairPlan> Run(const RescueProgressFunction& progress) {
    const size_t fragments = snapshot_.num_fragments();
    const auto indexes = static_cast<size_t>(snapshot_.indices().indices_size());
    for (size_t i = 0; i < fragments; i++) {
      if (progress) progress({"fragments", i, fragments + indexes});
      TRY(PlanFragment(snapshot_.fragment(i)));
    }
    for (size_t i = 0; i < indexes; i++) {
      if (progress) progress({"indexes", fragments + i, fragments + indexes});
      TRY(PlanIndex(snapshot_.indices().indices(static_cast<int>(i))));
    }
    return std::move(plan_);
  }

 private:
  static std::string Name(const table::Fragment& fragment) { return "fragment " + std::to_string(fragment.id()); }

  Result<void> PlanFragment(table::Fragment& fragment) {
    const FragmentCheck check = TRY(CheckFragment(snapshot_, fragment, /*deep=*/true));
    for (const std::string& what : check.others) report_.left.push_back(Name(fragment) + ": " + what);
    for (const auto& file : check.rows)
      report_.left.push_back(Name(fragment) + ": " + fragment.meta().files(file.file).path() + " holds " +
                             std::to_string(file.actual) + " rows, the manifest says " + std::to_string(file.claimed));
    if (check.is_well()) return {};
    FragmentPlan plan;
    plan.id = fragment.id();
    if (auto why = WhyDrop(fragment, check)) {
      plan.is_dropped = true;
      const auto rows = static_cast<uint64_t>(fragment.live_rows());
      report_.fragments.push_back({plan.id, rows, *std::move(why)});
      report_.lost_rows += rows;
      plan_.fragments.push_back(std::move(plan));
      return {};
    }
    TRY(PlanDeletions(fragment, check, plan));
    for (const auto& file : check.lost) LoseFile(fragment, file, plan);
    for (const auto& file : check.sizes) {
      plan.sizes.emplace_back(file.file, file.actual);
      report_.corrected.push_back(Name(fragment) + ": " + fragment.meta().files(file.file).path() + " has " +
                                  std::to_string(file.actual) + " bytes, not " + std::to_string(file.claimed));
    }
    for (const auto& bad : check.columns) TRY(PlanColumn(fragment, bad, plan));
    if (!plan.lost_files.empty() || !plan.sizes.empty() || plan.deleted_rows || plan.deletions || !plan.columns.empty())
      plan_.fragments.push_back(std::move(plan));
    return {};
  }

  /// Why nothing of a fragment is to be kept: of a file that is lost, or whose bytes are not what was written, no value
  /// can be trusted, for Lance keeps no checksums. A column in a file of its own may be lost alone, and a list column
  /// may be broken by itself.
  std::optional<std::string> WhyDrop(const table::Fragment& fragment, const FragmentCheck& check) const {
    for (const auto& bad : check.columns) {
      const Field& field = snapshot_.schema().fields[bad.column];
      if (!IsList(field.type)) return "column '" + field.name + "': " + bad.error.ToString();
    }
    std::set<int32_t> lost;
    for (const auto& file : check.lost) {
      const auto& fields = fragment.meta().files(file.file).fields();
      lost.insert(fields.begin(), fields.end());
    }
    if (lost.empty()) return std::nullopt;
    size_t columns_left = 0;
    for (size_t column = 0; column < snapshot_.schema().fields.size(); column++) {
      const bool is_lost =
          std::ranges::any_of(FieldIdsOf(snapshot_, column), [&](int32_t id) { return lost.contains(id); });
      columns_left += !is_lost && IsInAFile(fragment, column);
      if (is_lost && !snapshot_.schema().fields[column].nullable) return check.lost[0].error.ToString();
    }
    if (columns_left > 0) return std::nullopt;
    return check.lost[0].error.ToString();
  }

  bool IsInAFile(const table::Fragment& fragment, size_t column) const {
    const auto ids = FieldIdsOf(snapshot_, column);
    return std::ranges::any_of(fragment.meta().files(), [&](const pb::DataFile& file) {
      return std::ranges::any_of(file.fields(), [&](int32_t id) { return std::ranges::find(ids, id) != ids.end(); });
    });
  }

  void LoseFile(const table::Fragment& fragment, const FragmentCheck::LostFile& file, FragmentPlan& plan) {
    plan.lost_files.push_back(file.file);
    const auto& fields = fragment.meta().files(file.file).fields();
    for (size_t column = 0; column < snapshot_.schema().fields.size(); column++) {
      const auto ids = FieldIdsOf(snapshot_, column);
      if (std::ranges::none_of(fields, [&](int32_t id) { return std::ranges::find(ids, id) != ids.end(); })) continue;
      Rewritten(fragment, column, static_cast<uint64_t>(fragment.live_rows()), file.error.ToString());
    }
  }

  void Rewritten(const table::Fragment& fragment, size_t column, uint64_t lost_values, std::string why) {
    report_.columns.push_back({fragment.id(), snapshot_.schema().fields[column].name, lost_values, std::move(why)});
    report_.lost_values += lost_values;
    rewritten_.insert(snapshot_.field_id(column));
  }

  Result<void> PlanColumn(table::Fragment& fragment, const FragmentCheck::BadColumn& bad, FragmentPlan& plan) {
    std::vector<Piece> pieces = TRY(FindPieces(snapshot_, fragment, bad.column));
    uint64_t values = 0;
    const lance::RowSet* deleted = plan.deletions ? &*plan.deletions : TRY(fragment.Deleted());
    for (const Piece& piece : pieces)
      for (int64_t row = piece.first; piece.is_lost && row < piece.first + piece.count; row++)
        values += !deleted->Contains(static_cast<uint64_t>(row));
    Rewritten(fragment, bad.column, values, bad.error.ToString());
    plan.columns.emplace_back(bad.column, std::move(pieces));
    return {};
  }

  /// Where a deletion file is lost, an older one of the fragment is taken: rows deleted since are back.
  Result<void> PlanDeletions(const table::Fragment& fragment, const FragmentCheck& check, FragmentPlan& plan) {
    if (check.deleted_rows) {
      plan.deleted_rows = check.deleted_rows;
      report_.corrected.push_back(Name(fragment) + ": " + std::to_string(*check.deleted_rows) +
                                  " rows are deleted, not " +
                                  std::to_string(fragment.meta().deletion_file().num_deleted_rows()));
    }
    if (!check.deletions) return {};
    plan.deletions = lance::RowSet(fragment.meta().physical_rows());
    for (const VersionEntry& entry : inventory_.versions) {
      if (entry.error || entry.version >= snapshot_.version()) continue;
      const auto older = table::Snapshot::Open(snapshot_.files(), snapshot_.paths().root, entry.version);
      if (!older) continue;
      table::Fragment* before = (*older)->FindFragment(fragment.id());
      if (before == nullptr || before->physical_rows() != fragment.physical_rows()) break;
      const auto deleted = before->Deleted();
      if (!deleted && !IsDamage(deleted.error())) return deleted.error();
      if (!deleted) continue;
      plan.deletions = **deleted;
      break;
    }
    const uint64_t claimed = fragment.meta().deletion_file().num_deleted_rows(), known = plan.deletions->count();
    report_.restored_rows += claimed > known ? claimed - known : 0;
    report_.corrected.push_back(Name(fragment) + ": which " + std::to_string(claimed) + " rows are deleted is lost, " +
                                std::to_string(known) + " are known (" + check.deletions->ToString() + ")");
    return {};
  }

  Result<void> PlanIndex(const pb::IndexMetadata& index) {
    const IndexCheck check = TRY(CheckIndex(snapshot_, index, /*deep=*/true));
    const bool is_stale = std::ranges::any_of(index.fields(), [&](int32_t id) { return rewritten_.contains(id); });
    // Rows that are back may be missing in it.
    if (!check.damage && !is_stale && report_.restored_rows == 0) return {};
    if (std::ranges::find(plan_.rebuilds, index.name(), &IndexRecipe::name) != plan_.rebuilds.end())
      return {};  // another part of the same
    const std::string why = check.damage.value_or("index '" + index.name() + "': its rows changed");
    std::string why_not;
    const auto recipe = TRY(RecipeOf(snapshot_, index, why_not));
    // What others made is only poorer for the rows that it lacks: it stays where it cannot be made here.
    if (!recipe && !check.damage && !is_stale) return {};
    report_.indexes.push_back({index.name(), recipe != nullptr, recipe ? why : why + "; " + why_not});
    if (recipe)
      plan_.rebuilds.push_back(std::move(*recipe));
    else
      plan_.removed_indices.push_back(table::UuidText(index.uuid()));
    return {};
  }

  const table::Snapshot& snapshot_;
  const Inventory& inventory_;
  RepairReport& report_;
  RepairPlan plan_;
  std::set<int32_t> rewritten_;  // top-level field ids of columns that lose values
};

}  // namespace

Result<RepairPlan> PlanRepair(const table::Snapshot& snapshot, const Inventory& inventory,
                              const RescueProgressFunction& progress, RepairReport& report) {
  return Planner(snapshot, inventory, report).Run(progress);
}

}  // namespace squire::upkeep
