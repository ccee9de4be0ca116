// Pages whose every value is the same, or null: the value stands in the page's description.

#include <optional>

#include "lance/layout.h"

namespace squire::lance {
namespace {

class ConstantPage : public PageReader {
 public:
  ConstantPage(DataType type, std::optional<std::string> value) : type_(std::move(type)), value_(std::move(value)) {}

  [[nodiscard]] Result<Array> Read(int64_t /*first*/, int64_t count) const override {
    if (!value_) return NullArray(type_, count);
    ArrayBuilder builder(type_);
    for (int64_t i = 0; i < count; i++) {
      if (type_.id == TypeId::kBool)
        builder.AppendBool((*value_)[0] & 1);
      else
        builder.AppendBytes(value_->data(), value_->size());
    }
    return builder.Finish();
  }

 private:
  DataType type_;
  std::optional<std::string> value_;
};

}  // namespace

Result<std::unique_ptr<PageReader>> OpenConstant(PageContext page, const pb21::ConstantLayout& layout) {
  (void)TRY(IsNullable(layout.layers()));
  if (page.buffers.count() > 0) return Unsupported("constant pages with buffers are not read yet", page.buffers.path);
  if (!layout.has_inline_value())
    return std::unique_ptr<PageReader>(std::make_unique<ConstantPage>(page.type, std::nullopt));
  const std::string& value = layout.inline_value();
  const int64_t bits = page.type.bit_width();
  const bool fits = page.type.id == TypeId::kBool ? value.size() == 1 : bits > 0 && std::ssize(value) * 8 == bits;
  if (!fits) return page.Broken("a constant of " + std::to_string(value.size()) + " bytes for " + page.type.ToString());
  return std::unique_ptr<PageReader>(std::make_unique<ConstantPage>(page.type, value));
}

}  // namespace squire::lance
