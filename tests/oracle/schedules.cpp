#include "options.hpp"
#include "training.hpp"

namespace oracle {

using namespace reel;

namespace {

using optim::Optimizer;
using Made = std::unique_ptr<optim::Scheduler>;

Made step_lr(Keywords& k, Optimizer& optimizer) {
  optim::StepLROptions o{};
  k.get("step_size", o.step_size), k.get("gamma", o.gamma);
  return std::make_unique<optim::StepLR>(optimizer, o);
}

Made multi_step_lr(Keywords& k, Optimizer& optimizer) {
  optim::MultiStepLROptions o;
  k.get("milestones", o.milestones), k.get("gamma", o.gamma);
  return std::make_unique<optim::MultiStepLR>(optimizer, o);
}

Made exponential_lr(Keywords& k, Optimizer& optimizer) {
  optim::ExponentialLROptions o{};
  if (!k.has("gamma")) throw Error("ExponentialLR needs gamma");
  k.get("gamma", o.gamma);
  return std::make_unique<optim::ExponentialLR>(optimizer, o);
}

Made constant_lr(Keywords& k, Optimizer& optimizer) {
  optim::ConstantLROptions o;
  k.get("factor", o.factor), k.get("total_iters", o.total_iters);
  return std::make_unique<optim::ConstantLR>(optimizer, o);
}

Made linear_lr(Keywords& k, Optimizer& optimizer) {
  optim::LinearLROptions o;
  k.get("start_factor", o.start_factor), k.get("end_factor", o.end_factor), k.get("total_iters", o.total_iters);
  return std::make_unique<optim::LinearLR>(optimizer, o);
}

Made polynomial_lr(Keywords& k, Optimizer& optimizer) {
  optim::PolynomialLROptions o;
  k.get("total_iters", o.total_iters), k.get("power", o.power);
  return std::make_unique<optim::PolynomialLR>(optimizer, o);
}

Made cosine_lr(Keywords& k, Optimizer& optimizer) {
  optim::CosineAnnealingLROptions o{};
  k.get("T_max", o.T_max), k.get("eta_min", o.eta_min);
  return std::make_unique<optim::CosineAnnealingLR>(optimizer, o);
}

Made warm_restarts(Keywords& k, Optimizer& optimizer) {
  optim::WarmRestartsOptions o{};
  k.get("T_0", o.T_0), k.get("T_mult", o.T_mult), k.get("eta_min", o.eta_min);
  return std::make_unique<optim::CosineAnnealingWarmRestarts>(optimizer, o);
}

Made one_cycle_lr(Keywords& k, Optimizer& optimizer) {
  optim::OneCycleLROptions o;
  k.get_list("max_lr", o.max_lr), k.get("total_steps", o.total_steps), k.get("epochs", o.epochs);
  k.get("steps_per_epoch", o.steps_per_epoch), k.get("pct_start", o.pct_start);
  o.cosine = k.word("anneal_strategy", {"cos", "linear"}) == 0;
  k.get("cycle_momentum", o.cycle_momentum), k.get_list("base_momentum", o.base_momentum), k.get_list("max_momentum", o.max_momentum);
  k.get("div_factor", o.div_factor), k.get("final_div_factor", o.final_div_factor), k.get("three_phase", o.three_phase);
  return std::make_unique<optim::OneCycleLR>(optimizer, o);
}

Made cyclic_lr(Keywords& k, Optimizer& optimizer) {
  optim::CyclicLROptions o;
  k.get_list("base_lr", o.base_lr), k.get_list("max_lr", o.max_lr), k.get("step_size_up", o.step_size_up);
  k.get("step_size_down", o.step_size_down), k.get("gamma", o.gamma), k.get("cycle_momentum", o.cycle_momentum);
  k.get_list("base_momentum", o.base_momentum), k.get_list("max_momentum", o.max_momentum);
  o.mode = static_cast<optim::CyclicMode>(k.word("mode", {"triangular", "triangular2", "exp_range"}));
  k.ignore("scale_mode");  // of a scale_fn, which no file can hold
  return std::make_unique<optim::CyclicLR>(optimizer, o);
}

Made plateau(Keywords& k, Optimizer& optimizer) {
  optim::ReduceLROnPlateauOptions o;
  o.maximize = k.word("mode", {"min", "max"}) == 1;
  o.relative = k.word("threshold_mode", {"rel", "abs"}) == 0;
  k.get("factor", o.factor), k.get("patience", o.patience), k.get("threshold", o.threshold), k.get("cooldown", o.cooldown);
  k.get_list("min_lr", o.min_lr), k.get("eps", o.eps);
  return std::make_unique<optim::ReduceLROnPlateau>(optimizer, o);
}

Made swa_lr(Keywords& k, Optimizer& optimizer) {
  optim::SWALROptions o;
  k.get_list("swa_lr", o.swa_lr), k.get("anneal_epochs", o.anneal_epochs);
  o.cosine = k.word("anneal_strategy", {"cos", "linear"}) == 0;
  return std::make_unique<optim::SWALR>(optimizer, o);
}

/// A factor a step, as "lr_lambda": a list of them, of which the last one stays.
optim::LrLambda factors(Keywords& k) {
  std::vector<double> list;
  k.get_list("lr_lambda", list);
  if (list.empty()) throw Error("lr_lambda has to be a list of factors, one a step");
  return [list](std::int64_t t) { return list[std::min(static_cast<std::size_t>(t), list.size() - 1)]; };
}
Made lambda_lr(Keywords& k, Optimizer& optimizer) { return std::make_unique<optim::LambdaLR>(optimizer, factors(k)); }
Made multiplicative_lr(Keywords& k, Optimizer& optimizer) { return std::make_unique<optim::MultiplicativeLR>(optimizer, factors(k)); }

class Maker {
 public:
  Maker(Schedule& schedule, Optimizer& optimizer) : schedule_(schedule), optimizer_(optimizer) {}

