#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#if __has_include(<catch2/catch_all.hpp>)  // Catch2 3
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
#include <reel/autograd/gradcheck.hpp>
#include <reel/core/format.hpp>

/// How Catch2 prints Reel's values when an assertion fails.
namespace Catch {

template <>
struct StringMaker<reel::Shape> {
  static std::string convert(const reel::Shape& shape) { return reel::to_string(shape); }
};

template <>
struct StringMaker<reel::Dtype> {
  static std::string convert(reel::Dtype dtype) { return std::string(reel::name_of(dtype)); }
};

/// The shape and dtype, then the numbers.
template <>
struct StringMaker<reel::Array> {
  static std::string convert(const reel::Array& array) {
    return reel::to_string(array.shape()) + " " + std::string(reel::name_of(array.dtype())) + "\n" + reel::to_string(array);
  }
};

template <>
struct StringMaker<reel::Tensor> {
  static std::string convert(const reel::Tensor& tensor) {
    return tensor.defined() ? StringMaker<reel::Array>::convert(tensor.value()) : "undefined";
  }
};

}  // namespace Catch

namespace reel {

/// `CHECK_THAT(f, HasRightGradient({a, b}, {.order = 2}))` passes when gradcheck(f, {a, b}, {.order = 2}) does, for whatever f
/// gradcheck takes; on failure its message is shown.
class HasRightGradient {
 public:
  explicit HasRightGradient(std::vector<Tensor> inputs, GradcheckOptions options = {}, SourceLocation at = SourceLocation::here())
      : inputs_(std::move(inputs)), options_(options), at_(at) {}

  template <class F>
  bool match(const F& f) const {
    report_ = gradcheck(f, inputs_, options_, at_);
    return report_->ok();
  }

  std::string toString() const { return report_ ? report_->message() : "has the right gradient"; }

 private:
  std::vector<Tensor> inputs_;
  GradcheckOptions options_;
  SourceLocation at_;
  mutable std::optional<GradcheckReport> report_;  // Catch2 matches a matcher first, and asks for its text afterwards
};

}  // namespace reel
