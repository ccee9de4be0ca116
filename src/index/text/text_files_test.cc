// Parts of a text index as they are written, read again and merged.

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "index/text/merge_parts.h"
#include "index/text/posting_codec.h"
#include "io/memory.h"
#include "lance/logical_type.h"

namespace squire::text {
namespace {

using Documents = std::vector<std::vector<std::string>>;

Documents RandomDocuments(uint32_t seed, size_t count, size_t vocabulary) {
  std::mt19937 random(seed);
  Documents out(count);
  for (auto& words : out)
    for (uint32_t i = random() % 40; i > 0; i--)
      words.push_back("w" + std::to_string(std::min(random() % vocabulary, random() % vocabulary)));
  return out;
}

IndexPart Build(const Documents& documents, uint64_t first_row, bool with_positions) {
  PartBuilder builder(with_positions);
  for (size_t i = 0; i < documents.size(); i++) {
    uint32_t position = 0;
    for (const std::string& word : documents[i]) builder.AddWord(word, position++);
    builder.EndDocument(first_row + i);
  }
  return builder.Finish();
}

/// Word, row: where it stands there.
using Occurrences = std::map<std::pair<std::string, uint64_t>, std::vector<uint32_t>>;

Occurrences Expected(const Documents& documents, uint64_t first_row) {
  Occurrences out;
  for (size_t i = 0; i < documents.size(); i++)
    for (uint32_t at = 0; at < documents[i].size(); at++) out[{documents[i][at], first_row + i}].push_back(at);
  return out;
}

Occurrences Read(const TextPart& part) {
  Occurrences out;
  for (size_t word = 0; word < part.num_words(); word++) {
    const auto postings = part.Postings(word);
    EXPECT_TRUE(postings) << postings.error().ToString();
    if (!postings) return out;
    PostingBlock block;
    std::vector<uint32_t> positions;
    for (size_t i = 0; i < postings->block_ends.size(); i++) {
      const size_t begin = i == 0 ? 0 : postings->block_ends[i - 1],
                   first = i == 0 ? 0 : postings->position_ends[i - 1];
      const size_t count = std::min<size_t>(kBlockDocuments, postings->count - i * kBlockDocuments);
      EXPECT_TRUE(DecodeBlock(Bytes(postings->blocks).subspan(begin, postings->block_ends[i] - begin), count,
                              part.num_documents(), block));
      EXPECT_TRUE(DecodePositions(Bytes(postings->positions).subspan(first, postings->position_ends[i] - first),
                                  std::span(block.frequencies).first(count), positions));
      size_t at = 0;
      for (size_t j = 0; j < count; j++) {
        auto& places = out[{std::string(part.word(word)), part.rows()[block.documents[j]]}];
        for (uint32_t k = 0; k < block.frequencies[j]; k++) places.push_back(positions[at++]);
      }
    }
  }
  return out;
}

class TextFilesTest : public testing::Test {
 protected:
  TextFilesTest() { EXPECT_TRUE(fs_.CreateFolders("/i")); }

  std::shared_ptr<const TextPart> WriteAndOpen(IndexPart part, uint64_t number) {
    const PartSource source[] = {{TextPart::Make(std::move(part)), {}}};
    return MergeAndOpen(source, number);
  }
  std::shared_ptr<const TextPart> MergeAndOpen(std::span<const PartSource> sources, uint64_t number) {
    uint64_t documents = 0;
    const auto written = MergeParts(fs_, "/i", number, true, sources, documents);
    EXPECT_TRUE(written) << written.error().ToString();
    auto opened = OpenPart(files_, "/i", number, {{}, "{}", true});
    EXPECT_TRUE(opened) << opened.error().ToString();
    if (!opened) return nullptr;
    EXPECT_EQ((*opened)->num_documents(), documents);
    return *opened;
  }

