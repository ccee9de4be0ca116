#include "squire/error.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "base/try.h"

namespace squire {
namespace {

TEST(ErrorTest, CodeFollowsFromErrno) {
  EXPECT_EQ(FromErrno(ENOSPC, "x").code, Code::kNoSpace);
  EXPECT_TRUE(FromErrno(ENOSPC, "x").retryable);
  EXPECT_EQ(FromErrno(EMFILE, "x").code, Code::kTooManyFiles);
  EXPECT_EQ(FromErrno(ENOENT, "x").code, Code::kNotFound);
  EXPECT_EQ(FromErrno(EIO, "x").code, Code::kIo);
}

TEST(ErrorTest, SentenceNamesCodePathAndCause) {
  EXPECT_EQ(FromErrno(ENOSPC, "cannot write page", "data/x.lance").ToString(),
            "NoSpace: cannot write page (data/x.lance): No space left on device");
}

Result<int> Half(int n) {
  if (n % 2) return InvalidArgument("odd");
  return n / 2;
}
Result<void> Check(int n) {
  (void)TRY(Half(n));
  return {};
}
Result<int> Quarter(int n) {
  TRY(Check(n));
  return TRY(Half(TRY(Half(n))));
}

TEST(ResultTest, TryUnwrapsOrReturns) {
  EXPECT_EQ(*Quarter(8), 2);
  EXPECT_EQ(Quarter(6).error().code, Code::kInvalidArgument);
  EXPECT_FALSE(Check(3));
}

}  // namespace
}  // namespace squire
