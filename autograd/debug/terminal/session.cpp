#include <reel/autograd/debug/terminal/session.hpp>

#include <algorithm>
#include <new>

#include <fmt/format.h>
#include <reel/autograd/debug/terminal/command_text.hpp>
#include <reel/autograd/debug/terminal/commands.hpp>

namespace reel::debug {

Session::Session(Playback playback, SessionOptions options) : context_(std::move(playback), options.colour), options_(options) {}

Reply Session::run(const std::string& line) {
  const std::string asked = trimmed(line);
  if (asked.starts_with("#")) return {};
  if (asked.empty() && last_.empty()) return {};
  if (!asked.empty()) last_ = asked;
  return answer(last_);
}

Reply Session::answer(const std::string& line) {
  Answer answer;
  bool ok = true;
  const bool had_failed = context_.failed;
  try {
    // "p[0]" is read as "p [0]".
    const auto end = std::min(line.find_first_of(" \t["), line.size());
    const std::string word = line.substr(0, end), arguments = trimmed(std::string_view(line).substr(end));
    answer = find_command(word).run(context_, arguments);
  } catch (const Error& e) {
    answer.text = e.what();
    if (!answer.text.ends_with('\n')) answer.text += "\n";
    ok = false;
  } catch (const std::bad_alloc&) {
    answer.text = "there is not enough memory for that\n";
    ok = false;
  }
  ok = ok && context_.failed == had_failed;
  if (!options_.json) return {ok, answer.text};
  return {ok, fmt::format(R"({{"command":{},"ok":{},{},"text":{}{}}})"
                          "\n",
                          json_text(line), ok, json_of_cursor(context_), json_text(answer.text),
                          answer.data.empty() ? "" : ",\"data\":" + answer.data)};
}

std::vector<std::string> Session::complete(const std::string& line) const {
  const auto blank = line.find_last_of(" \t");
  const std::string start = blank == std::string::npos ? line : line.substr(blank + 1);
  std::vector<std::string> words;
  if (trimmed(line) == start) {
    for (const Command& c : commands()) words.push_back(c.name);
  } else {
    const Run& run = context_.run();
    for (std::size_t i = 0; i < run.size(); ++i) {
      const Entry e = run.entry(i);
      for (const std::string& word : {e.name(), e.is_leaf() ? std::string() : e.op(), e.module()}) words.push_back(word);
    }
    const std::string command = split_word(line).first;
    if (command == "help")
      for (const Command& c : commands()) words.push_back(c.name);
    if (command == "info")
      for (const char* word : {"ops", "breakpoints", "alerts", "tape"}) words.push_back(word);
    if (command == "break" || command == "tbreak")
      for (const char* word : {"op", "name", "module", "nan", "inf", "nonfinite", "gnorm", "ratio", "shape", "forward", "backward", "end"})
        words.push_back(word);
  }
  std::erase_if(words, [&](const std::string& w) { return w.empty() || !w.starts_with(start); });
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

}  // namespace reel::debug
