#include "corpus/language.h"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "corpus/lines.h"

namespace squire::corpus {
namespace {

using Table = std::unordered_map<std::string_view, std::string_view>;

/// A table of names to languages from "language:name,name language:name".
Table Parse(std::string_view list) {
  Table out;
  while (!list.empty()) {
    const size_t end = std::min(list.find(' '), list.size());
    std::string_view names = list.substr(0, end);
    const std::string_view language = names.substr(0, names.find(':'));
    names.remove_prefix(language.size() + 1);
    while (!names.empty()) {
      const size_t comma = std::min(names.find(','), names.size());
      out.emplace(names.substr(0, comma), language);
      names.remove_prefix(std::min(comma + 1, names.size()));
    }
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return out;
}

const Table& ByExtension() {
  static const Table table = Parse(
      "python:py,pyi,pyw javascript:js,mjs,cjs,jsx typescript:ts,mts,cts tsx:tsx go:go rust:rs java:java c:c "
      "cpp:cc,cpp,cxx,c++,hh,hpp,hxx,h++,ipp,inl,tcc,tpp,cu,cuh markdown:md,markdown,mdx,mdown rst:rst text:txt "
      "json:json,json5,jsonc,jsonl,ndjson,ipynb yaml:yaml,yml toml:toml ini:ini,cfg,conf,properties "
      "shell:sh,bash,zsh,fish,ksh powershell:ps1 batch:bat,cmd sql:sql css:css scss:scss sass:sass less:less "
      "html:html,htm,xhtml vue:vue svelte:svelte xml:xml,xsd,xsl,svg,plist cmake:cmake make:mk,mak proto:proto "
      "thrift:thrift graphql:graphql,gql flatbuffers:fbs ruby:rb,rake,gemspec php:php csharp:cs fsharp:fs "
      "kotlin:kt,kts scala:scala,sc swift:swift objc:m,mm lua:lua perl:pl,pm r:r julia:jl haskell:hs "
      "ocaml:ml,mli elixir:ex,exs erlang:erl,hrl clojure:clj,cljs,edn lisp:el,lisp scheme:scm,rkt dart:dart "
      "zig:zig nim:nim groovy:groovy,gradle hcl:tf,hcl nix:nix vim:vim latex:tex bibtex:bib asciidoc:adoc,asc "
      "org:org assembly:asm,s fortran:f,f90 csv:csv,tsv diff:diff,patch cython:pyx,pxd starlark:bzl,star "
      "dockerfile:dockerfile solidity:sol verilog:v,sv vhdl:vhd");
  return table;
}

const Table& ByName() {
  static const Table table = Parse(
      "make:Makefile,makefile,GNUmakefile cmake:CMakeLists.txt dockerfile:Dockerfile,Containerfile "
      "starlark:BUILD,BUILD.bazel,WORKSPACE ruby:Gemfile,Rakefile,Vagrantfile,Podfile groovy:Jenkinsfile "
      "gomod:go.mod shell:.bashrc,.profile,.zshrc ignore:.gitignore,.squireignore,.dockerignore "
      "ini:.editorconfig,.gitattributes yaml:.clang-format,.clang-tidy meson:meson.build");
  return table;
}

/// By the interpreter that a `#!` line names.
std::string_view ByInterpreter(std::string_view text) {
  if (!text.starts_with("#!")) return {};
  const std::string_view line = text.substr(0, std::min<size_t>(text.find('\n'), 200));
  static constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"python", "python"}, {"node", "javascript"}, {"deno", "typescript"}, {"bash", "shell"}, {"zsh", "shell"},
      {"/sh", "shell"},     {"env sh", "shell"},    {"dash", "shell"},      {"ruby", "ruby"},  {"perl", "perl"},
      {"php", "php"},       {"lua", "lua"},         {"awk", "awk"},         {"Rscript", "r"}};
  for (const auto& [name, lang] : kNames) {
    if (line.find(name) != std::string_view::npos) return lang;
  }
  return {};
}

/// Whether a line of a header can only be C++.
bool IsCppLine(std::string_view line) {
  static constexpr std::string_view kBegins[] = {"class ",     "namespace ", "template ",        "template<",
                                                 "using ",     "public:",    "private:",         "protected:",
                                                 "constexpr ", "virtual ",   "inline namespace "};
  for (const std::string_view begin : kBegins) {
    if (line.starts_with(begin)) return true;
  }
  if (line.starts_with("#include <")) {  // a standard header of C++ has no extension
    const std::string_view name = line.substr(10, line.find('>') - 10);
    return line.find('>') != std::string_view::npos && name.find('.') == std::string_view::npos;
  }
  return !line.starts_with("//") && !line.starts_with("*") && line.find("std::") != std::string_view::npos;
}

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
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

std::string_view FindLanguage(std::string_view name) {
  static constexpr std::pair<std::string_view, std::string_view> kOthers[] = {
      {"c#", "csharp"}, {"f#", "fsharp"}, {"golang", "go"}, {"h", "c"}, {"objective-c", "objc"}, {"terraform", "hcl"}};
  const std::string lower = Lower(name);
  for (const auto& [other, language] : kOthers)
    if (lower == other) return language;
  for (const Table* table : {&ByExtension(), &ByName()})
    for (const auto& [key, language] : *table)
      if (lower == language || (table == &ByExtension() && lower == key)) return language;
  return {};
}

std::string_view LanguageOf(std::string_view path, std::string_view text) {
  const size_t slash = path.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  if (const auto found = ByName().find(name); found != ByName().end()) return found->second;
  if (name.starts_with("Dockerfile.") || name.starts_with("Makefile.")) return name[0] == 'D' ? "dockerfile" : "make";
  const size_t dot = name.rfind('.');
  if (dot != std::string_view::npos && dot + 1 < name.size()) {
    const std::string extension = Lower(name.substr(dot + 1));
    if (extension == "h") return HeaderLanguage(text);
    if (const auto found = ByExtension().find(extension); found != ByExtension().end()) return found->second;
  }
  const std::string_view interpreter = ByInterpreter(text);
  return interpreter.empty() ? "text" : interpreter;
}

}  // namespace squire::corpus
