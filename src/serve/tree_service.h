#pragma once

/// One tree served: questions about its index answered one after the other on a thread of their own, while a keeper
/// holds the index up to date. It knows nothing of protocols. Any thread may call it.

#include <functional>
#include <optional>
#include <string>

#include "serve/keeper.h"
#include "serve/worker.h"
#include "sync/index.h"

namespace squire::serve {

/// What is known about the index besides an answer.
struct IndexView {
  bool exists = false;
  KeeperState keeper;
  /// How far behind the index is and what is done about it, in a sentence or two; empty when it knows all.
  std::string note;
};

struct SearchReply {
  sync::SearchAnswer answer;
  IndexView view;
};

struct StatusReply {
  std::optional<sync::Status> status;  ///< none while there is no index
  IndexView view;
};

class TreeService {
 public:
  template <class T>
  using Done = std::function<void(Result<T>)>;

  TreeService(sync::Location location, KeeperOptions options);
  /// Waits for what is under way.
  ~TreeService() = default;

  /// Answers from what is committed, also before the first index is finished: then with few hits or none, and a note.
  /// The answers come on the service's thread; Conflict when too many questions wait.
  void Search(sync::SearchRequest request, std::stop_token stop, Done<SearchReply> done);
  void GetStatus(std::stop_token stop, Done<StatusReply> done);
  void Refresh(Keeper::Done done) { keeper_.Refresh(std::move(done)); }
  [[nodiscard]] KeeperState keeper_state() const { return keeper_.state(); }

  /// Asks runs to stop and returns at once; questions are answered still.
  void Stop() { keeper_.Stop(); }
  bool WaitStopped(double seconds) { return keeper_.WaitStopped(seconds); }

 private:
  void Post(std::function<void()> job, const std::function<void(Error)>& refuse);
  [[nodiscard]] IndexView View(bool exists, const sync::Freshness& freshness) const;
  /// Whether a question failed because the first index is not made yet.
  [[nodiscard]] bool IsNoneYet(const Error& error) const;

  const sync::Location location_;
  Result<sync::Index> index_;  // of the worker's thread
  Keeper keeper_;
  Worker worker_;
};

/// "the first index is being made: reading, 120 of 3012 files"
std::string UpdatingText(const KeeperState& keeper, bool exists);

}  // namespace squire::serve
