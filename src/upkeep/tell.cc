#include "upkeep/tell.h"

#include <array>
#include <cstdio>

#include "base/log.h"

namespace squire::upkeep {
namespace {

std::string Counted(uint64_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

}  // namespace

std::string BytesText(uint64_t bytes) {
  constexpr std::array kUnits = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  if (bytes < 1000) return std::to_string(bytes) + " B";
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 999.5 && unit + 1 < kUnits.size()) {
    value /= 1000;
    unit++;
  }
  char text[32];
  (void)std::snprintf(text, sizeof text, value < 9.95 ? "%.1f %s" : "%.0f %s", value, kUnits.at(unit));
  return text;
}

std::string CompactPlan(uint64_t fragments, uint64_t bytes, uint64_t about) {
  return "will compact " + Counted(fragments, "fragment") + ", " + BytesText(bytes) + ", into about " +
         std::to_string(about);
}

std::string PrunePlan(uint64_t versions, uint64_t of_versions, uint64_t files, uint64_t bytes) {
  return "will prune " + std::to_string(versions) + " of " + Counted(of_versions, "version") + ": " +
         Counted(files, "file") + ", " + BytesText(bytes);
}

std::string FoldPlan(uint64_t rows, const std::string& index) {
  return "will fold " + Counted(rows, "row") + " into index '" + index + "'";
}

std::string CompactDone(uint64_t fragments, uint64_t bytes_written, uint64_t rows_dropped) {
  return "compacted " + Counted(fragments, "fragment") + ": " + BytesText(bytes_written) + " written, " +
         Counted(rows_dropped, "deleted row") + " dropped";
}

std::string PruneDone(uint64_t files, uint64_t bytes) {
  if (files == 0) return "prune found nothing to free";
  return "prune freed " + BytesText(bytes) + " in " + Counted(files, "file");
}

std::string FoldDone(uint64_t rows, const std::string& index) {
  return "folded " + Counted(rows, "row") + " into index '" + index + "'";
}

std::string FailedText(std::string_view stage, const Error& error, uint64_t streak, int64_t retry_in_s) {
  std::string text(stage);
  text += streak <= 1 ? " failed" : " failed " + std::to_string(streak) + " times in a row";
  if (retry_in_s > 0) text += " and is tried again in " + std::to_string(retry_in_s) + " s";
  return text + ": " + error.ToString();
}

void Tell(const std::string& root, const std::string& sentence) {
  if (LogEnabled(LogLevel::kInfo)) Log(LogLevel::kInfo, root + ": " + sentence);
}

void TellFailure(const std::string& root, const std::string& sentence) {
  if (LogEnabled(LogLevel::kWarn)) Log(LogLevel::kWarn, root + ": " + sentence);
}

}  // namespace squire::upkeep
