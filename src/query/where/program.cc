#include "query/where/program.h"

#include <algorithm>

namespace squire::where {
namespace {

class Compiler {
 public:
  explicit Compiler(const Bound& bound) : bound_(bound), need_(bound.exprs.size(), 1), ends_(bound.exprs.size()) {
    out_.residuals.resize(bound.keyed.size());
    for (size_t i = need_.size(); i-- > 0;) CountRegisters(static_cast<uint32_t>(i));
  }

  Program Run(uint32_t root) {
    Emit(root);
    out_.main_end = static_cast<uint32_t>(out_.steps.size());
    for (size_t i = 0; i < keyed_.size(); i++) {  // residuals may hold more of their kind
      const Expr& expr = bound_.exprs[keyed_[i]];
      auto& ranges = out_.residuals[expr.payload];
      for (uint32_t child = expr.first + 1; child < expr.first + expr.count; child++) {
        const auto begin = static_cast<uint32_t>(out_.steps.size());
        if (!IsOfMatches(bound_, child)) Emit(child);
        ranges.emplace_back(begin, static_cast<uint32_t>(out_.steps.size()));
      }
    }
    for (Step& step : out_.steps) step.jump = ends_[step.expr];
    return std::move(out_);
  }

 private:
  struct Task {
    enum class Kind : uint8_t { kVisit, kStep, kEnd } kind = Kind::kVisit;
    uint32_t expr = 0;
    uint32_t target = 0;
    Step step;
  };

  /// Children in the order in which they are computed: those that need most registers first.
  void Order(const Expr& expr) {
    order_.clear();
    if (expr.kind == ExprKind::kKeyed || IsOfColumn(expr)) return;
    for (uint32_t i = 0; i < expr.count; i++) order_.push_back(expr.first + i);
    std::ranges::stable_sort(order_, std::greater(), [&](uint32_t child) { return need_[child]; });
  }

  /// Whether `expr` looks at its column itself, which is true of every IS NULL: any type can be asked that.
  [[nodiscard]] bool IsOfColumn(const Expr& expr) const {
    return expr.kind == ExprKind::kIsNull && bound_.exprs[expr.first].kind == ExprKind::kColumn;
  }
  [[nodiscard]] static bool IsChain(const Expr& expr) {
    return expr.kind == ExprKind::kAnd || expr.kind == ExprKind::kOr;
  }

  void CountRegisters(uint32_t index) {
    const Expr& expr = bound_.exprs[index];
    Order(expr);
    uint32_t need = 1;
    for (uint32_t i = 0; i < order_.size(); i++)
      need = std::max(need, need_[order_[i]] + (IsChain(expr) ? std::min(i, 1u) : i));
    need_[index] = need;
  }

  void Emit(uint32_t root) {
    tasks_.push_back({Task::Kind::kVisit, root, 0, {}});
    while (!tasks_.empty()) {
      const Task task = tasks_.back();
      tasks_.pop_back();
      if (task.kind == Task::Kind::kVisit) {
        Visit(task.expr, task.target);
      } else if (task.kind == Task::Kind::kStep) {
        out_.steps.push_back(task.step);
      } else {
        ends_[task.expr] = static_cast<uint32_t>(out_.steps.size());
      }
    }
  }

  void Visit(uint32_t index, uint32_t target) {
    const Expr& expr = bound_.exprs[index];
    out_.registers = std::max(out_.registers, target + 1);
    if (expr.kind == ExprKind::kKeyed) keyed_.push_back(index);
    Order(expr);
    if (IsChain(expr)) return VisitChain(index, target);
    const auto inputs = static_cast<uint32_t>(out_.inputs.size());
    out_.inputs.resize(inputs + order_.size());
    tasks_.push_back({Task::Kind::kStep, index, target, {StepKind::kExpr, index, target, inputs, 0}});
    for (auto i = static_cast<uint32_t>(order_.size()); i-- > 0;) {
      out_.inputs[inputs + (order_[i] - expr.first)] = target + i;
      tasks_.push_back({Task::Kind::kVisit, order_[i], target + i, {}});
    }
  }

  void VisitChain(uint32_t index, uint32_t target) {
    const auto step = [&](StepKind kind, uint32_t input) {
      out_.inputs.push_back(input);
      return Task{
          Task::Kind::kStep, index, target, {kind, index, target, static_cast<uint32_t>(out_.inputs.size() - 1), 0}};
    };
    tasks_.push_back({Task::Kind::kEnd, index, target, {}});
    for (size_t i = order_.size(); i-- > 1;) {
      tasks_.push_back(step(StepKind::kMerge, target + 1));
      tasks_.push_back({Task::Kind::kVisit, order_[i], target + 1, {}});
    }
    tasks_.push_back(step(StepKind::kDecided, target));
    tasks_.push_back({Task::Kind::kVisit, order_[0], target, {}});
  }

  const Bound& bound_;
  std::vector<uint32_t> need_;
  std::vector<uint32_t> order_;
  std::vector<Task> tasks_;
  std::vector<uint32_t> keyed_;
  std::vector<uint32_t> ends_;  // of chains: the step behind them
  Program out_;
};

}  // namespace

bool IsOfMatches(const Bound& bound, uint32_t index) {
  const Expr& expr = bound.exprs[index];
  if (expr.kind == ExprKind::kMatch) return true;
  if (expr.kind != ExprKind::kAnd) return false;
  for (uint32_t i = 0; i < expr.count; i++) {
    if (bound.exprs[expr.first + i].kind != ExprKind::kMatch) return false;
  }
  return true;
}

Program Compile(const Bound& bound, uint32_t root) { return Compiler(bound).Run(root); }

}  // namespace squire::where
