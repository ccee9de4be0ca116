#include "corpus/chunk.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace squire::corpus {
namespace {

/// One line a chunk: "first-last kind name".
std::vector<std::string> Shape(std::string_view path, std::string_view text) {
  Chunker chunker;
  const auto cut = chunker.Chunk(path, text);
  EXPECT_TRUE(cut) << cut.error().ToString();
  std::vector<std::string> out;
  for (const Chunk& chunk : cut->chunks) {
    out.push_back(std::to_string(chunk.start_line) + "-" + std::to_string(chunk.end_line) + " " +
                  std::string(chunk.kind) + " " + chunk.name);
  }
  return out;
}

bool Has(const std::vector<std::string>& shape, const std::string& wanted) {
  return std::find(shape.begin(), shape.end(), wanted) != shape.end();
}

#define EXPECT_HAS(shape, wanted) EXPECT_TRUE(Has(shape, wanted)) << ::testing::PrintToString(shape)

/// A statement long enough to keep what holds it from being small.
constexpr const char* kPad =
    "print(\"some words that make this long enough to stand by itself\", alpha, beta, gamma, delta)";

std::string Padded(std::string text) {
  for (size_t at; (at = text.find("PAD")) != std::string::npos;) text.replace(at, 3, kPad);
  return text;
}

TEST(Chunk, Python) {
  const auto shape = Shape("a.py", Padded("import os\n\n"
                                          "class Outer(Base):\n    \"\"\"Doc.\"\"\"\n\n"
                                          "    # about it\n    @property\n    def method(self):\n        PAD\n\n"
                                          "    class Inner:\n        def deep(self):\n            PAD\n\n"
                                          "async def func(a):\n    def inner():\n        pass\n    PAD\n"));
  EXPECT_EQ(shape, (std::vector<std::string>{"1-1 module ", "3-4 class Outer", "6-9 method Outer.method",
                                             "11-11 class Outer.Inner", "12-13 method Outer.Inner.deep",
                                             "15-18 function func"}));
}

TEST(Chunk, TypeScript) {
  const auto shape = Shape(
      "a.ts", Padded("/** A point. */\nexport interface Point { x: number }\nPAD\n"
                     "@Component({})\nexport class Greeter<T> {\n  name: string;\n"
                     "  /** Says. */\n  async greet(): Promise<void> {\n    PAD\n  }\n"
                     "  handle = () => {\n    PAD\n  };\n}\n"
                     "export const add = (a: number) => {\n  PAD\n};\n"
                     "module.exports = {\n  foo() {\n    PAD;\n  },\n  bar: function () {\n    PAD;\n  },\n};\n"));
  EXPECT_HAS(shape, "4-6 class Greeter");
  EXPECT_HAS(shape, "7-10 method Greeter.greet");
  EXPECT_HAS(shape, "11-14 method Greeter.handle");
  EXPECT_HAS(shape, "15-17 function add");
  EXPECT_HAS(shape, "19-21 method module.exports.foo");
  EXPECT_HAS(shape, "22-25 function module.exports.bar");
}

TEST(Chunk, JavaScriptAndTsx) {
  EXPECT_HAS(Shape("a.mjs", Padded("function one() {\n  PAD\n}\n")), "1-3 function one");
  EXPECT_HAS(Shape("a.jsx", Padded("const App = () => {\n  PAD\n  return <div>{x}</div>;\n};\n")), "1-4 function App");
  EXPECT_HAS(Shape("a.tsx", Padded("const App = (p: Props) => {\n  PAD\n  return <div>{x}</div>;\n};\n")),
             "1-4 function App");
}

TEST(Chunk, Go) {
  const auto shape =
      Shape("a.go", Padded("package main\n\n// Server serves.\ntype Server[T any] struct {\n\tname string\n}\n\n"
                           "// Close closes.\nfunc (s *Server[T]) Close(x int) error {\n\tPAD\n}\n"));
  EXPECT_EQ(shape, (std::vector<std::string>{"1-1 module ", "3-6 struct Server", "8-11 method Server.Close"}));
}

TEST(Chunk, Rust) {
  const auto shape = Shape(
      "a.rs", Padded("use std::fmt;\n\n/// A stack.\n#[derive(Debug)]\npub struct Stack<T> {\n    items: T,\n}\n\n"
                     "impl<T: fmt::Debug> Stack<T> {\n    /// Pushes.\n    #[inline]\n"
                     "    pub fn push(&mut self) {\n        PAD;\n    }\n}\n\n"
                     "mod inner {\n    pub fn helper() {\n        PAD;\n    }\n}\n"));
  EXPECT_HAS(shape, "3-9 struct Stack");  // and the impl's first line, which is nothing by itself
  EXPECT_HAS(shape, "10-15 method Stack::push");
  EXPECT_HAS(shape, "17-21 function inner::helper");
}

TEST(Chunk, Java) {
  const auto shape = Shape("A.java", Padded("package x;\n/** Doc. */\npublic class A<T> {\n  int field;\n"
                                            "  /** Adds. */\n  @Override\n  public int add(int a) {\n    PAD;\n  }\n"
                                            "  enum Color { RED }\n}\n"));
  EXPECT_HAS(shape, "2-4 class A");
  EXPECT_HAS(shape, "5-9 method A.add");
  EXPECT_HAS(shape, "10-11 enum A.Color");
}

TEST(Chunk, CppAndC) {
  const auto shape = Shape(
      "a.h", Padded("#include <vector>\nnamespace ns {\nnamespace {\n// Helps.\nint Helper(int a) {\n  PAD;\n}\n}\n"
                    "/// Doc.\ntemplate <class T>\nclass Widget {\n public:\n  int size_;\n"
                    "  /// Draws.\n  void Draw() const override {\n    PAD;\n  }\n};\n"
                    "template <class T>\nWidget<T>::~Widget() {\n  PAD;\n}\n}  // namespace ns\n"));
  EXPECT_HAS(shape, "4-8 function ns::Helper");
  EXPECT_HAS(shape, "9-13 class ns::Widget");
  EXPECT_HAS(shape, "14-18 method ns::Widget::Draw");
  EXPECT_HAS(shape, "19-23 method ns::Widget<T>::~Widget");
  const auto c = Shape(
      "a.c", Padded("typedef struct node {\n  int value;\n} node_t;\n"
                    "/* Adds. */\nstatic node_t *push(node_t *list) {\n  PAD;\n}\nint (*handler(int a))(void);\n"));
  EXPECT_EQ(c, (std::vector<std::string>{"1-3 struct node_t", "4-7 function push", "8-8 function handler"}));
}

TEST(Chunk, LongBodiesSplitAtStatementsAndKeepTheirName) {
  std::string text = "def long():\n";
  for (int i = 0; i < 40; ++i) text += Padded("    if x:\n        PAD\n");
  Chunker chunker;
  const auto cut = chunker.Chunk("a.py", text);
  ASSERT_GT(cut->chunks.size(), 4u);
  for (const Chunk& chunk : cut->chunks) {
    EXPECT_EQ(chunk.name, "long");
    EXPECT_EQ(chunk.kind, "function");
    EXPECT_LT(chunk.text.size(), 1200u);
    EXPECT_TRUE(chunk.start_line == 1 || chunk.text.starts_with("    if x:")) << chunk.text;
  }
}

TEST(Chunk, SmallSiblingsAreJoined) {
  const auto shape = Shape("a.py", "def a(): return 1\n\ndef b(): return 2\n\ndef c(): return 3\n");
  EXPECT_EQ(shape, (std::vector<std::string>{"1-5 function a, b, c"}));
}

TEST(Chunk, OtherTextByLines) {
  Chunker chunker;
  std::string yaml;
  for (int i = 0; i < 30; ++i)
    yaml += "key" + std::to_string(i) + ":\n  - one: two and three and four\n  - five: six\n\n";
  const auto cut = chunker.Chunk("a.yml", yaml);
  EXPECT_EQ(cut->lang, "yaml");
  ASSERT_GT(cut->chunks.size(), 1u);
  for (const Chunk& chunk : cut->chunks) {
    EXPECT_EQ(chunk.kind, "text");
    EXPECT_TRUE(chunk.text.starts_with("key")) << chunk.text;
  }
  EXPECT_TRUE(chunker.Chunk("empty.py", "")->chunks.empty());
  EXPECT_TRUE(chunker.Chunk("blank.txt", " \n\n\t\r\n")->chunks.empty());
}

TEST(Chunk, LineEndsStayInsideAndCount) {
  Chunker chunker;
  const auto cut = chunker.Chunk("a.txt", "one\r\ntwo\r\n\r\nthree");
  ASSERT_EQ(cut->chunks.size(), 1u);
  EXPECT_EQ(cut->chunks[0].text, "one\r\ntwo\r\n\r\nthree");
  EXPECT_EQ(cut->chunks[0].end_line, 4u);
}

TEST(Chunk, LongLinesAreCutInside) {
  Chunker chunker;
  std::string line;
  for (int i = 0; i < 3000; ++i) line += "word" + std::to_string(i) + " ";
  const auto cut = chunker.Chunk("a.md", "# T\n\n" + line + "\n\nend\n");
  std::string joined;
  for (const Chunk& chunk : cut->chunks) {
    EXPECT_LE(chunk.text.size(), 4096u);
    if (chunk.start_line == 3) joined += chunk.text;
  }
  EXPECT_EQ(joined, line);
}

}  // namespace
}  // namespace squire::corpus
