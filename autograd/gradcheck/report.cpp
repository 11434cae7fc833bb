#include <cmath>

#include <nlohmann/json.hpp>
#include <reel/autograd/gradcheck.hpp>

namespace reel {

namespace {

/// JSON has no NaN and no infinities; they are written as strings.
nlohmann::json number(double value) {
  if (std::isfinite(value)) return value;
  return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

}  // namespace

std::string GradcheckReport::json() const {
  nlohmann::json worst = nlohmann::json::array();
  for (const GradcheckElement& e : details_.worst)
    worst.push_back({{"element", e.name},
                     {"value", number(e.value)},
                     {"rule", number(e.rule)},
                     {"numeric", number(e.numeric)},
                     {"error", number(e.error)},
                     {"allowed", number(e.allowed)}});
  const nlohmann::json report{{"ok", details_.ok},
                              {"kind", details_.kind},
                              {"mistake", details_.mistake},
                              {"op", details_.op},
                              {"place", to_string(details_.at)},
                              {"order", details_.order},
                              {"seed", details_.seed},
                              {"worst", worst},
                              {"not_proved", details_.not_proved},
                              {"message", details_.message}};
  return report.dump(2);
}

}  // namespace reel
