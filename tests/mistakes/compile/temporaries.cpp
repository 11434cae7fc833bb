// Numbers of a temporary that something would refer to when they are gone.
#include <reel/reel.hpp>

using namespace reel;

float temporaries(const Tensor& x, const Array& array) {
  const auto& value = softmax(x).value();
  const Tensor y = softmax(x);
  const auto numbers = y.value().span<float>();
  // g++ SAYS 1 use of deleted function
  // clang++ SAYS 1 deleted
  const auto gone = softmax(x).value().span<float>();
  // g++ SAYS 1 use of deleted function
  // clang++ SAYS 1 deleted
  const float* pointer = softmax(x).value().data<float>();
  // g++ SAYS 1 use of deleted function
  // clang++ SAYS 1 deleted
  const auto reshaped = array.reshape({-1}).span<float>();
  const Operand kept = relu(x);
  return numbers[0] + value.at<float>({0}) + kept.value().at<float>({0});
}
