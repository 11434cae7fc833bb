#pragma once
// The commands, one function each: arguments in, text out. An Error that a command throws is its answer.
#include <span>

#include <reel/autograd/debug/terminal/command_context.hpp>

namespace reel::debug {

struct Command {
  const char *group, *name, *arguments;
  const char* what;      ///< description in one line
  const char* examples;  ///< examples for `help`
  Answer (*run)(CommandContext& context, const std::string& arguments);
};

/// All commands, in the order in which `help` lists them.
std::span<const Command> commands();
/// Finds a command by name, unique prefix or gdb's short form. Throws Error for any other word, naming the most similar command, or those
/// that the word may mean.
const Command& find_command(const std::string& word);

namespace command {

// commands_navigate.cpp
Answer step(CommandContext& context, const std::string& arguments);
Answer back(CommandContext& context, const std::string& arguments);
Answer go_on(CommandContext& context, const std::string& arguments);
Answer reverse_continue(CommandContext& context, const std::string& arguments);
Answer seek(CommandContext& context, const std::string& arguments);
Answer add_break(CommandContext& context, const std::string& arguments);
Answer add_tbreak(CommandContext& context, const std::string& arguments);
Answer delete_breaks(CommandContext& context, const std::string& arguments);
Answer where(CommandContext& context, const std::string& arguments);
Answer up(CommandContext& context, const std::string& arguments);
Answer down(CommandContext& context, const std::string& arguments);

// commands_inspect.cpp
Answer info(CommandContext& context, const std::string& arguments);
Answer list(CommandContext& context, const std::string& arguments);
Answer print(CommandContext& context, const std::string& arguments);
Answer grad(CommandContext& context, const std::string& arguments);
Answer stats(CommandContext& context, const std::string& arguments);
Answer heat(CommandContext& context, const std::string& arguments);
Answer rule(CommandContext& context, const std::string& arguments);

// reasons.cpp
Answer explain(CommandContext& context, const std::string& arguments);
Answer ledger(CommandContext& context, const std::string& arguments);
Answer whence(CommandContext& context, const std::string& arguments);
Answer jacobian(CommandContext& context, const std::string& arguments);
Answer check(CommandContext& context, const std::string& arguments);

// changes.cpp
Answer set(CommandContext& context, const std::string& arguments);
Answer replay(CommandContext& context, const std::string& arguments);
Answer reset(CommandContext& context, const std::string& arguments);
Answer what_if(CommandContext& context, const std::string& arguments);
Answer diff(CommandContext& context, const std::string& arguments);

// commands_misc.cpp
Answer export_as(CommandContext& context, const std::string& arguments);
Answer tutor(CommandContext& context, const std::string& arguments);
Answer assert_that(CommandContext& context, const std::string& arguments);
Answer help(CommandContext& context, const std::string& arguments);
Answer detach(CommandContext& context, const std::string& arguments);
Answer quit(CommandContext& context, const std::string& arguments);

}  // namespace command

}  // namespace reel::debug
