#include "upkeep/salvage.h"

#include <algorithm>

#include "lance/file_writer.h"
#include "table/fragment_writer.h"
#include "upkeep/check_fragment.h"

namespace squire::upkeep {
namespace {

constexpr int64_t kRangeRows = 1024;
constexpr int kHalvingsMax = 50'000;  // a column with more damage than that is lost by the range

/// `count` lists that are null, or empty.
Result<Array> Blanks(const Field& field, int64_t count) {
  Array out = TRY(NullArray(field.type, count));
  if (!field.nullable) out.validity = {};  // the offsets are all 0
  return out;
}

}  // namespace

std::vector<int32_t> FieldIdsOf(const table::Snapshot& snapshot, size_t column) {
  std::vector<int32_t> out;
  std::vector<const lance::FieldIds*> below = {&snapshot.ids_of(snapshot.field_id(column))};
  while (!below.empty()) {
    const lance::FieldIds* at = below.back();
    below.pop_back();
    out.push_back(at->id);
    for (const lance::FieldIds& child : at->children) below.push_back(&child);
  }
  return out;
}

Result<std::vector<Piece>> FindPieces(const table::Snapshot& snapshot, table::Fragment& fragment, size_t column) {
  const DataType& type = snapshot.schema().fields[column].type;
  std::vector<Piece> pieces;
  int halvings = 0;
  for (int64_t first = 0; first < fragment.physical_rows(); first += kRangeRows) {
    std::vector<Piece> ranges = {{first, std::min(kRangeRows, fragment.physical_rows() - first), false}};
    while (!ranges.empty()) {
      Piece range = ranges.back();
      ranges.pop_back();
      const auto read = fragment.Read(snapshot.field_id(column), type, range.first, range.count);
      if (!read && !IsDamage(read.error())) return read.error();
      range.is_lost = !read || read->length != range.count;
      if (!range.is_lost || range.count == 1 || halvings >= kHalvingsMax) {
        pieces.push_back(range);
        continue;
      }
      halvings++;
      const int64_t half = range.count / 2;
      ranges.push_back({range.first + half, range.count - half, false});
      ranges.push_back({range.first, half, false});
    }
  }
  return pieces;
}

Result<pb::DataFile> WriteSalvaged(const table::Snapshot& snapshot, table::Fragment& fragment, size_t column,
                                   std::span<const Piece> pieces, const std::string& name) {
  const Field& field = snapshot.schema().fields[column];
  const std::vector<int32_t> ids = FieldIdsOf(snapshot, column);
  google::protobuf::RepeatedPtrField<pb::Field> fields;
  for (const pb::Field& each : snapshot.manifest().fields())
    if (std::ranges::find(ids, each.id()) != ids.end()) *fields.Add() = each;
  const Schema schema{{field}, {}};
  const lance::FileVersion version = TRY(table::FileVersionOf(snapshot.manifest()));
  auto writer = TRY(lance::FileWriter::Create(snapshot.files()->fs(), snapshot.paths().DataFile(name), schema, fields,
                                              {.version = version}));
  for (const Piece& piece : pieces) {
    Array values = piece.is_lost ? TRY(Blanks(field, piece.count))
                                 : TRY(fragment.Read(snapshot.field_id(column), field.type, piece.first, piece.count));
    TRY(writer->Write({schema, {std::move(values)}, piece.count}));
  }
  return table::DescribeFile(name, TRY(writer->Finish()), version);
}

}  // namespace squire::upkeep
