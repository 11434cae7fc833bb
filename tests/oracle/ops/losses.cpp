#include "../args.hpp"

namespace oracle {

namespace {

using nn::Reduction;

Reduction reduction(Args args) {
  const std::string name = args.value("reduction", "mean");
  if (name != "mean" && name != "sum" && name != "none") throw Error("no reduction is called " + name);
  return name == "mean" ? Reduction::mean : name == "sum" ? Reduction::sum : Reduction::none;
}

/// An argument that may be left out.
double number_or(Args args, const char* name, double otherwise) { return args.value(name, otherwise); }
bool flag(Args args, const char* name, bool otherwise = false) { return args.value(name, otherwise); }

/// A number, or a list of numbers.
template <class T>
Tensor listed(const Json& list) {
  if (!list.is_array()) return Tensor(Array::of<T>({}, std::vector<T>{list.get<T>()}));
  const auto numbers = list.get<std::vector<T>>();
  return Tensor(Array::of<T>({numbers.size()}, numbers));
}

/// An operand that comes as input `position` or, in numbers, as an argument; not defined if as neither.
template <class T>
Tensor input_or_argument(In in, std::size_t position, Args args, const char* name) {
  if (args.contains(name) && !args.at(name).is_null()) return listed<T>(args.at(name));
  return position < in.size() ? in[position] : Tensor();
}

std::int64_t ignored(Args args) { return args.value("ignore_index", std::int64_t{-100}); }

Outputs cross_entropy(In in, Args args) {
  return nn::cross_entropy(
      in[0], input_or_argument<std::int64_t>(in, 1, args, "target"),
      {reduction(args), input_or_argument<double>(in, 2, args, "weight"), ignored(args), number_or(args, "label_smoothing", 0)});
}

Outputs cross_entropy_weighted(In in, Args args) {
  return nn::cross_entropy(in[0], input_or_argument<std::int64_t>(in, 2, args, "target"),
                           {reduction(args), in[1], ignored(args), number_or(args, "label_smoothing", 0)});
}

Outputs nll_loss(In in, Args args) {
  return nn::nll_loss(in[0], input_or_argument<std::int64_t>(in, 1, args, "target"),
                      {reduction(args), input_or_argument<double>(in, 2, args, "weight"), ignored(args)});
}

Outputs with_logits(In in, Args args) {
  const bool positive = !args.contains("weight");
  const Tensor third = in.size() > 2 ? in[2] : Tensor();
  return nn::binary_cross_entropy_with_logits(in[0], in[1],
                                              {reduction(args), input_or_argument<double>(in, 9, args, "weight"),
                                               positive && third.defined() ? third : input_or_argument<double>(in, 9, args, "pos_weight")});
}

Outputs triplet_margin_loss(In in, Args args) {
  return nn::triplet_margin_loss(
      in[0], in[1], in[2],
      {reduction(args), number_or(args, "margin", 1), number_or(args, "p", 2), number_or(args, "eps", 1e-6), flag(args, "swap")});
}

Outputs ctc_loss(In in, Args args) {
  return nn::ctc_loss(in[0], input_or_argument<std::int64_t>(in, 1, args, "targets"),
                      input_or_argument<std::int64_t>(in, 2, args, "input_lengths"),
                      input_or_argument<std::int64_t>(in, 3, args, "target_lengths"),
                      {reduction(args), args.value("blank", std::int64_t{0}), flag(args, "zero_infinity")});
}

void add_regression(Table& table) {
  table.insert({
      {"mse_loss", [](In in, Args args) -> Outputs { return nn::mse_loss(in[0], in[1], {reduction(args)}); }},
      {"l1_loss", [](In in, Args args) -> Outputs { return nn::l1_loss(in[0], in[1], {reduction(args)}); }},
      {"huber_loss",
       [](In in, Args args) -> Outputs {
         return nn::huber_loss(in[0], in[1], {reduction(args), number_or(args, "delta", 1)});
       }},
      {"smooth_l1_loss",
       [](In in, Args args) -> Outputs {
         return nn::smooth_l1_loss(in[0], in[1], {reduction(args), number_or(args, "beta", 1)});
       }},
      {"poisson_nll_loss",
       [](In in, Args args) -> Outputs {
         return nn::poisson_nll_loss(in[0], in[1],
                                     {reduction(args), flag(args, "log_input", true), flag(args, "full"), number_or(args, "eps", 1e-8)});
       }},
      {"gaussian_nll_loss",
       [](In in, Args args) -> Outputs {
         return nn::gaussian_nll_loss(in[0], in[1], in[2], {reduction(args), flag(args, "full"), number_or(args, "eps", 1e-6)});
       }},
  });
}

void add_classification(Table& table) {
  table.insert({
      {"binary_cross_entropy",
       [](In in, Args args) -> Outputs {
         return nn::binary_cross_entropy(in[0], in[1], {reduction(args), input_or_argument<double>(in, 2, args, "weight")});
       }},
      {"binary_cross_entropy_with_logits", with_logits},
      {"cross_entropy", cross_entropy},
      {"cross_entropy_weighted", cross_entropy_weighted},
      {"cross_entropy_ignore", cross_entropy},
      {"cross_entropy_probabilities", cross_entropy},
      {"nll_loss", nll_loss},
      {"kl_div",
       [](In in, Args args) -> Outputs {
         return nn::kl_div(in[0], in[1], {reduction(args), flag(args, "log_target")});
       }},
      {"hinge_loss", [](In in, Args args) -> Outputs { return nn::hinge_loss(in[0], in[1], {reduction(args)}); }},
  });
}

void add_embedding(Table& table) {
  table.insert({
      {"cosine_similarity",
       [](In in, Args args) -> Outputs {
         return nn::cosine_similarity(in[0], in[1], {.axis = axis(args), .eps = number_or(args, "eps", 1e-8)});
       }},
      {"pairwise_distance",
       [](In in, Args args) -> Outputs {
         return nn::pairwise_distance(in[0], in[1], {number_or(args, "p", 2), number_or(args, "eps", 1e-6), flag(args, "keepdims")});
       }},
      {"cosine_embedding_loss",
       [](In in, Args args) -> Outputs {
         return nn::cosine_embedding_loss(in[0], in[1], input_or_argument<double>(in, 2, args, "target"),
                                          {reduction(args), number_or(args, "margin", 0)});
       }},
      {"hinge_embedding_loss",
       [](In in, Args args) -> Outputs {
         return nn::hinge_embedding_loss(in[0], in[1], {reduction(args), number_or(args, "margin", 1)});
       }},
      {"triplet_margin_loss", triplet_margin_loss},
      {"margin_ranking_loss",
       [](In in, Args args) -> Outputs {
         return nn::margin_ranking_loss(in[0], in[1], input_or_argument<double>(in, 2, args, "target"),
                                        {reduction(args), number_or(args, "margin", 0)});
       }},
  });
}

}  // namespace

void add_losses(Table& table) {
  add_regression(table);
  add_classification(table);
  add_embedding(table);
  table.insert({"ctc_loss", ctc_loss});
}

}  // namespace oracle
