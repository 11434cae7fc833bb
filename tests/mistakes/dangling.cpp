// What a temporary owns is handed out by value, so that nothing refers to what is gone.
#include <type_traits>
#include <utility>

#include <catch2/catch.hpp>
#include <reel/reel.hpp>

using namespace reel;

namespace {

/// Whether an expression gives a value rather than a reference.
template <class T>
constexpr bool is_value = !std::is_reference_v<T>;

#define IS_VALUE(T, ...) static_assert(is_value<decltype(std::declval<T>().__VA_ARGS__)>)

IS_VALUE(Tensor, value());
IS_VALUE(Tensor, shape());
IS_VALUE(Tensor, name());
IS_VALUE(Tape, operator[](0));
IS_VALUE(Entry, name());
IS_VALUE(Entry, output());
IS_VALUE(Entry, value());
IS_VALUE(Variables, tensors());
IS_VALUE(GradcheckReport, message());
IS_VALUE(GradcheckReport, details());
IS_VALUE(io::Column, name());
IS_VALUE(io::Table, columns());
IS_VALUE(io::Table, file());
static_assert(std::is_same_v<decltype(std::declval<io::Table>().text(0, "a")), std::string>);
IS_VALUE(plot::Figure, options());
IS_VALUE(plot::Figure, title(""));
IS_VALUE(plot::Figure, labels("", ""));
IS_VALUE(plot::Figure, legend(plot::LegendPosition::best));
IS_VALUE(plot::Figure, x_limits(0, 1));
IS_VALUE(plot::Figure, y_limits(0, 1));
IS_VALUE(plot::Figure, log_y());
IS_VALUE(plot::Figure, save(""));
IS_VALUE(plot::Figure, line(std::vector<double>()));
IS_VALUE(plot::Picture, svg());
IS_VALUE(plot::Picture, save(""));
IS_VALUE(debug::Stepper, result());
IS_VALUE(debug::Diff, operator[](0));
IS_VALUE(debug::Diff, first_changed());
IS_VALUE(debug::Ledger, operator[](0));
IS_VALUE(debug::Ledger, total());
IS_VALUE(debug::Origin, born());
IS_VALUE(debug::Origin, born_link());
IS_VALUE(debug::Origin, links());
IS_VALUE(debug::Origin, message());
IS_VALUE(debug::Finding, entry());
IS_VALUE(debug::Finding, index());
IS_VALUE(debug::Finding, message());
IS_VALUE(optim::Adam, options());
IS_VALUE(optim::EMA, values());
IS_VALUE(optim::ModelCheckpoint, last_path());

io::Table table() { return io::parse_csv("first,second\n1,a rather long text that no small string holds\n", "memory"); }

}  // namespace

TEST_CASE("what a temporary table holds outlives it") {
  const auto& columns = table().columns();
  CHECK(columns == std::vector<std::string>{"first", "second"});
  const auto& text = table().text(0, "second");
  CHECK(text == "a rather long text that no small string holds");
  std::string all;
  for (const std::string& column : table().columns()) all += column;
  CHECK(all == "firstsecond");
}

TEST_CASE("what a temporary tape, stepper or report holds outlives it") {
  const auto loss_of = [](const Tensor& x) { return sum(exp(x).named("the exponentials of x")); };
  const Tensor x = variable(tensor({1.0, 2.0}));
  const auto& entry = Tape(loss_of(x))[1];
  CHECK(entry.op() == "exp");
  const auto& name = Tape(loss_of(x))[1].name();
  CHECK(name == "the exponentials of x");
  const auto& value = Tape(loss_of(x))[0].value();
  CHECK(value.at<float>({1}) == 2);
  const auto& result = debug::Stepper(loss_of(x)).result();
  CHECK(result.rank() == 0);
  const auto& message = gradcheck([](const std::vector<Tensor>& in) { return exp(in[0]); }, {x}).message();
  CHECK_FALSE(message.empty());
  const auto& origin = debug::Stepper(sum(log(x - 1))).whence_value("#2").message();
  CHECK_FALSE(origin.empty());
}

TEST_CASE("a chain that begins with a temporary figure gives the figure") {
  const std::vector<double> y = {1, 2, 3};
  const auto& figure = plot::Figure().line(y, {.label = "loss"}).title("a title that is long enough").labels("epoch", "loss");
  CHECK(figure.options().title == "a title that is long enough");
  CHECK_THAT(figure.svg(), Catch::Contains("a title that is long enough") && Catch::Contains("epoch"));
  plot::Figure named;
  CHECK(&named.line(y).title("other") == &named);
}