  MemoryFileSystem fs_;
  std::shared_ptr<table::FileCache> files_ = std::make_shared<table::FileCache>(fs_, 4);
};

TEST_F(TextFilesTest, APartComesBackFromItsFiles) {
  const Documents documents = RandomDocuments(1, 1000, 60);
  const auto part = WriteAndOpen(Build(documents, 7, true), 0);
  ASSERT_NE(part, nullptr);
  const Occurrences wanted = Expected(documents, 7);
  EXPECT_EQ(Read(*part), wanted);
  EXPECT_TRUE(part->has_positions());
  for (size_t i = 1; i < part->num_words(); i++) EXPECT_LT(part->word(i - 1), part->word(i));
  EXPECT_FALSE(part->Find("absent"));
  const auto common = part->Find("w0");
  ASSERT_TRUE(common);
  EXPECT_GT(part->count(*common), kBlockDocuments) << "more than a block";
  const auto all = part->ReadPostings(0, part->num_words());
  ASSERT_TRUE(all);
  EXPECT_EQ((*all)[*common].blocks, part->Postings(*common)->blocks);
}

TEST_F(TextFilesTest, PartsMergeAndLeaveOutWhatIsGone) {
  const Documents one = RandomDocuments(2, 700, 200), two = RandomDocuments(3, 300, 400);
  const auto keep = [](uint64_t row) { return row % 3 != 0; };
  const PartSource sources[] = {{WriteAndOpen(Build(one, 0, true), 1), keep},
                                {TextPart::Make(Build(two, 10'000, true)), {}}};
  const auto part = MergeAndOpen(sources, 2);
  ASSERT_NE(part, nullptr);
  Occurrences wanted = Expected(two, 10'000);
  for (auto& [key, places] : Expected(one, 0))
    if (keep(key.second)) wanted[key] = places;
  EXPECT_EQ(Read(*part), wanted);
  uint64_t words = 0;
  for (const auto& [key, places] : wanted) words += places.size();
  EXPECT_EQ(part->total_words(), words);
}

TEST_F(TextFilesTest, WordsInColumnsAreReadToo) {
  const Documents documents = {{"b", "a"}, {"c", "b"}};
  ASSERT_NE(WriteAndOpen(Build(documents, 0, true), 0), nullptr);
  const std::string path = "/i/" + PartFileName(0, "tokens");
  const auto open = [&](std::vector<std::string> words, std::vector<uint32_t> numbers) {
    const Schema schema{{{"_token", TypeId::kString, false, {}}, {"_token_id", TypeId::kUInt32, false, {}}}, {}};
    ArrayBuilder texts(TypeId::kString), ids(TypeId::kUInt32);
    for (const std::string& word : words) texts.AppendText(word);
    for (const uint32_t number : numbers) ids.Append(number);
    EXPECT_TRUE(fs_.Remove(path));
    auto file = *lance::FileWriter::Create(fs_, path, schema, *lance::ToFields(schema));
    EXPECT_TRUE(file->Write({schema, {*texts.Finish(), *ids.Finish()}, std::ssize(words)}));
    EXPECT_TRUE(file->Finish());
    files_ = std::make_shared<table::FileCache>(fs_, 4);
    return OpenPart(files_, "/i", 0, {{}, "{}", true, /*has_fst=*/false});
  };
  const auto ours = open({"a", "b", "c"}, {0, 1, 2});
  ASSERT_TRUE(ours) << ours.error().ToString();
  EXPECT_EQ(Read(**ours), Expected(documents, 0));
  const auto others = open({"x", "y", "z"}, {2, 0, 1});
  ASSERT_TRUE(others) << others.error().ToString();
  EXPECT_EQ((*others)->count(2), 2u) << "z has the postings of b";
  EXPECT_EQ(open({"b", "a", "c"}, {0, 1, 2}).error().code, Code::kCorruption);
  EXPECT_EQ(open({"a", "b", "c"}, {0, 1, 1}).error().code, Code::kCorruption);
  EXPECT_EQ(open({"a", "b"}, {0, 1}).error().code, Code::kCorruption);
}

TEST_F(TextFilesTest, AnEmptyPart) {
  const auto part = WriteAndOpen(IndexPart{.has_positions = true}, 0);
  ASSERT_NE(part, nullptr);
  EXPECT_EQ(part->num_documents(), 0u);
  EXPECT_EQ(part->num_words(), 0u);
}

TEST_F(TextFilesTest, DamageIsToldOf) {
  (void)WriteAndOpen(Build(RandomDocuments(4, 200, 50), 0, true), 0);
  for (const char* what : {"tokens", "docs", "invert"}) {
    const std::string path = "/i/" + PartFileName(0, what);
    const auto bytes = *ReadWholeFile(fs_, path);
    std::mt19937 random(5);
    for (int round = 0; round < 60; round++) {
      auto broken = bytes;
      for (int i = 0; i < 3; i++) broken[random() % broken.size()] ^= static_cast<uint8_t>(1 + random() % 255);
      ASSERT_TRUE(fs_.Remove(path));
      auto file = *fs_.Create(path);
      ASSERT_TRUE(file->Append(broken));
      ASSERT_TRUE(file->Close());
      const auto fresh = std::make_shared<table::FileCache>(fs_, 4);
      const auto part = OpenPart(fresh, "/i", 0, {{}, "{}", true});
      if (part) (void)(*part)->ReadPostings(0, (*part)->num_words());  // wrong, perhaps, but no harm
    }
    ASSERT_TRUE(fs_.Replace(path, bytes));
  }
}

}  // namespace
}  // namespace squire::text
