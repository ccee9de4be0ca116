#include "corpus/language.h"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "corpus/lines.h"

namespace squire::corpus {
namespace {

using Table = std::unordered_map<std::string_view, std::string_view>;

const Table& ByExtension() {
  static const Table table = {
      {"py", "python"}, {"pyi", "python"}, {"pyw", "python"}, {"js", "javascript"}, {"mjs", "javascript"},
      {"cjs", "javascript"}, {"jsx", "javascript"}, {"ts", "typescript"}, {"mts", "typescript"}, {"cts", "typescript"},
      {"tsx", "tsx"}, {"go", "go"}, {"rs", "rust"}, {"java", "java"}, {"c", "c"}, {"cc", "cpp"}, {"cpp", "cpp"},
      {"cxx", "cpp"}, {"c++", "cpp"}, {"hh", "cpp"}, {"hpp", "cpp"}, {"hxx", "cpp"}, {"h++", "cpp"}, {"ipp", "cpp"},
      {"inl", "cpp"}, {"tcc", "cpp"}, {"tpp", "cpp"}, {"cu", "cpp"}, {"cuh", "cpp"}, {"md", "markdown"},
      {"markdown", "markdown"}, {"mdx", "markdown"}, {"mdown", "markdown"}, {"rst", "rst"}, {"txt", "text"},
      {"json", "json"}, {"json5", "json"}, {"jsonc", "json"}, {"jsonl", "json"}, {"ndjson", "json"}, {"ipynb", "json"},
      {"yaml", "yaml"}, {"yml", "yaml"}, {"toml", "toml"}, {"ini", "ini"}, {"cfg", "ini"}, {"conf", "ini"},
      {"properties", "ini"}, {"sh", "shell"}, {"bash", "shell"}, {"zsh", "shell"}, {"fish", "shell"}, {"ksh", "shell"},
      {"ps1", "powershell"}, {"bat", "batch"}, {"cmd", "batch"}, {"sql", "sql"}, {"css", "css"}, {"scss", "scss"},
      {"sass", "sass"}, {"less", "less"}, {"html", "html"}, {"htm", "html"}, {"xhtml", "html"}, {"vue", "vue"},
      {"svelte", "svelte"}, {"xml", "xml"}, {"xsd", "xml"}, {"xsl", "xml"}, {"svg", "xml"}, {"plist", "xml"},
      {"cmake", "cmake"}, {"mk", "make"}, {"mak", "make"}, {"proto", "proto"}, {"thrift", "thrift"}, {"graphql", "graphql"},
      {"gql", "graphql"}, {"fbs", "flatbuffers"}, {"rb", "ruby"}, {"rake", "ruby"}, {"gemspec", "ruby"}, {"php", "php"},
      {"cs", "csharp"}, {"fs", "fsharp"}, {"kt", "kotlin"}, {"kts", "kotlin"}, {"scala", "scala"}, {"sc", "scala"},
      {"swift", "swift"}, {"m", "objc"}, {"mm", "objc"}, {"lua", "lua"}, {"pl", "perl"}, {"pm", "perl"}, {"r", "r"},
      {"jl", "julia"}, {"hs", "haskell"}, {"ml", "ocaml"}, {"mli", "ocaml"}, {"ex", "elixir"}, {"exs", "elixir"},
      {"erl", "erlang"}, {"hrl", "erlang"}, {"clj", "clojure"}, {"cljs", "clojure"}, {"edn", "clojure"}, {"el", "lisp"},
      {"lisp", "lisp"}, {"scm", "scheme"}, {"rkt", "scheme"}, {"dart", "dart"}, {"zig", "zig"}, {"nim", "nim"},
      {"groovy", "groovy"}, {"gradle", "groovy"}, {"tf", "hcl"}, {"hcl", "hcl"}, {"nix", "nix"}, {"vim", "vim"},
      {"tex", "latex"}, {"bib", "bibtex"}, {"adoc", "asciidoc"}, {"asc", "asciidoc"}, {"org", "org"}, {"asm", "assembly"},
      {"s", "assembly"}, {"f", "fortran"}, {"f90", "fortran"}, {"csv", "csv"}, {"tsv", "csv"}, {"diff", "diff"},
      {"patch", "diff"}, {"pyx", "cython"}, {"pxd", "cython"}, {"bzl", "starlark"}, {"star", "starlark"},
      {"dockerfile", "dockerfile"}, {"sol", "solidity"}, {"v", "verilog"}, {"sv", "verilog"}, {"vhd", "vhdl"}};
  return table;
}

const Table& ByName() {
  static const Table table = {
      {"Makefile", "make"}, {"makefile", "make"}, {"GNUmakefile", "make"}, {"CMakeLists.txt", "cmake"},
      {"Dockerfile", "dockerfile"}, {"Containerfile", "dockerfile"}, {"BUILD", "starlark"}, {"BUILD.bazel", "starlark"},
      {"WORKSPACE", "starlark"}, {"Gemfile", "ruby"}, {"Rakefile", "ruby"}, {"Vagrantfile", "ruby"}, {"Podfile", "ruby"},
      {"Jenkinsfile", "groovy"}, {"go.mod", "gomod"}, {".bashrc", "shell"}, {".profile", "shell"}, {".zshrc", "shell"},
      {".gitignore", "ignore"}, {".squireignore", "ignore"}, {".dockerignore", "ignore"}, {".editorconfig", "ini"},
      {".gitattributes", "ini"}, {".clang-format", "yaml"}, {".clang-tidy", "yaml"}, {"meson.build", "meson"}};
  return table;
}

/// By the interpreter that a `#!` line names.
std::string_view ByInterpreter(std::string_view text) {
  if (!text.starts_with("#!")) return {};
  const std::string_view line = text.substr(0, std::min<size_t>(text.find('\n'), 200));
  static constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"python", "python"}, {"node", "javascript"}, {"deno", "typescript"}, {"bash", "shell"}, {"zsh", "shell"},
      {"/sh", "shell"}, {"env sh", "shell"}, {"dash", "shell"}, {"ruby", "ruby"}, {"perl", "perl"}, {"php", "php"},
      {"lua", "lua"}, {"awk", "awk"}, {"Rscript", "r"}};
  for (const auto& [name, lang] : kNames) {
    if (line.find(name) != std::string_view::npos) return lang;
  }
  return {};
}

