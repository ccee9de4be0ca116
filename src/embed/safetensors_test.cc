#include "embed/safetensors.h"

#include <gtest/gtest.h>

namespace squire::embed {
namespace {

std::string File(const std::string& header, const std::string& data) {
  std::string out;
  Put<uint64_t>(out, header.size());
  return out + header + data;
}

const std::string kData("\0\0\x80\x3f\0\0\0\x40", 8);  // 1, 2

TEST(SafeTensors, ReadsFloats) {
  const std::string file =
      File(R"({"__metadata__":{"a":"b"},"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}})", kData);
  auto parsed = SafeTensors::Parse(AsBytes(file));
  ASSERT_TRUE(parsed);
  const std::vector<size_t> shape = {1, 2};
  EXPECT_EQ(*parsed->Read("w", shape), (std::vector<float>{1, 2}));
  EXPECT_EQ(parsed->Read("v", shape).error().code, Code::kNotFound);
  const std::vector<size_t> other = {2, 1};
  EXPECT_EQ(parsed->Read("w", other).error().code, Code::kCorruption);
}

TEST(SafeTensors, RefusesWhatDoesNotFit) {
  for (const char* header : {"", "[]", "{", R"({"w":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})",
                             R"({"w":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}})",
                             R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})",
                             R"({"w":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})",
                             R"({"w":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}})",
                             R"({"w":{"dtype":"F32","shape":"x","data_offsets":[0,8]}})", R"({"w":{"dtype":"F32"}})"}) {
    const std::string file = File(header, kData);
    EXPECT_FALSE(SafeTensors::Parse(AsBytes(file))) << header;
  }
  std::string huge;
  Put<uint64_t>(huge, UINT64_MAX);
  EXPECT_FALSE(SafeTensors::Parse(AsBytes(huge)));
  EXPECT_FALSE(SafeTensors::Parse({}));
}

}  // namespace
}  // namespace squire::embed
