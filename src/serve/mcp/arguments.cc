#include "serve/mcp/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace squire::serve::mcp {
namespace {
constexpr size_t kShownBytesMax = 64;  // of a stranger's value, in a sentence about it

std::string Shown(std::string_view text) {
  return std::string(text.substr(0, kShownBytesMax)) + (text.size() > kShownBytesMax ? "..." : "");
}
}  // namespace

const Json* Arguments::Find(const char* name) {
  known_.insert(name);
  const auto found = object_.find(name);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

void Arguments::Refuse(std::string sentence) {
  if (!problem_) problem_ = std::move(sentence);
}

std::string Arguments::Text(const char* name, bool required, size_t bytes_max) {
  const Json* value = Find(name);
  if (value == nullptr && !required) return {};
  if (value == nullptr || !value->is_string() || value->get_ref<const std::string&>().empty() ||
      value->get_ref<const std::string&>().size() > bytes_max) {
    Refuse(fmt::format("'{}' must be a string of 1 to {} bytes", name, bytes_max));
    return {};
  }
  return value->get<std::string>();
}

int64_t Arguments::Integer(const char* name, int64_t least, int64_t most, int64_t otherwise) {
  const Json* value = Find(name);
  if (value == nullptr) return otherwise;
  // 10.0 is what some clients make of 10.
  const double number = value->is_number() ? value->get<double>() : NAN;
  if (!(number >= static_cast<double>(least) && number <= static_cast<double>(most)) || number != std::floor(number)) {
    Refuse(fmt::format("'{}' must be an integer from {} to {}", name, least, most));
    return otherwise;
  }
  return static_cast<int64_t>(number);
}

bool Arguments::Flag(const char* name, bool otherwise) {
  const Json* value = Find(name);
  if (value == nullptr) return otherwise;
  if (!value->is_boolean()) Refuse(fmt::format("'{}' must be true or false", name));
  return value->is_boolean() ? value->get<bool>() : otherwise;
}

std::string Arguments::OneOf(const char* name, const std::vector<std::string>& allowed) {
  const Json* value = Find(name);
  if (value == nullptr) return allowed.front();
  if (!value->is_string() || std::ranges::find(allowed, value->get_ref<const std::string&>()) == allowed.end()) {
    Refuse(fmt::format("'{}' must be one of: {}", name, fmt::join(allowed, ", ")));
    return allowed.front();
  }
  return value->get<std::string>();
}

std::vector<std::string> Arguments::Texts(const char* name, size_t count_max, size_t bytes_max) {
  const Json* value = Find(name);
  if (value == nullptr) return {};
  std::vector<std::string> texts;
  bool good = value->is_array() && value->size() <= count_max;
  for (size_t i = 0; good && i < value->size(); i++) {
    const Json& item = (*value)[i];
    good = item.is_string() && !item.get_ref<const std::string&>().empty() &&
           item.get_ref<const std::string&>().size() <= bytes_max;
    if (good) texts.push_back(item.get<std::string>());
  }
  if (!good)
    Refuse(fmt::format("'{}' must be a list of at most {} strings of 1 to {} bytes", name, count_max, bytes_max));
  return texts;
}

Result<void> Arguments::Check() const {
  if (problem_) return InvalidArgument(*problem_);
  for (const auto& [name, value] : object_.items())
    if (!known_.contains(name))
      return InvalidArgument(
          fmt::format("there is no argument '{}'; allowed are: {}", Shown(name), fmt::join(known_, ", ")));
  return {};
}

}  // namespace squire::serve::mcp
