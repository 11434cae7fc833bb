#include "check.hpp"

#include <cmath>

#include <fmt/format.h>

namespace oracle {

namespace {

using namespace reel;

bool is_close(double ours, double reference) {
  if (std::isnan(reference)) return std::isnan(ours);  // the mean of nothing
  return ours == reference || std::abs(ours - reference) <= 1e-10 + 1e-9 * std::abs(reference);
}

std::string place_of(std::size_t position, const Shape& shape) {
  Shape index = shape;
  for (std::size_t axis = shape.rank(); axis-- > 0; position /= shape[axis]) index[axis] = position % shape[axis];
  return to_string(index);
}

/// Second-order products that are 0, and for which the reference holds memory that nobody wrote: PyTorch 1.13 represents the second
/// derivative of |x| by a tensor without storage, which its conversion to NumPy reads as if it had one.
bool is_unwritten(const std::string& op, const std::string& quantity) {
  return (op == "abs" || op == "l1_loss") && quantity.starts_with("hvp");
}

/// One case while it runs.
class Case {
 public:
  Case(const Json& description, const io::Arrays& reference)
      : id_(description.at("id")),
        op_(description.at("op")),
        wrt_(indices(description, "wrt")),
        cotangents_(indices(description, "cotangents")),
        reference_(reference) {
    for (std::size_t i = 0; i < description.at("inputs").get<std::size_t>(); ++i) inputs_.emplace_back(array("in", i));
    for (const std::size_t i : wrt_) variables_.push_back(inputs_[i] = variable(inputs_[i]));
  }

  const std::vector<Tensor>& inputs() const { return inputs_; }
  const std::vector<std::string>& failures() const { return failures_; }

  void check_values(const Outputs& y) {
    for (std::size_t i = 0; i < y.size(); ++i) compare(fmt::format("out{}", i), y[i].value(), array("out", i));
  }

  void check_first_order(const Outputs& y) {
    const auto fused = cotangents_.size() == 1 ? gradients(y[cotangents_[0]], variables_, {.seed = Tensor(array("dy", cotangents_[0]))})
                                               : gradients(objective(y), variables_);
    for (std::size_t i = 0; i < wrt_.size(); ++i) compare(fmt::format("grad{}", wrt_[i]), fused[i].value(), array("grad", wrt_[i]));
  }

  /// Also checks the gradients that it differentiates, which the rules' own ops made.
  void check_second_order(const Outputs& y) {
    const auto first = gradients(objective(y), variables_, {.differentiable = true});
    Tensor product = full({}, 0, {.dtype = float64});
    for (std::size_t i = 0; i < wrt_.size(); ++i) {
      compare(fmt::format("grad{} (of ops)", wrt_[i]), first[i].value(), array("grad", wrt_[i]));
      product += sum(first[i] * Tensor(array("v", wrt_[i])));
    }
    // What is linear in its inputs has gradients that do not depend on them.
    std::vector<Tensor> second;
    if (product.has_history()) second = gradients(product, variables_);
    for (std::size_t i = 0; i < wrt_.size(); ++i) {
      const Array ours = (second.empty() ? zeros_like(variables_[i]) : second[i]).value();
      const std::string quantity = fmt::format("hvp{}", wrt_[i]);
      compare(quantity, ours, is_unwritten(op_, quantity) ? Array::zeros(ours.shape(), float64) : array("hvp", wrt_[i]));
    }
  }

 private:
  /// None where the case does not name them: ops without a gradient.
  static std::vector<std::size_t> indices(const Json& description, const char* name) {
    return description.value(name, std::vector<std::size_t>());
  }

  const Array& array(const char* quantity, std::size_t i) const {
    const auto found = reference_.find(fmt::format("{}.{}{}", id_, quantity, i));
    if (found == reference_.end()) throw Error(fmt::format("the reference has no {}{}", quantity, i));
    return found->second;
  }

  /// Σ out·dy
  Tensor objective(const Outputs& y) const {
    Tensor total = full({}, 0, {.dtype = float64});
    for (const std::size_t i : cotangents_) total += sum(y[i] * Tensor(array("dy", i)));
    return total;
  }

  void compare(const std::string& quantity, const Array& ours, const Array& reference) {
    const auto text = [](const Array& a) { return fmt::format("{} {}", a.shape(), name_of(a.dtype())); };
    if (ours.shape() != reference.shape() || ours.dtype() != reference.dtype()) {
      failures_.push_back(fmt::format("{} {}: ours is {}, the reference {}", id_, quantity, text(ours), text(reference)));
      return;
    }
    std::size_t count = 0, worst = 0;
    double largest = -1;
    for (std::size_t i = 0; i < ours.size(); ++i) {
      const double a = ours.as_double(i), b = reference.as_double(i), difference = std::abs(a - b);
      if (is_close(a, b)) continue;
      ++count;
      if (std::isnan(largest) || largest >= difference) continue;
      worst = i;
      largest = difference;
    }
    if (count > 0)
      failures_.push_back(fmt::format("{} {}: {} of {} elements differ, most at {}: ours {:.17g}, reference {:.17g}, difference {:.3g}",
                                      id_, quantity, count, ours.size(), place_of(worst, ours.shape()), ours.as_double(worst),
                                      reference.as_double(worst), largest));
  }

  std::string id_, op_;
  std::vector<std::size_t> wrt_, cotangents_;
  const io::Arrays& reference_;
  std::vector<Tensor> inputs_, variables_;
  std::vector<std::string> failures_;
};

}  // namespace

std::vector<std::string> failures_of(const Json& one_case, Op op, const io::Arrays& reference) {
  try {
    Case run(one_case, reference);
    const Outputs y = op(run.inputs(), one_case.at("args"));
    if (y.size() != one_case.at("outputs").get<std::size_t>())
      return {fmt::format("{}: {} outputs, the reference has {}", one_case.at("id").get<std::string>(), y.size(),
                          one_case.at("outputs").dump())};
    run.check_values(y);
    const int order = one_case.at("order");
    if (order >= 1) run.check_first_order(y);
    if (order >= 2) run.check_second_order(y);
    return run.failures();
  } catch (const std::exception& e) {
    return {fmt::format("{}: {}", one_case.at("id").get<std::string>(), e.what())};
  }
}

}  // namespace oracle
