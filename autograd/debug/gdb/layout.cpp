#include <reel/autograd/debug/gdb/layout.hpp>

#include <cstddef>

#include <reel/autograd/debug/live.hpp>
#include <reel/autograd/detail/node.hpp>

// Nodes have a base, for which the standard leaves offsetof to the compiler; g++ and clang have it.
#pragma GCC diagnostic ignored "-Winvalid-offsetof"

namespace reel::detail {
namespace {

using Inputs3 = SmallVector<Tensor, 3>;
constexpr std::size_t word = sizeof(void*);

// Offsets of private members: they follow from the sizes, as long as an object's size is the sum of its members'.
static_assert(sizeof(Tensor) == word && sizeof(Entry) == word && sizeof(ParameterRef) == word);
static_assert(sizeof(Shape) == (max_rank + 1) * word);
static_assert(sizeof(Array) == sizeof(Shape) + 3 * word);
static_assert(sizeof(Inputs3) == 3 * sizeof(Tensor) + 3 * word);
static_assert(sizeof(debug::Moment) == 3 * word);

[[maybe_unused]] constexpr std::uint64_t no_string = ~std::uint64_t{0};
#ifdef __GLIBCXX__
constexpr std::uint64_t string_data = 0, string_size = word;
#else
constexpr std::uint64_t string_data = no_string, string_size = no_string;
#endif

}  // namespace
}  // namespace reel::detail

using namespace reel;
using namespace reel::detail;

[[gnu::used, gnu::retain]] const debug::gdb::LayoutEntry reel_debug_layout[] = {
    {"version", 1},
    {"Node.value", offsetof(Node, value)},
    {"Node.id", offsetof(Node, id)},
    {"Node.kind", offsetof(Node, kind)},
    {"Node.tracked", offsetof(Node, tracked)},
    {"Node.released", offsetof(Node, released)},
    {"Node.op", offsetof(Node, op)},
    {"Node.rule_text", offsetof(Node, rule_text)},
    {"Node.module", offsetof(Node, module)},
    {"Node.file", offsetof(Node, location) + offsetof(SourceLocation, file)},
    {"Node.line", offsetof(Node, location) + offsetof(SourceLocation, line)},
    {"Node.parameter", offsetof(Node, parameter)},
    {"Node.name", offsetof(Node, name)},
    {"Node.inputs.data", offsetof(Node, inputs) + 3 * sizeof(Tensor)},
    {"Node.inputs.size", offsetof(Node, inputs) + 3 * sizeof(Tensor) + word},
    {"Parameter.name", offsetof(ParameterState, name)},
    {"Parameter.requires_grad", offsetof(ParameterState, requires_grad)},
    {"Parameter.leaf", offsetof(ParameterState, leaf)},
    {"Parameter.grad", offsetof(ParameterState, grad)},
    {"Array.lengths", 0},
    {"Array.rank", max_rank* word},
    {"Array.size", sizeof(Shape)},
    {"Array.buffer", sizeof(Shape) + word},
    {"Array.dtype", sizeof(Shape) + 2 * word},
    {"Buffer.elements", offsetof(Buffer, elements)},
    {"string.data", string_data},
    {"string.size", string_size},
    {"Hit.moment", 0},
    {"Hit.message", offsetof(debug::Hit, message)},
    {"Hit.condition", offsetof(debug::Hit, condition)},
    {"Moment.phase", word},
    {"Moment.entry", 2 * word},
    {"", 0},
};
