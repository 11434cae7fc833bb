#include <reel/autograd/ops/detail/equation.hpp>

#include <algorithm>
#include <cctype>

#include <fmt/format.h>
#include <reel/core/error.hpp>

namespace reel::detail {

Equation::Equation(std::string_view text, const std::vector<Shape>& shapes) : text_(text) {
  read();
  if (read_.size() != shapes.size())
    fail<Error>(fmt::format("the equation has {} term{} and there {} {} operand{}", read_.size(), read_.size() == 1 ? "" : "s",
                            shapes.size() == 1 ? "is" : "are", shapes.size(), shapes.size() == 1 ? "" : "s"));
  for (std::size_t i = 0; i < shapes.size(); ++i) terms.push_back(expand(i, read_[i], shapes[i]));
  find_lengths(shapes);
  find_output();
}

template <class E>
void Equation::fail(const std::string& what) const {
  throw E(fmt::format("einsum \"{}\": {}", text_, what));
}

std::string Equation::name_of(int label) const {
  return label > 0 ? fmt::format("index {}", static_cast<char>(label)) : fmt::format("axis {} of the ellipsis, from the back,", -label);
}

void Equation::read() {
  Term term;
  const auto finish = [&](std::size_t at, std::size_t next) {
    term.end = at;
    (has_arrow_ ? result_ : read_.emplace_back()) = term;
    term = Term();
    term.begin = next;
  };
  for (std::size_t at = 0; at < text_.size(); ++at) {
    const char c = text_[at];
    if (std::isalpha(static_cast<unsigned char>(c))) {
      term.letters.push_back(c);
    } else if (c == '.') {
      read_dots(term, at);
      at += 2;
    } else if (c == ',') {
      if (has_arrow_) fail<Error>(fmt::format("character {} is a comma behind the arrow; there is one result", at));
      finish(at, at + 1);
    } else if (c == '-' && text_.substr(at, 2) == "->") {
      if (has_arrow_) fail<Error>(fmt::format("character {} begins a second arrow", at));
      finish(at, at + 2);
      has_arrow_ = true;
      ++at;
    } else if (c != ' ') {
      fail<Error>(fmt::format("character {}, '{}', is no letter, comma, ellipsis (...) or arrow (->)", at, c));
    }
  }
  finish(text_.size(), 0);
}

void Equation::read_dots(Term& term, std::size_t at) {
  if (text_.substr(at, 3) != "...") fail<Error>(fmt::format("character {}, '.', is not one of three in a row (...)", at));
  if (term.ellipsis >= 0) fail<Error>(fmt::format("character {} begins a second ellipsis in one term", at));
  term.ellipsis = static_cast<int>(term.letters.size());
}

Labels Equation::expand(std::size_t i, const Term& term, const Shape& shape) {
  const std::size_t letters = term.letters.size();
  if (term.ellipsis < 0 ? shape.rank() != letters : shape.rank() < letters)
    fail<ShapeError>(fmt::format("term {}, {}, names {} ax{}s{} and operand {} is {}", i, quote(term), letters, letters == 1 ? "i" : "e",
                                 term.ellipsis < 0 ? "" : " and more", i, shape));
  Labels labels = term.letters;
  if (term.ellipsis < 0) return labels;
  const std::size_t count = shape.rank() - letters;
  ellipsis_rank_ = std::max(ellipsis_rank_, count);
  for (std::size_t d = 1; d <= count; ++d) labels.insert(labels.begin() + term.ellipsis, -static_cast<int>(d));
  return labels;
}

void Equation::find_lengths(const std::vector<Shape>& shapes) {
  std::map<int, std::size_t> owner;  // which operand gave a length
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    std::map<int, std::size_t> own;
    for (std::size_t axis = 0; axis < shapes[i].rank(); ++axis) {
      const int label = terms[i][axis];
      const std::size_t length = shapes[i][axis];
      if (const auto [seen, is_new] = own.emplace(label, length); !is_new && seen->second != length)
        fail<ShapeError>(fmt::format("{} is {} and {} in operand {}, {}", name_of(label), seen->second, length, i, shapes[i]));
      const auto [known, is_new] = lengths.emplace(label, length);
      if (is_new || (known->second == 1 && length != 1)) {
        known->second = length;
        owner[label] = i;
      } else if (length != known->second && length != 1) {
        fail<ShapeError>(fmt::format("{} is {} in operand {}, {}, and {} in operand {}, {}", name_of(label), known->second, owner[label],
                                     shapes[owner[label]], length, i, shapes[i]));
      }
    }
  }
}

void Equation::find_output() {
  const auto add_ellipsis = [&] {
    for (std::size_t d = ellipsis_rank_; d > 0; --d) output.push_back(-static_cast<int>(d));
  };
  if (!has_arrow_) {
    add_ellipsis();
    std::map<int, int> occurrences;
    for (const Term& term : read_)
      for (const int letter : term.letters) ++occurrences[letter];
    for (const auto& [letter, count] : occurrences)
      if (count == 1) output.push_back(letter);
    return;
  }
  for (std::size_t i = 0; i <= result_.letters.size(); ++i) {
    if (result_.ellipsis == static_cast<int>(i)) add_ellipsis();
    if (i == result_.letters.size()) break;
    const int letter = result_.letters[i];
    if (lengths.count(letter) == 0) fail<Error>(fmt::format("{} of the result is in no term", name_of(letter)));
    if (std::count(output.begin(), output.end(), letter) > 0) fail<Error>(fmt::format("{} is twice in the result", name_of(letter)));
    output.push_back(letter);
  }
}

}  // namespace reel::detail
