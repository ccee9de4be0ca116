#pragma once

/// Chunker: cuts a file's text into the pieces that are indexed: functions, methods, classes, sections, paragraphs.
///
/// THREADS: a Chunker belongs to one thread (it keeps a parser); chunks are plain values.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/outline.h"
#include "squire/result.h"

namespace squire::corpus {

struct Chunk {
  uint32_t start_line = 0;  ///< 1-based.
  uint32_t end_line = 0;    ///< Inclusive.
  std::string_view kind;    ///< function, method, class, struct, enum, interface, trait, impl, type, variable, module,
                            ///< section, text...
  std::string name;  ///< Qualified: "Outer.method", "ns::Outer::method", "Title > Section"; joined by ", "; or empty.
  std::string_view lang;  ///< See language.h.
  std::string text;       ///< The lines start_line..end_line as they are, without the last line's end.
};

struct ChunkedFile {
  std::string_view lang;
  std::vector<Chunk> chunks;
  Frontmatter frontmatter;      ///< Of Markdown, else empty.
  bool syntax_errors = false;   ///< The parser had to guess somewhere.
  bool parser_gave_up = false;  ///< Parsing passed its limit on work; the file was cut by lines.
};

class Chunker {
 public:
  Chunker();
  Chunker(Chunker&&) noexcept;
  Chunker& operator=(Chunker&&) noexcept;
  ~Chunker();

  /// Cuts `text`, the content of a file called `path` (its name and first lines tell the language).
  /// The same input gives the same chunks, on any machine and under any load: limits count work, not time.
  /// REQUIRES: valid UTF-8 (ReadText gives it).
  /// ERRORS: OverBudget for a text over kChunkedBytesMax. Syntax errors are none.
  Result<ChunkedFile> Chunk(std::string_view path, std::string_view text);

 private:
  struct Parsers;
  std::unique_ptr<Parsers> parsers_;
};

inline constexpr size_t kChunkedBytesMax = 256u << 20;
inline constexpr size_t kParsedBytesMax = 8u << 20;  ///< A longer file of code is cut by lines.

}  // namespace squire::corpus
