#pragma once
// Internal; not installed. What reel-gdb.py reads the program's memory by.
#include <cstdint>

namespace reel::debug::gdb {

/// Where something is in a struct, or a number that goes with it.
struct LayoutEntry {
  char name[24];
  std::uint64_t value;
};

}  // namespace reel::debug::gdb

/// Up to an entry without a name; kept by linkers that drop what no code refers to. The library is compiled without debug information where
/// it is installed, and a program's own says nothing of what a Node is: this is part of the library in any build, and is there in a core
/// file, too.
extern "C" const reel::debug::gdb::LayoutEntry reel_debug_layout[];
