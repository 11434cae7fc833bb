#pragma once
// The content of the page, before it becomes JSON.
#include <string>
#include <vector>

#include <reel/autograd/debug/alerts.hpp>
#include <reel/autograd/debug/detail/run.hpp>
#include <reel/autograd/debug/page/picture.hpp>

namespace reel::debug {

struct PageOptions;

/// An entry's gradient from the event of `user` on. If `user` is the entry itself: the seed, or the sum after its hooks.
struct GradientSoFar {
  std::size_t user;
  Picture sum;
  double magnitude;  // Σ |contribution| of this user; 0 where it is the only one
};

struct EntryData {
  Picture value;
  std::vector<GradientSoFar> gradients;
};

/// The rule of one element with its numbers, as a sentence.
struct Sentence {
  std::size_t entry, position;
  bool is_gradient;
  std::string text;
};

/// The source lines around those that ops were recorded at.
struct SourceFile {
  struct Part {
    int first;
    std::vector<std::string> lines;
  };
  std::string name;         // without folders
  std::vector<Part> parts;  // none if the file cannot be read
};

struct PageData {
  std::string title;
  std::size_t position = 0;
  const Run* run = nullptr;
  std::vector<EntryData> entries;
  std::vector<Finding> alerts;
  std::vector<Sentence> sentences;  // the most telling first
};

/// The excerpts of all files in which the run has lines, with `context` lines around each.
std::vector<SourceFile> read_sources(const Run& run, int context);
/// The whole path of each excerpt's file, by which entries of the same file are recognised.
std::vector<std::string> source_paths(const Run& run);

/// The amount of data on the page, chosen so that the file fits its budget: `levels[0]` is all of it.
struct Detail {
  std::size_t numbers, edge;  // see picture_of()
  double sentences;           // the part of the budget for them
  int context;                // source lines around a recorded one
  bool statistics;
};
inline constexpr Detail levels[] = {{400, 32, 0.25, 8, true}, {256, 24, 0.2, 8, true}, {144, 16, 0.15, 8, true}, {64, 12, 0.1, 6, true},
                                    {36, 8, 0.1, 4, true},    {16, 6, 0.05, 2, true},  {4, 0, 0.02, 1, true},    {1, 0, 0, 0, false}};

/// The data as JSON that is safe within a script element.
std::string to_json(const PageData& data, const Detail& detail, std::size_t budget);

}  // namespace reel::debug
