#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <reel/reel.hpp>

/// Makes a fresh layer, with weights of its own, each time: `[] { return nn::Linear(3, 2); }`.
class Maker {
 public:
  template <class F>
  Maker(F make)
      : make_([make] { return std::unique_ptr<reel::nn::Module>(new auto(make())); }),
        check_([make](const reel::Tensor& x, const reel::GradcheckOptions& options) {
          auto layer = make();
          layer.to(reel::float64);
          layer.eval();
          return gradcheck(layer, {x}, options);
        }) {}
  std::unique_ptr<reel::nn::Module> operator()() const { return make_(); }
  /// gradcheck() of a fresh layer in float64 and in evaluation, as the class that it is.
  reel::GradcheckReport check(const reel::Tensor& x, const reel::GradcheckOptions& options) const { return check_(x, options); }

 private:
  std::function<std::unique_ptr<reel::nn::Module>()> make_;
  std::function<reel::GradcheckReport(const reel::Tensor&, const reel::GradcheckOptions&)> check_;
};

/// A shape that a layer has to refuse, and what its error says of it.
struct Refused {
  reel::Shape input;
  std::string text;
};

/// What training changes, compared to evaluation.
enum class Mode {
  same,        // nothing: the same bits, and no buffer changes
  random,      // it draws at random; evaluation does not
  statistics,  // it computes something else, and keeps statistics in buffers
};

/// One line of the table of layers: each one goes through all tests of layers.cpp.
struct LayerRow {
  Maker make;
  std::string description;
  reel::Shape input, output;
  std::vector<std::string> state = {};  // the names in state(), sorted, as PyTorch has them
  std::vector<Refused> refuses = {};
  Mode mode = Mode::same;
  int order = 2;  // of the derivatives to check
  reel::Kinks kinks = reel::Kinks::refuse;
  std::int64_t integers = 0;  // the input holds integers below this; 0: it is floating, and differentiated as well
  double spread = 2;          // elements of a floating input are even in ±spread
  /// How the layer is called, where it is not with x alone.
  std::function<reel::Tensor(reel::nn::Module&, const reel::Tensor&)> call = {};
};

// The rows, an area each; in rows/.
void append_activation(std::vector<LayerRow>& rows);
void append_convolution(std::vector<LayerRow>& rows);
void append_feedforward(std::vector<LayerRow>& rows);
void append_normalization(std::vector<LayerRow>& rows);
void append_pooling(std::vector<LayerRow>& rows);
void append_sequence(std::vector<LayerRow>& rows);

const std::vector<LayerRow>& layer_rows();
