#include <reel/autograd/debug/terminal/line_reader.hpp>

#include <unistd.h>

#include <cstdio>
#include <iostream>

#include <fmt/format.h>
#include <reel/autograd/debug/terminal/session.hpp>
#include <reel/core/io/file.hpp>

#if REEL_HAS_LIBEDIT
#include <histedit.h>
#endif

namespace reel::debug {

LineReader::~LineReader() = default;

namespace {

constexpr const char* prompt = "(reel) ";

class PlainLines final : public LineReader {
 public:
  std::optional<std::string> next() override {
    if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)) {
      std::fputs(prompt, stdout);
      std::fflush(stdout);
    }
    std::string line;
    if (!std::getline(std::cin, line)) return std::nullopt;
    return line;
  }
};

class Lines final : public LineReader {
 public:
  explicit Lines(std::vector<std::string> lines) : lines_(std::move(lines)) {}
  std::optional<std::string> next() override {
    if (at_ == lines_.size()) return std::nullopt;
    return lines_[at_++];
  }

 private:
  std::vector<std::string> lines_;
  std::size_t at_ = 0;
};

#if REEL_HAS_LIBEDIT

class EditedLines final : public LineReader {
 public:
  explicit EditedLines(const Session& session) : session_(session) {
    edit_ = el_init("reel-step", stdin, stdout, stderr);
    history_ = history_init();
    HistEvent event;
    history(history_, &event, H_SETSIZE, 1000);
    history(history_, &event, H_SETUNIQUE, 1);
    el_set(
        edit_, EL_PROMPT, +[](EditLine*) { return const_cast<char*>(prompt); });
    el_set(edit_, EL_EDITOR, "emacs");
    el_set(edit_, EL_SIGNAL, 1);
    el_set(edit_, EL_HIST, history, history_);
    el_set(edit_, EL_CLIENTDATA, this);
    el_set(edit_, EL_ADDFN, "reel-complete", "Complete the word", &EditedLines::complete);
    el_set(edit_, EL_BIND, "^I", "reel-complete", nullptr);
    el_source(edit_, nullptr);
  }
  EditedLines(const EditedLines&) = delete;
  EditedLines& operator=(const EditedLines&) = delete;
  ~EditedLines() override {
    history_end(history_);
    el_end(edit_);
  }

  std::optional<std::string> next() override {
    int count = 0;
    const char* const text = el_gets(edit_, &count);
    if (!text || count <= 0) {
      std::fputc('\n', stdout);
      return std::nullopt;
    }
    HistEvent event;
    if (count > 1) history(history_, &event, H_ENTER, text);
    return std::string(text, static_cast<std::size_t>(count));
  }

 private:
  static unsigned char complete(EditLine* edit, int) {
    void* self = nullptr;
    el_get(edit, EL_CLIENTDATA, &self);
    const LineInfo* const info = el_line(edit);
    const std::string line(info->buffer, info->cursor);
    const auto blank = line.find_last_of(" \t");
    const std::size_t typed = blank == std::string::npos ? line.size() : line.size() - blank - 1;
    const std::vector<std::string> words = static_cast<EditedLines*>(self)->session_.complete(line);
    if (words.empty()) return CC_REFRESH_BEEP;
    std::string common = words[0];
    for (const std::string& w : words)
      while (!w.starts_with(common)) common.pop_back();
    std::string more = common.substr(typed);
    if (words.size() == 1) more += ' ';
    if (!more.empty()) {
      el_insertstr(edit, more.c_str());
      return CC_REFRESH;
    }
    std::string list = "\n";
    for (const std::string& w : words) list += w + "  ";
    std::fputs((list + "\n").c_str(), stdout);
    return CC_REDISPLAY;
  }

  const Session& session_;
  EditLine* edit_;
  History* history_;
};

#endif

}  // namespace

std::unique_ptr<LineReader> read_standard_input([[maybe_unused]] const Session& session) {
#if REEL_HAS_LIBEDIT
  if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)) return std::make_unique<EditedLines>(session);
#endif
  return std::make_unique<PlainLines>();
}

std::unique_ptr<LineReader> read_lines(std::vector<std::string> lines) { return std::make_unique<Lines>(std::move(lines)); }

std::unique_ptr<LineReader> read_script(const std::string& path) {
  io::InputFile file(path);
  std::vector<std::string> lines(1);
  char buffer[4096];
  while (const std::size_t n = file.read(buffer, sizeof(buffer)))
    for (std::size_t i = 0; i < n; ++i) {
      if (buffer[i] == '\n') {
        lines.emplace_back();
      } else {
        lines.back() += buffer[i];
      }
    }
  if (lines.back().empty()) lines.pop_back();
  return read_lines(std::move(lines));
}

}  // namespace reel::debug