/// Whether a line of a header can only be C++.
bool IsCppLine(std::string_view line) {
  static constexpr std::string_view kBegins[] = {"class ", "namespace ", "template ", "template<", "using ", "public:",
                                                 "private:", "protected:", "constexpr ", "virtual ", "inline namespace "};
  for (const std::string_view begin : kBegins) {
    if (line.starts_with(begin)) return true;
  }
  if (line.starts_with("#include <")) {  // a standard header of C++ has no extension
    const std::string_view name = line.substr(10, line.find('>') - 10);
    return line.find('>') != std::string_view::npos && name.find('.') == std::string_view::npos;
  }
  return !line.starts_with("//") && !line.starts_with("*") && line.find("std::") != std::string_view::npos;
}

std::string_view HeaderLanguage(std::string_view text) {
  constexpr size_t kSniffedBytes = 64 << 10;
  text = text.substr(0, kSniffedBytes);
  while (!text.empty()) {
    const size_t newline = std::min(text.find('\n'), text.size());
    if (IsCppLine(TrimBlanks(text.substr(0, newline)))) return "cpp";
    text.remove_prefix(std::min(newline + 1, text.size()));
  }
  return "c";
}

}  // namespace

std::string_view LanguageOf(std::string_view path, std::string_view text) {
  const size_t slash = path.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  if (const auto found = ByName().find(name); found != ByName().end()) return found->second;
  if (name.starts_with("Dockerfile.") || name.starts_with("Makefile.")) return name[0] == 'D' ? "dockerfile" : "make";
  const size_t dot = name.rfind('.');
  if (dot != std::string_view::npos && dot + 1 < name.size()) {
    std::string extension(name.substr(dot + 1));
    for (char& c : extension) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    if (extension == "h") return HeaderLanguage(text);
    if (const auto found = ByExtension().find(extension); found != ByExtension().end()) return found->second;
  }
  const std::string_view interpreter = ByInterpreter(text);
  return interpreter.empty() ? "text" : interpreter;
}

}  // namespace squire::corpus