  /// [name, options]; those that are made of others also as ["ChainedScheduler", schedulers] and ["SequentialLR", schedulers, milestones].
  optim::Scheduler* make(const Json& description) {
    const std::size_t size = description.is_array() ? description.size() : 0;
    if (size < 1 || size > 3 || !description[0].is_string() || (size == 3 && !description[1].is_array()))
      throw Error("a scheduler has to be [name, options], and is " + description.dump());
    Json options = size == 1 ? Json::object() : description[1];
    if (options.is_array()) options = Json{{"schedulers", options}};
    if (size == 3) options["milestones"] = description[2];
    return keep(make(description[0].get<std::string>(), options));
  }

 private:
  Made make(const std::string& name, const Json& options) {
    static const std::map<std::string, Made (*)(Keywords&, Optimizer&)> makers{
        {"StepLR", step_lr},
        {"MultiStepLR", multi_step_lr},
        {"ExponentialLR", exponential_lr},
        {"ConstantLR", constant_lr},
        {"LinearLR", linear_lr},
        {"PolynomialLR", polynomial_lr},
        {"CosineAnnealingLR", cosine_lr},
        {"CosineAnnealingWarmRestarts", warm_restarts},
        {"OneCycleLR", one_cycle_lr},
        {"CyclicLR", cyclic_lr},
        {"ReduceLROnPlateau", plateau},
        {"SWALR", swa_lr},
        {"LambdaLR", lambda_lr},
        {"MultiplicativeLR", multiplicative_lr},
    };
    Keywords keywords(name, options);
    keywords.no_last_epoch();
    Made made;
    if (name == "ChainedScheduler") {
      made = std::make_unique<optim::ChainedScheduler>(list(keywords));
    } else if (name == "SequentialLR") {
      std::vector<std::int64_t> milestones;
      keywords.get("milestones", milestones);
      made = std::make_unique<optim::SequentialLR>(optimizer_, list(keywords), milestones);
    } else if (const auto found = makers.find(name); found != makers.end()) {
      made = found->second(keywords, optimizer_);
    } else {
      throw Error("there is no scheduler " + name);
    }
    keywords.finish();
    return made;
  }

  std::vector<optim::Scheduler*> list(Keywords& keywords) {
    std::vector<optim::Scheduler*> result;
    for (const Json& description : keywords.raw("schedulers")) result.push_back(make(description));
    return result;
  }

  optim::Scheduler* keep(Made made) {
    schedule_.all.push_back(std::move(made));
    return schedule_.all.back().get();
  }

  Schedule& schedule_;
  Optimizer& optimizer_;
};

}  // namespace

Schedule make_schedule(const Json& description, Optimizer& optimizer) {
  Schedule schedule;
  Maker maker(schedule, optimizer);
  if (description.is_null()) return schedule;
  if (description.is_array() && !description.empty() && description[0].is_array()) {
    for (const Json& one : description) schedule.stepped.push_back(maker.make(one));
  } else {
    schedule.stepped.push_back(maker.make(description));
  }
  return schedule;
}

}  // namespace oracle
