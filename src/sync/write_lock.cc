#include "sync/write_lock.h"

#include <chrono>
#include <thread>

#include "io/file_system.h"

namespace squire::sync {

struct WriteLock::Held {
  std::unique_ptr<FileLock> lock;
};

WriteLock::WriteLock(std::unique_ptr<Held> held) : held_(std::move(held)) {}
WriteLock::WriteLock(WriteLock&&) noexcept = default;
WriteLock& WriteLock::operator=(WriteLock&&) noexcept = default;
WriteLock::~WriteLock() = default;

Result<WriteLock> WriteLock::Take(const Location& location, const std::stop_token& stop,
                                  const std::function<void(const std::string&)>& waiting) {
  for (bool told = false;; told = true) {
    auto lock = PosixFileSystem().Lock(location.write_lock(), false);
    if (lock) return WriteLock(std::make_unique<Held>(Held{*std::move(lock)}));
    if (lock.error().code != Code::kConflict) return std::move(lock.error());
    if (stop.stop_requested()) return Cancelled("stopped while another process was updating the index");
    if (!told && waiting) waiting("another process is updating the index; waiting for it");
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

}  // namespace squire::sync
