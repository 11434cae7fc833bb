#include <reel/autograd/debug/detail/analysis.hpp>
#include <reel/autograd/debug/detail/unwatched.hpp>
#include <reel/autograd/gradcheck/check.hpp>

namespace reel::debug {

GradcheckReport check_rule(const Run& run, std::size_t entry, const GradcheckOptions& options) {
  const Unwatched quiet;
  return reel::detail::gradcheck(run.entry(entry), options);
}

}  // namespace reel::debug
