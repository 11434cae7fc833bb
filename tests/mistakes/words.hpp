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

/// The same of mistakes that no call of the program is to blame for, such as a file that is damaged.
inline void refused(const std::function<void()>& mistake, const std::vector<std::string>& texts) {
  const std::string said = answer(mistake);
  INFO(said);
  for (const std::string& text : texts) CHECK_THAT(said, Catch::Contains(text));
}

}  // namespace reel::test
