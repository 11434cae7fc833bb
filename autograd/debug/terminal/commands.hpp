#pragma once
// Internal; not installed. The commands, one function each: arguments in, text out. An Error that they throw is their answer.
#include <span>

#include <reel/autograd/debug/terminal/desk.hpp>

namespace reel::debug {

struct Command {
  const char *group, *name, *arguments;
  const char* what;      ///< a line
  const char* examples;  ///< lines for help
  Answer (*run)(Desk& desk, const std::string& arguments);
};

/// In the order in which help lists them.
std::span<const Command> commands();
/// By name, unique prefix or gdb's short form. Throws Error for another word, naming the nearest or those that it may mean.
const Command& find_command(const std::string& word);

namespace command {

// moving.cpp
Answer step(Desk& desk, const std::string& arguments);
Answer back(Desk& desk, const std::string& arguments);
Answer go_on(Desk& desk, const std::string& arguments);
Answer reverse_continue(Desk& desk, const std::string& arguments);
Answer seek(Desk& desk, const std::string& arguments);
Answer add_break(Desk& desk, const std::string& arguments);
Answer add_tbreak(Desk& desk, const std::string& arguments);
Answer delete_breaks(Desk& desk, const std::string& arguments);
Answer where(Desk& desk, const std::string& arguments);
Answer up(Desk& desk, const std::string& arguments);
Answer down(Desk& desk, const std::string& arguments);

// looking.cpp
Answer info(Desk& desk, const std::string& arguments);
Answer list(Desk& desk, const std::string& arguments);
Answer print(Desk& desk, const std::string& arguments);
Answer grad(Desk& desk, const std::string& arguments);
Answer stats(Desk& desk, const std::string& arguments);
Answer heat(Desk& desk, const std::string& arguments);
Answer rule(Desk& desk, const std::string& arguments);

// reasons.cpp
Answer explain(Desk& desk, const std::string& arguments);
Answer ledger(Desk& desk, const std::string& arguments);
Answer whence(Desk& desk, const std::string& arguments);
Answer jacobian(Desk& desk, const std::string& arguments);
Answer check(Desk& desk, const std::string& arguments);

// changes.cpp
Answer set(Desk& desk, const std::string& arguments);
Answer replay(Desk& desk, const std::string& arguments);
Answer reset(Desk& desk, const std::string& arguments);
Answer what_if(Desk& desk, const std::string& arguments);
Answer diff(Desk& desk, const std::string& arguments);

// saying.cpp
Answer export_as(Desk& desk, const std::string& arguments);
Answer tutor(Desk& desk, const std::string& arguments);
Answer assert_that(Desk& desk, const std::string& arguments);
Answer help(Desk& desk, const std::string& arguments);
Answer detach(Desk& desk, const std::string& arguments);
Answer quit(Desk& desk, const std::string& arguments);

}  // namespace command

}  // namespace reel::debug
