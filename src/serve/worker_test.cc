#include "serve/worker.h"

#include <gtest/gtest.h>

#include <future>
#include <stdexcept>
#include <vector>

namespace squire::serve {

TEST(Worker, DoesJobsInOrderAndSurvivesWhatTheyThrow) {
  std::vector<int> order;
  std::promise<void> end;
  Worker worker(10);
  for (int i = 0; i < 3; i++) {
    EXPECT_TRUE(worker.Post([&order, i] {
      order.push_back(i);
      throw std::runtime_error("no");
    }));
  }
  EXPECT_TRUE(worker.Post([&] { end.set_value(); }));
  end.get_future().wait();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
}

TEST(Worker, AFullQueueRefuses) {
  std::promise<void> begun, go_on;
  Worker worker(2);
  EXPECT_TRUE(worker.Post([&] {
    begun.set_value();
    go_on.get_future().wait();
  }));
  begun.get_future().wait();
  EXPECT_TRUE(worker.Post([] {}));
  EXPECT_TRUE(worker.Post([] {}));
  EXPECT_FALSE(worker.Post([] {}));
  go_on.set_value();
}

}  // namespace squire::serve
