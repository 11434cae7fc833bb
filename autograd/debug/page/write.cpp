#include <reel/autograd/debug/page.hpp>

#include <atomic>
#include <cstdio>
#include <string_view>

#include <fmt/format.h>
#include <reel/autograd/debug/detail/environment.hpp>
#include <reel/autograd/debug/detail/unwatched.hpp>
#include <reel/autograd/debug/page/collect.hpp>
#include <reel/autograd/debug/page/files.hpp>
#include <reel/autograd/detail/warning.hpp>
#include <reel/core/io/file.hpp>

namespace reel::debug {

namespace {

std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '<') safe += "&lt;";
    if (c == '&') safe += "&amp;";
    if (c != '<' && c != '&') safe += c;
  }
  return safe;
}

std::string part_of_page(std::string_view name, const std::string& title, const std::string& data) {
  if (name == "title") return escaped(title);
  if (name == "style") return page::page_css;
  if (name == "licence") return page::dagre_license;
  if (name == "layout") return page::dagre_min_js;
  if (name == "data") return data;
  std::string all;
  for (const char* const* script = page::scripts; *script; ++script) all += *script;
  return all;
}

/// The page's HTML with {{title}}, {{style}}, ... replaced.
std::string assemble(const std::string& title, const std::string& data) {
  std::string whole;
  std::string_view rest = page::page_html;
  for (std::size_t open; (open = rest.find("{{")) != std::string_view::npos;) {
    const std::size_t close = rest.find("}}", open);
    whole += rest.substr(0, open);
    whole += part_of_page(rest.substr(open + 2, close - open - 2), title, data);
    rest.remove_prefix(close + 2);
  }
  whole += rest;
  return whole;
}

/// REEL_DEBUG=html=FILE
class HtmlMode final : public Mode {
 public:
  explicit HtmlMode(std::string file) : file_(std::move(file)) {}

  void backward(const Tensor& result, const Tensor& seed) override {
    if (is_done_.exchange(true)) return;
    try {
      write_html(result, file_, {.seed = seed});
      fmt::print(stderr, "REEL_DEBUG: {} shows the first backward pass\n", file_);
    } catch (const Error& e) {
      reel::detail::warn(fmt::format("REEL_DEBUG=html={}: {}", file_, e.what()));
    }
  }

 private:
  std::string file_;
  std::atomic<bool> is_done_ = false;
};

}  // namespace

std::unique_ptr<Mode> make_html_mode(const std::string& file) { return std::make_unique<HtmlMode>(file); }

void write_html(const Tensor& result, const std::string& file, const PageOptions& options, SourceLocation at) {
  write_html(Stepper(result, {.seed = options.seed}, at), file, options);
}

void write_html(const Stepper& stepper, const std::string& file, const PageOptions& options) {
  const Unwatched quiet;
  constexpr std::size_t least_of_entry = 41;  // bytes of an entry's braces and keys
  const auto too_long = [&](std::size_t bytes) {
    return Error(fmt::format("write_html: the page of {} entries takes at least {} bytes, and its budget is {}", stepper.entries(), bytes,
                             options.budget));
  };
  if (const std::size_t least = stepper.entries() * least_of_entry; least > options.budget) throw too_long(least);
  const PageData data = collect(stepper, options);
  std::size_t smallest = 0;
  for (const Detail& detail : levels) {
    const std::string page = assemble(data.title, to_json(data, detail, options.budget));
    if (page.size() <= options.budget) {
      io::write_file(file, page, {});
      return;
    }
    smallest = page.size();
  }
  throw too_long(smallest);
}

}  // namespace reel::debug
