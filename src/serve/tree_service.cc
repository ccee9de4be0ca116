#include "serve/tree_service.h"

#include <fmt/format.h>

#include "base/try.h"
#include "serve/answer_json.h"

namespace squire::serve {
namespace {

constexpr size_t kQuestionsMax = 256;

const char* PhaseText(sync::Progress::Phase phase) {
  switch (phase) {
    case sync::Progress::Phase::kScanning: return "scanning the tree";
    case sync::Progress::Phase::kReading: return "reading files";
    case sync::Progress::Phase::kEmbedding: return "embedding";
    case sync::Progress::Phase::kCommitting: return "committing";
    case sync::Progress::Phase::kIndexing: return "making indexes";
  }
  return "";
}

}  // namespace

std::string UpdatingText(const KeeperState& keeper, bool exists) {
  if (!keeper.updating) return exists ? "" : "there is no index yet; it is about to be made";
  const sync::Progress& progress = keeper.progress;
  std::string text = exists ? "the index is being updated: " : "the first index is being made: ";
  text += PhaseText(progress.phase);
  if (progress.files_total > 0) text += fmt::format(", {} of {} files", progress.files_done, progress.files_total);
  return text;
}

TreeService::TreeService(sync::Location location, KeeperOptions options)
    : location_(std::move(location)),
      index_(sync::Index::Open(location_)),
      keeper_(location_, std::move(options)),
      worker_(kQuestionsMax) {}

void TreeService::Post(std::function<void()> job, const std::function<void(Error)>& refuse) {
  if (!worker_.Post(std::move(job))) refuse(Conflict("too many questions are waiting; ask again later"));
}

IndexView TreeService::View(bool exists, const sync::Freshness& freshness) const {
  IndexView view{exists, keeper_.state(), {}};
  const auto add = [&](const std::string& sentence) {
    if (!sentence.empty()) view.note += (view.note.empty() ? "" : "; ") + sentence;
  };
  const std::string behind = FreshnessText(freshness);
  add(behind);
  if (!view.exists || !behind.empty() || view.keeper.updating) add(UpdatingText(view.keeper, view.exists));
  if (view.keeper.error) add("the newest index run failed: " + view.keeper.error->ToString());
  return view;
}

bool TreeService::IsNoneYet(const Error& error) const {
  // While the first index is being made, parts of it may be there already.
  return error.code == Code::kNotFound && (!index_->exists() || keeper_.state().runs == 0);
}

void TreeService::Search(sync::SearchRequest request, std::stop_token stop, Done<SearchReply> done) {
  const auto job = [this, request = std::move(request), stop = std::move(stop), done] {
    if (stop.stop_requested()) return;
    if (!index_) return done(index_.error());
    auto answer = index_->Search(request);
    if (!answer && !IsNoneYet(answer.error())) return done(answer.error());
    SearchReply reply;
    if (answer) reply.answer = std::move(*answer);
    reply.view = View(answer.has_value(), reply.answer.freshness);
    done(std::move(reply));
  };
  Post(job, done);
}

void TreeService::GetStatus(std::stop_token stop, Done<StatusReply> done) {
  const auto job = [this, stop = std::move(stop), done] {
    if (stop.stop_requested()) return;
    if (!index_) return done(index_.error());
    auto status = index_->GetStatus();
    if (!status && !IsNoneYet(status.error())) return done(status.error());
    StatusReply reply;
    if (status) reply.status = std::move(*status);
    reply.view = View(status.has_value(), reply.status ? reply.status->freshness : sync::Freshness{});
    done(std::move(reply));
  };
  Post(job, done);
}

}  // namespace squire::serve
