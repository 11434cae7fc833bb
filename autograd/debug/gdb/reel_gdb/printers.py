"""How tensors, arrays, parameters and tapes are printed."""
import gdb
import gdb.printing

from .memory import Array, Node, Parameter, Unreadable, word
from .numbers import array_text


def guarded(text):
    """A printer never fails: what cannot be read is said in its place."""

    def to_string(self):
        try:
            return text(self)
        except Unreadable as e:
            return "<%s>" % e

    return to_string


def address_of(value):
    if value.address is None:
        raise Unreadable("it is in no memory that could be read; it was optimized out, or copied by gdb")
    return int(value.address)


def describe(node):
    """"matmul 'h' at train.cpp:31"."""
    text = node.op
    if node.name:
        text += " '%s'" % node.name
    if node.module:
        text += " in " + node.module
    if node.place():
        text += " at " + node.place()
    return text


def tensor_text(address):
    """Of the node at an address."""
    if not address:
        return "Tensor, not defined"
    node = Node(address)
    return "Tensor %s, %s = %s" % (node.value.kind(), describe(node), array_text(node.value))


class ArrayPrinter:
    def __init__(self, value):
        self.value = value

    @guarded
    def to_string(self):
        array = Array(address_of(self.value))
        return "Array %s = %s" % (array.kind(), array_text(array))


class TensorPrinter:
    def __init__(self, value):
        self.value = value

    @guarded
    def to_string(self):
        return tensor_text(word(address_of(self.value)))


class ParameterPrinter:
    def __init__(self, value):
        self.value = value

    @guarded
    def to_string(self):
        state = word(address_of(self.value))
        if not state:
            return "Parameter, moved away"
        parameter = Parameter(state)
        array = Node(parameter.leaf).value
        frozen = "" if parameter.requires_grad else ", frozen"
        return "Parameter '%s' %s%s" % (parameter.name, array.kind(), frozen)

    def children(self):
        try:
            parameter = Parameter(word(address_of(self.value)))
            yield "value", array_text(Node(parameter.leaf).value)
            yield "grad", array_text(Node(parameter.grad).value) if parameter.grad else "none"
        except Unreadable as e:
            yield "value", "<%s>" % e


class TapePrinter:
    def __init__(self, value):
        self.value = value

    def entries(self):
        begin, end = word(address_of(self.value)), word(address_of(self.value) + 8)
        if not 0 <= end - begin < 1 << 32:
            raise Unreadable("no tape here: not constructed yet, or already destroyed")
        return range(begin, end, 8)

    @guarded
    def to_string(self):
        return "Tape of %d entries" % len(self.entries())

    def children(self):
        try:
            for i, entry in enumerate(self.entries()):
                node = Node(word(entry))
                yield "[%d]" % i, "%s  %s" % (describe(node), node.value.kind())
        except Unreadable as e:
            yield "entries", "<%s>" % e


def register():
    printers = gdb.printing.RegexpCollectionPrettyPrinter("reel")
    printers.add_printer("Array", "^reel::Array$", ArrayPrinter)
    printers.add_printer("Tensor", "^reel::(Tensor|Entry)$", TensorPrinter)
    printers.add_printer("Parameter", "^reel::Parameter(Ref)?$", ParameterPrinter)
    printers.add_printer("Tape", "^reel::Tape$", TapePrinter)
    gdb.printing.register_pretty_printer(gdb.current_objfile(), printers, replace=True)
