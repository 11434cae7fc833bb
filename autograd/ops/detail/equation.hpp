#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <reel/core/shape.hpp>

namespace reel::detail {

/// Axes by name: a letter, or -d for the axis of an ellipsis that is d-th from the back.
using Labels = std::vector<int>;

/// What an einsum equation says about its operands.
struct Equation {
  std::vector<Labels> terms;  // one label for each axis of each operand
  Labels output;
  std::map<int, std::size_t> lengths;

  /// Throws Error where the text cannot be read, ShapeError where it does not fit the shapes.
  Equation(std::string_view text, const std::vector<Shape>& shapes);

 private:
  struct Term {
    Labels letters;
    int ellipsis = -1;  // how many letters come before it; -1 for none
    std::size_t begin = 0, end = 0;
  };

  void read();
  void read_dots(Term& term, std::size_t at);
  Labels expand(std::size_t i, const Term& term, const Shape& shape);
  void find_lengths(const std::vector<Shape>& shapes);
  void find_output();
  std::string name_of(int label) const;
  std::string quote(const Term& term) const { return '"' + std::string(text_.substr(term.begin, term.end - term.begin)) + '"'; }
  template <class E>
  [[noreturn]] void fail(const std::string& what) const;

  std::string_view text_;
  std::vector<Term> read_;
  bool has_arrow_ = false;
  Term result_;
  std::size_t ellipsis_rank_ = 0;
};

}  // namespace reel::detail
