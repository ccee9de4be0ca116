// The functions of the filter language, most of them on strings.

#include <algorithm>

#include "query/where/compute.h"
#include "query/where/like.h"

namespace squire::where {
namespace {

int64_t CharactersOf(std::string_view text) {
  return std::ranges::count_if(text, [](char c) { return (static_cast<uint8_t>(c) & 0xC0) != 0x80; });
}

/// The first `count` characters; all but the last -count for a negative one.
std::string_view First(std::string_view text, Int128 count) {
  if (count < 0) count = std::max<Int128>(0, CharactersOf(text) + count);
  size_t at = 0;
  for (; count > 0 && at < text.size(); count--) at += CharacterBytes(text, at);
  return text.substr(0, at);
}

/// The last `count` characters; all but the first -count for a negative one.
std::string_view Last(std::string_view text, Int128 count) {
  const Int128 all = CharactersOf(text);
  const Int128 dropped = count < 0 ? -count : std::max<Int128>(0, all - count);
  return text.substr(First(text, dropped).size());
}

/// Characters [start, start + count), the first being 1.
std::string_view Substring(std::string_view text, Int128 start, Int128 count) {
  const Int128 end = start + count;
  const Int128 first = std::max<Int128>(start, 1);
  if (end <= first) return {};
  return First(text.substr(First(text, first - 1).size()), end - first);
}

/// Takes characters of `set` off the ends.
std::string_view Trim(std::string_view text, std::string_view set, bool from_left, bool from_right) {
  const auto is_in_set = [&](std::string_view character) { return set.find(character) != std::string_view::npos; };
  while (from_left && !text.empty()) {
    const size_t size = CharacterBytes(text, 0);
    if (!is_in_set(text.substr(0, size))) break;
    text.remove_prefix(size);
  }
  while (from_right && !text.empty()) {
    size_t begin = text.size() - 1;
    while (begin > 0 && text.size() - begin < 4 && (static_cast<uint8_t>(text[begin]) & 0xC0) == 0x80) begin--;
    if (!is_in_set(text.substr(begin))) break;
    text.remove_suffix(text.size() - begin);
  }
  return text;
}

void AppendReplaced(std::string_view text, std::string_view from, std::string_view to, std::string& out) {
  if (from.empty()) {
    out += text;
    return;
  }
  while (true) {
    const size_t at = text.find(from);
    out += text.substr(0, at);
    if (at == std::string_view::npos) return;
    out += to;
    text.remove_prefix(at + from.size());
  }
}

bool IsTrue(Function function, std::string_view text, std::string_view part) {
  if (function == Function::kStartsWith) return text.starts_with(part);
  if (function == Function::kEndsWith) return text.ends_with(part);
  return text.find(part) != std::string_view::npos;
}

int64_t NumberOf(Function function, std::string_view text, std::string_view part) {
  if (function == Function::kLength) return CharactersOf(text);
  if (function == Function::kOctetLength) return static_cast<int64_t>(text.size());
  const size_t at = text.find(part);
  return at == std::string_view::npos ? 0 : CharactersOf(text.substr(0, at)) + 1;
}

/// A part of the first argument, for functions that make one.
std::string_view PartOf(Function function, Inputs inputs, size_t row) {
  const std::string_view text = inputs[0]->text[inputs[0]->At(row)];
  const auto number = [&](size_t i) { return inputs[i]->exact[inputs[i]->At(row)]; };
  const auto set = [&] { return inputs.size() > 1 ? inputs[1]->text[inputs[1]->At(row)] : std::string_view(" "); };
  switch (function) {
    case Function::kTrim: return Trim(text, set(), true, true);
    case Function::kLeftTrim: return Trim(text, set(), true, false);
    case Function::kRightTrim: return Trim(text, set(), false, true);
    case Function::kLeft: return First(text, number(1));
    case Function::kRight: return Last(text, number(1));
    default: return Substring(text, number(1), inputs.size() > 2 ? number(2) : Int128{INT64_MAX});
  }
}

/// What AppendReplaced would append, in bytes.
size_t ReplacedBytes(std::string_view text, std::string_view from, std::string_view to) {
  size_t bytes = text.size();
  if (from.empty() || to.size() <= from.size()) return bytes;
  for (size_t at = text.find(from); at != std::string_view::npos; at = text.find(from, at + from.size()))
    bytes += to.size() - from.size();
  return bytes;
}

/// Calls that make new text.
Result<Lane> MakeText(Function function, Inputs inputs, Lane out) {
  TextRows texts(out);
  for (size_t row = 0; row < out.valid.size(); row++) {
    const bool is_null = std::ranges::any_of(inputs, [&](const Lane* input) { return !input->IsValid(row); });
    if (is_null && function != Function::kConcat) {
      texts.SetNull(row);
      continue;
    }
    const auto text = [&](size_t i) { return inputs[i]->text[inputs[i]->At(row)]; };
    const size_t more = function == Function::kReplace ? ReplacedBytes(text(0), text(1), text(2)) : 0;
    if (texts.bytes().size() + more > kMadeBytesMax)
      return OverBudget("a function of the filter makes over " + std::to_string(kMadeBytesMax >> 20) +
                        " MiB of text of one batch of rows");
    if (function == Function::kLower) {
      texts.bytes() += ToLower(text(0));
    } else if (function == Function::kUpper) {
      texts.bytes() += ToUpper(text(0));
    } else if (function == Function::kReplace) {
      AppendReplaced(text(0), text(1), text(2), texts.bytes());
    } else {
      for (const Lane* input : inputs) {
        if (input->IsValid(row)) AppendText(*input, row, texts.bytes());
      }
    }
    texts.Set(row);
  }
  texts.Finish();
  return out;
}

/// The first argument that is not null.
Lane Coalesce(Inputs inputs, Lane out) {
  std::string held;
  TextRows texts(out);
  const size_t entries = out.type.kind == Kind::kBool ? out.truth.size() : out.valid.size();
  for (size_t row = 0; row < entries; row++) {
    const auto found = std::ranges::find_if(inputs, [&](const Lane* input) { return input->IsValid(row); });
    const bool is_text = out.type.kind == Kind::kText;
    if (found == inputs.end()) {
      if (is_text) texts.SetNull(row);
      continue;
    }
    const size_t at = (*found)->At(row);
    if (out.type.kind == Kind::kBool) out.truth[row] = (*found)->truth[at];
    if (out.type.kind == Kind::kExact) out.exact[row] = (*found)->exact[at];
    if (out.type.kind == Kind::kFloat) out.number[row] = (*found)->number[at];
    if (is_text) {
      texts.bytes() += (*found)->text[at];
      texts.Set(row);
    } else if (out.type.kind != Kind::kBool) {
      out.valid[row] = 1;
    }
  }
  if (out.type.kind == Kind::kText) texts.Finish();
  return out;
}

}  // namespace

Result<Lane> CallLanes(const Expr& expr, Inputs inputs, size_t rows) {
  const auto function = static_cast<Function>(expr.payload);
  if (function == Function::kAbs) return AbsLane(expr, *inputs[0], rows);
  Lane out = EmptyLane(expr.type, rows, AreConstant(inputs));
  if (function == Function::kCoalesce) return Coalesce(inputs, std::move(out));
  if (function == Function::kLower || function == Function::kUpper || function == Function::kReplace ||
      function == Function::kConcat || function == Function::kConcatOp)
    return MakeText(function, inputs, std::move(out));
  const size_t entries = expr.type.kind == Kind::kBool ? out.truth.size() : out.valid.size();
  for (size_t row = 0; row < entries; row++) {
    if (std::ranges::any_of(inputs, [&](const Lane* input) { return !input->IsValid(row); })) continue;
    const std::string_view text = inputs[0]->text[inputs[0]->At(row)];
    if (expr.type.kind == Kind::kBool) {
      out.truth[row] = IsTrue(function, text, inputs[1]->text[inputs[1]->At(row)]) ? kTrue : kFalse;
      continue;
    }
    out.valid[row] = 1;
    if (expr.type.kind == Kind::kText)
      out.text[row] = PartOf(function, inputs, row);
    else
      out.exact[row] =
          NumberOf(function, text, function == Function::kStrpos ? inputs[1]->text[inputs[1]->At(row)] : "");
  }
  return out;
}

}  // namespace squire::where
