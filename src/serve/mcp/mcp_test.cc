#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "serve/mcp/arguments.h"
#include "serve/mcp/search_code.h"
#include "serve/mcp/session.h"
#include "serve/mcp/stdio.h"

namespace squire::serve::mcp {
namespace {

using testing::HasSubstr;

TEST(McpArguments, SayWhatIsAllowed) {
  const auto problem = [](const char* json) {
    const Json object = Json::parse(json);
    Arguments arguments(object);
    arguments.Text("query", true, 8);
    arguments.Integer("limit", 1, 50, 10);
    arguments.OneOf("mode", {"auto", "text"});
    arguments.Texts("paths", 2, 8);
    arguments.Flag("wait", true);
    const auto good = arguments.Check();
    return good ? std::string() : good.error().message;
  };
  EXPECT_EQ(problem(R"({"query":"x"})"), "");
  EXPECT_EQ(problem(R"({"query":"x","limit":10.0,"mode":"text","paths":["a"],"wait":false})"), "");
  EXPECT_EQ(problem(R"({"query":"x","limit":null})"), "");
  EXPECT_THAT(problem("{}"), HasSubstr("'query' must be a string of 1 to 8 bytes"));
  EXPECT_THAT(problem(R"({"query":7})"), HasSubstr("'query'"));
  EXPECT_THAT(problem(R"({"query":"123456789"})"), HasSubstr("'query'"));
  for (const char* limit : {"0", "51", "1.5", "\"10\"", "-1", "1e300", "[]"})
    EXPECT_THAT(problem((R"({"query":"x","limit":)" + std::string(limit) + "}").c_str()),
                HasSubstr("an integer from 1 to 50"));
  EXPECT_THAT(problem(R"({"query":"x","mode":"best"})"), HasSubstr("one of: auto, text"));
  EXPECT_THAT(problem(R"({"query":"x","paths":"a"})"), HasSubstr("'paths' must be a list"));
  EXPECT_THAT(problem(R"({"query":"x","paths":["a","b","c"]})"), HasSubstr("'paths'"));
  EXPECT_THAT(problem(R"({"query":"x","paths":[1]})"), HasSubstr("'paths'"));
  EXPECT_THAT(problem(R"({"query":"x","wait":1})"), HasSubstr("true or false"));
  EXPECT_THAT(problem(R"({"query":"x","top_k":3})"), HasSubstr("no argument 'top_k'; allowed are: limit"));
}

TEST(McpProtocol, NegotiatesTheRevision) {
  EXPECT_EQ(Negotiate("2024-11-05"), "2024-11-05");
  EXPECT_EQ(Negotiate("2025-11-25"), "2025-11-25");
  EXPECT_EQ(Negotiate("2099-01-01"), "2025-11-25");
  EXPECT_EQ(Negotiate(""), "2025-11-25");
}

struct McpSession : testing::Test {
  std::vector<Json> sent;
  Json seen;
  Session session{{Tool{"echo",
                        {{"name", "echo"}},
                        [this](const Json& arguments, const std::stop_token&, const auto& done) {
                          seen = arguments;
                          if (arguments.contains("bad"))
                            return done(ErrorResult(InvalidArgument("bad is not allowed")));
                          done({"text", {{"a", 1}}});
                        }}},
                  [this](std::string_view text) { sent.push_back(Json::parse(text)); }};

  Json Ask(const char* method, const char* params = "{}") {
    session.Receive(R"({"jsonrpc":"2.0","id":1,"method":")" + std::string(method) + R"(","params":)" + params + "}");
    return sent.back();
  }
};

TEST_F(McpSession, Initializes) {
  const Json reply = Ask("initialize", R"({"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{}})");
  EXPECT_EQ(reply["result"]["protocolVersion"], "2025-06-18");
  EXPECT_EQ(reply["result"]["serverInfo"]["name"], "squire");
  EXPECT_TRUE(reply["result"]["capabilities"].contains("tools"));
  EXPECT_EQ(Ask("initialize", R"({"protocolVersion":7})")["error"]["code"], kInvalidParams);
  EXPECT_EQ(Ask("ping")["result"], Json::object());
  EXPECT_EQ(Ask("logging/setLevel", R"({"level":"info"})")["result"], Json::object());
  EXPECT_EQ(Ask("resources/list")["error"]["code"], kMethodNotFound);
}

TEST_F(McpSession, CallsTools) {
  EXPECT_EQ(Ask("tools/list")["result"]["tools"], Json::parse(R"([{"name":"echo"}])"));
  const Json reply = Ask("tools/call", R"({"name":"echo","arguments":{"x":1}})");
  EXPECT_EQ(seen, Json::parse(R"({"x":1})"));
  EXPECT_EQ(reply["result"],
            Json::parse(R"({"content":[{"type":"text","text":"text"}],"structuredContent":{"a":1},"isError":false})"));
  const Json bad = Ask("tools/call", R"({"name":"echo","arguments":{"bad":1}})");
  EXPECT_EQ(bad["result"]["isError"], true);
  EXPECT_EQ(bad["result"]["content"][0]["text"], "bad is not allowed");
  EXPECT_FALSE(bad["result"].contains("structuredContent"));
  EXPECT_EQ(Ask("tools/call", R"({"name":"echo"})")["result"]["isError"], false);
  EXPECT_EQ(Ask("tools/call", R"({"name":"none"})")["error"]["code"], kInvalidParams);
  EXPECT_EQ(Ask("tools/call", "{}")["error"]["code"], kInvalidParams);
  EXPECT_EQ(Ask("tools/call", R"({"name":"echo","arguments":[]})")["error"]["code"], kInvalidParams);
}

TEST(McpSearchText, AHitCannotCloseItsFence) {
  SearchReply reply;
  reply.answer.hits.push_back({"a.md", 1, 2, 0.5, "section", "T", "markdown", "```\ncode\n````"});
  reply.answer.note = "only words were searched";
  reply.view.note = "1 file changed";
  const std::string text = SearchText(reply);
  EXPECT_THAT(text, HasSubstr("a.md:1-2  section T"));
  EXPECT_THAT(text, HasSubstr("\n`````markdown\n```\ncode\n````\n`````\n"));
  EXPECT_THAT(text, HasSubstr("Note: only words were searched; 1 file changed."));
}

TEST(McpStdio, CutsLinesAndBoundsThem) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(pipe2(pipe.data(), O_CLOEXEC), 0);
  std::thread writer([&] {
    LineWriter out(pipe[1]);
    out.Write("one\r\n\n");
    out.Write(std::string(kMessageBytesMax * 2, 'x'));
    out.Write("two");
    EXPECT_EQ(write(pipe[1], "last", 4), 4);
    close(pipe[1]);
  });
  std::vector<std::string> lines;
  EXPECT_TRUE(ReadLines(pipe[0], {}, [&](std::string_view line) { lines.emplace_back(line); }));
  writer.join();
  close(pipe[0]);
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0], "one");
  EXPECT_EQ(lines[1].size(), kMessageBytesMax + 1);
  EXPECT_EQ(lines[2], "two");
  EXPECT_EQ(lines[3], "last");
}

TEST(McpStdio, AStopEndsTheWait) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(pipe2(pipe.data(), O_CLOEXEC), 0);
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_TRUE(ReadLines(pipe[0], stop.get_token(), [](std::string_view) {}));
  close(pipe[0]);
  close(pipe[1]);
}

}  // namespace
}  // namespace squire::serve::mcp
