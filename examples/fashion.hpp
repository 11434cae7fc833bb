#pragma once
// Code that the examples on Fashion-MNIST share: their command line, the data, and measurements of a training.
#include <reel/reel.hpp>

#include <sys/resource.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace fashion {

struct Options {
  std::string folder = {};  // empty: the installed data, or those in examples/data
  bool is_short = false;
  std::size_t epochs = 0, batch_size = 64;
  std::uint64_t seed = 0;
  std::string save = {}, resume = {}, out = {};
  double at_least = 0;
};

inline std::string usage(const std::string& program) {
  return "usage: " + program +
         " [FOLDER] [--short] [--epochs N] [--seed N] [--threads N] [--save FILE] [--resume FILE] [--out FOLDER] [--at-least P]\n"
         "  FOLDER        the IDX files (/usr/share/datasets/fashion-mnist, of Debian's package dataset-fashion-mnist)\n"
         "  --short       learn from 2,000 images and test on 500, the files named subset (FOLDER: examples/data/fashion_mnist)\n"
         "  --save FILE   a checkpoint after each epoch; {epoch} in the name becomes its number\n"
         "  --resume FILE go on from a checkpoint of the same training\n"
         "  --out FOLDER  an existing folder for pictures\n"
         "  --at-least P  fail when the test accuracy is below P\n";
}

inline double number(const std::string& option, const std::string& text) {
  std::size_t end = 0;
  if (text.find_first_of("0123456789") == 0) {
    const double value = std::stod(text, &end);
    if (end == text.size()) return value;
  }
  throw reel::Error(fmt::format("{} needs a number, not \"{}\"", option, text));
}

inline std::size_t whole_number(const std::string& option, const std::string& text) {
  const double value = number(option, text);
  if (value != std::floor(value) || value > 1e9) throw reel::Error(fmt::format("{} needs a whole number, not \"{}\"", option, text));
  return static_cast<std::size_t>(value);
}

/// Parses the command line. Throws Error for unknown options. --threads takes effect here.
inline Options parse(int argc, char** argv, std::size_t epochs) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  Options options{.epochs = epochs};
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    const auto value = [&] {
      if (i + 1 == arguments.size()) throw reel::Error(argument + " needs a value\n\n" + usage(argv[0]));
      return arguments[++i];
    };
    const auto whole = [&] { return whole_number(argument, value()); };
    if (argument == "--short") options.is_short = true;
    else if (argument == "--epochs") options.epochs = whole();
    else if (argument == "--seed") options.seed = whole();
    else if (argument == "--threads") reel::set_num_threads(whole());
    else if (argument == "--save") options.save = value();
    else if (argument == "--resume") options.resume = value();
    else if (argument == "--out") options.out = value();
    else if (argument == "--at-least") options.at_least = number(argument, value());
    else if (argument.starts_with("--") || !options.folder.empty()) throw reel::Error("what is \"" + argument + "\"?\n\n" + usage(argv[0]));
    else options.folder = argument;
  }
  return options;
}

struct Data {
  reel::data::Dataset train, test;
};

/// Images (n, 1, 28, 28) from 0 to 1, and classes from 0 to 9.
inline Data read(const Options& options) {
  const std::string middle = options.is_short ? "-subset" : "";
  const std::string place = options.is_short ? "examples/data/fashion_mnist" : "/usr/share/datasets/fashion-mnist";
  const std::string folder = options.folder.empty() ? place : options.folder;
  if (!std::filesystem::exists(folder))
    throw reel::Error(
        fmt::format("there is no {}; Debian's package dataset-fashion-mnist brings the pictures, --short needs less", folder));
  const auto part = [&](const std::string& name) {
    const std::string start = folder + "/" + name + middle;
    return reel::data::read_idx(start + "-images-idx3-ubyte.gz", start + "-labels-idx1-ubyte.gz",
                                {"T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Boot"});
  };
  return {part("train"), part("t10k")};
}

/// Counts the images that a training processes, and the time that this takes, without the validation's.
class Speed : public reel::optim::Callback {
 public:
  explicit Speed(std::size_t images_per_epoch) : images_per_epoch_(images_per_epoch) {}
  void on_epoch_begin(reel::optim::Trainer&, std::size_t) override { last_ = Clock::now(); }
  void on_batch_end(reel::optim::Trainer&, std::size_t, double) override {
    const auto now = Clock::now();
    time_ += now - std::exchange(last_, now);
  }
  void on_epoch_end(reel::optim::Trainer&, const reel::optim::EpochReport&) override { ++epochs_; }
  double seconds() const { return time_.count(); }
  double images_per_second() const { return static_cast<double>(epochs_ * images_per_epoch_) / seconds(); }

 private:
  using Clock = std::chrono::steady_clock;
  std::size_t images_per_epoch_, epochs_ = 0;
  Clock::time_point last_;
  std::chrono::duration<double> time_{};
};

/// The peak memory of this process, in MB.
inline double peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024 / 1e6;
}

/// Prints the result of a training in one line; throws Error if it is worse than required.
inline void report(const Options& options, double accuracy, const Speed& speed) {
  fmt::print("test accuracy {:.4f}, {:.0f} images a second, {:.1f} s of training, peak memory {:.0f} MB, {} threads\n", accuracy,
             speed.images_per_second(), speed.seconds(), peak_memory(), reel::num_threads());
  if (accuracy < options.at_least) throw reel::Error(fmt::format("the test accuracy has to be at least {}", options.at_least));
}

}  // namespace fashion
