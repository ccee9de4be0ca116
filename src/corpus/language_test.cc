#include "corpus/language.h"

#include <gtest/gtest.h>

#include "corpus/defaults.h"

namespace squire::corpus {
namespace {

TEST(Language, ByNameAndContent) {
  EXPECT_EQ(LanguageOf("a/b.PY", ""), "python");
  EXPECT_EQ(LanguageOf("x.cts", ""), "typescript");
  EXPECT_EQ(LanguageOf("x.tsx", ""), "tsx");
  EXPECT_EQ(LanguageOf("src/CMakeLists.txt", ""), "cmake");
  EXPECT_EQ(LanguageOf("Dockerfile.dev", ""), "dockerfile");
  EXPECT_EQ(LanguageOf("bin/tool", "#!/usr/bin/env python3\nx\n"), "python");
  EXPECT_EQ(LanguageOf("bin/tool", "#!/bin/sh\n"), "shell");
  EXPECT_EQ(LanguageOf("LICENSE", "words\n"), "text");
  EXPECT_EQ(LanguageOf("trailing.", ""), "text");
}

TEST(Language, HeadersAreSniffed) {
  EXPECT_EQ(LanguageOf("a.h", "#include <stdio.h>\nstruct class_of { int x; };\n"), "c");
  EXPECT_EQ(LanguageOf("a.h", "#include <vector>\n"), "cpp");
  EXPECT_EQ(LanguageOf("a.h", "  namespace x {\n"), "cpp");
  EXPECT_EQ(LanguageOf("a.h", "void f(std::string);\n"), "cpp");
  EXPECT_EQ(LanguageOf("a.h", "// uses std::string in C++\nint f(void);\n"), "c");
}

TEST(Defaults, Secrets) {
  for (const char* name :
       {".env", ".env.production", "prod.env", "id_ed25519", "server.PEM", "a.p12", ".netrc", "app.keystore"}) {
    EXPECT_TRUE(IsSecretName(name, false)) << name;
  }
  for (const char* name : {".env.example", "environment.py", "id_rsa.pub", "keys.py", "env.md", "keyboard.c"}) {
    EXPECT_FALSE(IsSecretName(name, false)) << name;
  }
  EXPECT_TRUE(IsSecretName(".ssh", true));
}

TEST(Language, IsMeantByManyNames) {
  for (const char* name : {"python", "Python", "PY", "pyi"}) EXPECT_EQ(FindLanguage(name), "python") << name;
  EXPECT_EQ(FindLanguage("C++"), "cpp");
  EXPECT_EQ(FindLanguage("C#"), "csharp");
  EXPECT_EQ(FindLanguage("c"), "c");
  EXPECT_EQ(FindLanguage("gomod"), "gomod");
  EXPECT_EQ(FindLanguage("text"), "text");
  for (const char* name : {"", "nonsense", "Makefile"}) EXPECT_EQ(FindLanguage(name), "") << name;
}

}  // namespace
}  // namespace squire::corpus
