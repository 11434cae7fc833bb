#pragma once
#include <functional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <reel/reel.hpp>

namespace reel::test {

/// The text of the error that `mistake` throws, or why there is none.
inline std::string answer(const std::function<void()>& mistake) {
  try {
    mistake();
  } catch (const Error& error) {
    return error.what();
  } catch (const std::exception& error) {
    return std::string("an error that is not Reel's: ") + error.what();
  }
  return "no error";
}

/// The mistake is answered by an Error that has these texts in it, and this place.
inline void refused(int line, const std::function<void()>& mistake, const std::vector<std::string>& texts,
                    const char* file = __builtin_FILE()) {
  const std::string said = answer(mistake);
  INFO("line " << line << ": " << said);
  for (const std::string& text : texts) CHECK_THAT(said, Catch::Contains(text));
  CHECK_THAT(said, Catch::Contains(to_string(SourceLocation{file, line})));
}

/// What Reel warns of while f runs.
inline std::vector<std::string> warnings_of(const std::function<void()>& f) {
  static std::vector<std::string> said;  // the handler is a plain function
  struct Listening {
    Listening() {
      said.clear();
      set_warning_handler([](const std::string& text) { said.push_back(text); });
    }
    ~Listening() { set_warning_handler(nullptr); }
  } listening;
  f();
  return said;
}

/// The mistake is no error, and is warned of once, with these texts and this place.
inline void warned(int line, const std::function<void()>& mistake, const std::vector<std::string>& texts,
                   const char* file = __builtin_FILE()) {
  const std::vector<std::string> said = warnings_of(mistake);
  INFO("line " << line << ": " << (said.empty() ? "no warning" : said[0]));
  REQUIRE(said.size() == 1);
  for (const std::string& text : texts) CHECK_THAT(said[0], Catch::Contains(text));
  CHECK_THAT(said[0], Catch::Contains(to_string(SourceLocation{file, line})));
}

}  // namespace reel::test
