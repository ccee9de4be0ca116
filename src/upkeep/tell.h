#pragma once

/// What upkeep says in the log before it does it, and after. Any thread.

#include <cstdint>
#include <string>
#include <string_view>

#include "squire/error.h"

namespace squire::upkeep {

/// "812 B", "1.4 MB": powers of 1000
std::string BytesText(uint64_t bytes);

/// "will compact 12 fragments, 34 MB, into about 3"
std::string CompactPlan(uint64_t fragments, uint64_t bytes, uint64_t about);
/// "will prune 5 of 9 versions: 81 files, 34 MB"
std::string PrunePlan(uint64_t versions, uint64_t of_versions, uint64_t files, uint64_t bytes);
/// "will fold 1200 rows into index 'id_idx'"
std::string FoldPlan(uint64_t rows, const std::string& index);
/// "compacted 12 fragments: 34 MB written, 120 deleted rows dropped"
std::string CompactDone(uint64_t fragments, uint64_t bytes_written, uint64_t rows_dropped);
/// "prune freed 34 MB in 81 files", or nothing done: "prune found nothing to free"
std::string PruneDone(uint64_t files, uint64_t bytes);
/// "folded 1200 rows into index 'id_idx'"
std::string FoldDone(uint64_t rows, const std::string& index);
/// "compact failed 3 times in a row and is tried again in 4 s: NoSpace: ..."; 0 s: nobody tries it again unasked.
std::string FailedText(std::string_view stage, const Error& error, uint64_t streak, int64_t retry_in_s);

/// Logs "<table>: <sentence>" as information, or as a warning.
void Tell(const std::string& root, const std::string& sentence);
void TellFailure(const std::string& root, const std::string& sentence);

}  // namespace squire::upkeep
