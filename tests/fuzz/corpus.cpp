// The main() of the targets where they are ordinary tests: reads every file of the folders that are named.
#include <filesystem>
#include <string>

#include <reel/core/io/file.hpp>

#include "fuzz.hpp"

int main(int count, char** arguments) {
  int files = 0;
  for (int i = 1; i < count; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(arguments[i])) {
      const std::string bytes = reel::io::read_file(entry.path().string());
      std::printf("%s\n", entry.path().filename().c_str());
      std::fflush(stdout);  // so that the last name is that of the file that ends the program
      LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
      ++files;
    }
  }
  std::printf("%d files\n", files);
  return files > 0 ? 0 : 1;
}
