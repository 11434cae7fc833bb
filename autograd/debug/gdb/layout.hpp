#pragma once
// The table by which reel-gdb.py reads the program's memory.
#include <cstdint>

namespace reel::debug::gdb {

/// The offset of a member in a struct, or a number that goes with it.
struct LayoutEntry {
  char name[24];
  std::uint64_t value;
};

}  // namespace reel::debug::gdb

/// The table ends with an entry without a name. The installed library has no debug information, and a program's own does not describe a
/// Node; this table is in every program that links reel::debug, whose linker option keeps it although no code refers to it, and also in
/// core files.
extern "C" const reel::debug::gdb::LayoutEntry reel_debug_layout[];
