#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "cli/exit_code.h"
#include "cli/hit_text.h"
#include "cli/progress_bar.h"
#include "cli/quantity.h"
#include "cli/terminal.h"
#include "cli/update_options.h"

namespace squire::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(Quantity, Durations) {
  EXPECT_EQ(*ParseDuration("0s"), 0);
  EXPECT_EQ(*ParseDuration("0"), 0);
  EXPECT_EQ(*ParseDuration("10m"), 600);
  EXPECT_EQ(*ParseDuration("7d"), 604'800);
  EXPECT_EQ(*ParseDuration("2w"), 1'209'600);
  for (const char* bad : {"", "s", "-1s", "5", "5x", "1.5h", "9223372036854775807w", "99999999999999999999s", "1h "})
    EXPECT_FALSE(ParseDuration(bad)) << bad;
}

TEST(Quantity, Sizes) {
  EXPECT_EQ(*ParseBytes("65536"), 65'536u);
  EXPECT_EQ(*ParseBytes("64K"), 65'536u);
  EXPECT_EQ(*ParseBytes("1m"), 1u << 20);
  EXPECT_EQ(*ParseBytes("2GiB"), 2ull << 30);
  EXPECT_EQ(*ParseBytes("3B"), 3u);
  for (const char* bad : {"", "K", "-1", "1X", "1KK", "99999999T", "1.5M"}) EXPECT_FALSE(ParseBytes(bad)) << bad;
}

TEST(Quantity, ForPeople) {
  EXPECT_EQ(Counted(0), "0");
  EXPECT_EQ(Counted(999), "999");
  EXPECT_EQ(Counted(1'234'567), "1,234,567");
  EXPECT_EQ(Counted(1, "file"), "1 file");
  EXPECT_EQ(Counted(1000, "file"), "1,000 files");
  EXPECT_EQ(SizeText(999), "999 B");
  EXPECT_EQ(SizeText(1'400'000), "1.4 MB");
  EXPECT_EQ(SizeText(999'999), "1.0 MB");
  EXPECT_EQ(SizeText(~0ull), "18 EB");
  EXPECT_EQ(DurationText(0.44), "0.4 s");
  EXPECT_EQ(DurationText(59.7), "1 min 0 s");
  EXPECT_EQ(DurationText(4320), "1 h 12 min");
  EXPECT_EQ(DurationText(-1), "?");
  EXPECT_EQ(TimeText(1'795'263'624'000'000'000), "2026-11-21 12:20:24 UTC");
}

TEST(Terminal, NothingOfAStrangerSteersIt) {
  EXPECT_EQ(Printable("plain \t text"), "plain \t text");
  EXPECT_EQ(Printable("\x1b[31m"), "\\x1b[31m");
  EXPECT_EQ(Printable("a\nb\rc"), "a\\nb\\rc");
  EXPECT_EQ(Printable("\x7f\xc2\x9b"), "\\x7f\\u009b");
  EXPECT_EQ(Printable("\xe2\x80\xae"), "\\u202e");
  EXPECT_EQ(Printable("\xff\xc0\x80\xed\xa0\x80"), "\\xff\\xc0\\x80\\xed\\xa0\\x80");
  EXPECT_EQ(Printable("\xe6\xbc\xa2 \xf0\x9f\x98\x80"), "\xe6\xbc\xa2 \xf0\x9f\x98\x80");
  EXPECT_EQ(Printable("\xf0\x9f\x98"), "\\xf0\\x9f\\x98");
}

TEST(Terminal, ColoursByTheUsualRules) {
  unsetenv("NO_COLOR");
  setenv("CLICOLOR_FORCE", "1", 1);
  EXPECT_TRUE(UseColor(ColorMode::kAuto, -1));
  EXPECT_FALSE(UseColor(ColorMode::kNever, -1));
  setenv("NO_COLOR", "1", 1);
  EXPECT_FALSE(UseColor(ColorMode::kAuto, -1));
  EXPECT_TRUE(UseColor(ColorMode::kAlways, -1));
  setenv("NO_COLOR", "", 1);
  EXPECT_TRUE(UseColor(ColorMode::kAuto, -1));
  unsetenv("CLICOLOR_FORCE");
  EXPECT_FALSE(UseColor(ColorMode::kAuto, -1));
}

TEST(HitText, WordsToMark) {
  EXPECT_THAT(WordsToMark("Parse_Config AND \"the x file\""), ElementsAre("parse_config", "the", "file"));
  EXPECT_TRUE(WordsToMark("\"\" + -").empty());
}

sync::SearchHit HitOf(std::string text) {
  sync::SearchHit hit;
  hit.path = "a/b.py";
  hit.start_line = 99;
  hit.end_line = 120;
  hit.kind = "function";
  hit.name = "f";
  hit.text = std::move(text);
  return hit;
}

TEST(HitText, BeginsWithPathAndLines) {
  EXPECT_EQ(HitText(HitOf("def f():\r\n  return 1"), {}, 12, {}),
            "a/b.py:99-120  function f  0.0000\n   99  def f():\n  100    return 1\n");
}

TEST(HitText, ShowsTheLinesWithTheMostWordsAndSaysWhatIsLeftOut) {
  std::string text;
  for (int i = 0; i < 30; i++) text += i == 20 ? "the Needle\n" : "hay\n";
  const std::string shown = HitText(HitOf(text), {"needle"}, 5, {});
  EXPECT_THAT(shown, HasSubstr("119  the Needle\n"));
  EXPECT_THAT(shown, HasSubstr("(26 more lines)"));
  EXPECT_THAT(HitText(HitOf(text), {"needle"}, 5, {.on = true}), HasSubstr("the \x1b[1;31mNeedle\x1b[0m"));
}

TEST(HitText, HostileHitsStayOnTheirLines) {
  sync::SearchHit hit = HitOf("\x1b]0;x\x07" + std::string(100'000, 'a'));
  hit.path = "a\n\x1b[2J";
  const std::string shown = HitText(hit, {"a"}, 12, {});
  EXPECT_THAT(shown, Not(HasSubstr("\x1b")));
  EXPECT_EQ(std::ranges::count(shown, '\n'), 2);
  EXPECT_LT(shown.size(), 1000u);
}

TEST(UpdateOptions, EmbedderAndModelGoTogether) {
  UpdateArguments arguments;
  EXPECT_FALSE(ToUpdateOptions(arguments)->embedder);
  EXPECT_FALSE(ToUpdateOptions(arguments)->tree);
  arguments.embedder = "http://localhost";
  EXPECT_FALSE(ToUpdateOptions(arguments));
  arguments.model = "m";
  EXPECT_EQ(ToUpdateOptions(arguments)->embedder->model, "m");
  arguments.embedder = "local";
  EXPECT_FALSE(ToUpdateOptions(arguments));
  arguments.model.clear();
  EXPECT_EQ(ToUpdateOptions(arguments)->embedder, sync::EmbedderChoice{});
  arguments.max_file_size = "2M";
  EXPECT_EQ(ToUpdateOptions(arguments)->tree->file_bytes_max, 2u << 20);
  arguments.max_file_size = "0";
  EXPECT_FALSE(ToUpdateOptions(arguments));
}

TEST(ExitCodes, FollowFromTheError) {
  EXPECT_EQ(ExitCodeOf(Code::kInvalidArgument), 2);
  EXPECT_EQ(ExitCodeOf(Code::kCorruption), 4);
  EXPECT_EQ(ExitCodeOf(Code::kNoSpace), 5);
  EXPECT_EQ(ExitCodeOf(Code::kConflict), 6);
  EXPECT_EQ(ExitCodeOf(Code::kNotFound), 7);
  EXPECT_EQ(ExitCodeOf(Code::kCancelled), 130);
}

TEST(Progress, TellsWhatIsKnown) {
  sync::Progress progress;
  EXPECT_EQ(ProgressText(progress), "scanning");
  progress = {
      .phase = sync::Progress::Phase::kEmbedding, .files_done = 1, .files_total = 3012, .chunks = 812, .embedded = 64};
  EXPECT_EQ(ProgressText(progress), "embedding 1 of 3,012 files, 812 chunks, 64 embedded");
}

}  // namespace
}  // namespace squire::cli
