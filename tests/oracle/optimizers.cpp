#include "options.hpp"
#include "training.hpp"

namespace oracle {

using namespace reel;

namespace {

using Parameters = std::vector<ParameterRef>;
using Made = std::unique_ptr<optim::Optimizer>;

template <class Optimizer, class Options>
Made make(Keywords& keywords, const Parameters& parameters) {
  Options options;
  ReadKeywords read(keywords);
  options.visit(read);
  keywords.finish();
  return std::make_unique<Optimizer>(parameters, options);
}

Made make_lbfgs(Keywords& keywords, const Parameters& parameters) {
  optim::LBFGSOptions options;
  ReadKeywords read(keywords);
  options.visit(read);
  options.strong_wolfe = keywords.word("line_search_fn", {"none", "strong_wolfe"}) == 1;
  keywords.finish();
  return std::make_unique<optim::LBFGS>(parameters, options);
}

}  // namespace

Made make_optimizer(const std::string& name, const Json& options, const Parameters& parameters) {
  using namespace optim;
  static const std::map<std::string, Made (*)(Keywords&, const Parameters&)> makers{
      {"SGD", make<SGD, SGDOptions>},
      {"Adam", make<Adam, AdamOptions>},
      {"AdamW", make<AdamW, AdamWOptions>},
      {"RMSprop", make<RMSprop, RMSpropOptions>},
      {"Adagrad", make<Adagrad, AdagradOptions>},
      {"Adadelta", make<Adadelta, AdadeltaOptions>},
      {"Adamax", make<Adamax, AdamaxOptions>},
      {"NAdam", make<NAdam, NAdamOptions>},
      {"RAdam", make<RAdam, RAdamOptions>},
      {"Lion", make<Lion, LionOptions>},
      {"LBFGS", make_lbfgs},
  };
  const auto found = makers.find(name);
  if (found == makers.end()) throw Error("there is no optimizer " + name);
  Keywords keywords(name, options);
  return found->second(keywords, parameters);
}

}  // namespace oracle
