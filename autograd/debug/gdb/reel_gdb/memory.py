"""The program's tensors, read out of its memory by the library's own table of where things are (`reel_debug_layout`)."""
import struct

import gdb

DTYPES = (("float32", "f", 4), ("float64", "d", 8), ("int64", "q", 8), ("bool", "?", 1))
KINDS = ("constant", "variable", "parameter", "op")
MAX_RANK = 8
ENTRY = struct.Struct("24sQ")


class Unreadable(Exception):
    """What is in memory is not what it should be; the text says so to people."""


def read(address, size):
    if size == 0:  # gdb 16 refuses to read nothing
        return b""
    try:
        return bytes(gdb.selected_inferior().read_memory(address, size))
    except gdb.MemoryError:
        raise Unreadable("no memory at 0x%x: not constructed yet, or already destroyed?" % address)


def word(address):
    return struct.unpack("Q", read(address, 8))[0]


def c_string(address):
    """Up to 4096 bytes, in parts, since what follows may not be readable."""
    text = b""
    while address and len(text) < 4096:
        size = 64 - address % 64
        part = read(address, size)
        if b"\0" in part:
            return (text + part[: part.index(b"\0")]).decode(errors="replace")
        text += part
        address += size
    return text.decode(errors="replace")


def layout():
    """name -> offset. Read anew every time: the program may have been built again."""
    try:
        address = int(gdb.parse_and_eval("(unsigned long)&reel_debug_layout"))
    except gdb.error:
        raise Unreadable("this program has no symbol reel_debug_layout: it does not use Reel, or its symbols were stripped")
    table = {}
    while len(table) < 1000:
        name, value = ENTRY.unpack(read(address, ENTRY.size))
        name = name.rstrip(b"\0").decode(errors="replace")
        if not name:
            break
        table[name] = value
        address += ENTRY.size
    if table.get("version") != 1:
        raise Unreadable("this reel-gdb.py is for another version of Reel than the program's; take the one that was installed with it")
    return table


class Place:
    """An object of the library at an address."""

    def __init__(self, address, table=None):
        self.address = address
        self.table = table or layout()

    def at(self, field):
        return self.address + self.table[field]

    def string(self, address):
        if self.table["string.data"] > 1000:
            return "(a name; only libstdc++'s strings can be read)"
        size = word(address + self.table["string.size"])
        if size > 1 << 20:
            raise Unreadable("no text at 0x%x" % address)
        return read(word(address + self.table["string.data"]), size).decode(errors="replace")


class Array(Place):
    def __init__(self, address, table=None):
        super().__init__(address, table)
        rank = word(self.at("Array.rank"))
        dtype = read(self.at("Array.dtype"), 1)[0]
        if rank > MAX_RANK or dtype >= len(DTYPES):
            raise Unreadable("no array here: not constructed yet, or already destroyed")
        self.shape = struct.unpack("%dQ" % rank, read(self.at("Array.lengths"), 8 * rank))
        self.dtype, self.code, self.item_size = DTYPES[dtype]
        self.size = word(self.at("Array.size"))
        elements = 1
        for length in self.shape:
            elements *= length
        buffer = word(self.at("Array.buffer"))
        if not buffer and elements > 0:
            raise Unreadable("an array that was moved away")
        if self.size != elements:
            raise Unreadable("no array here: not constructed yet, or already destroyed")
        self.elements = word(buffer + self.table["Buffer.elements"]) if buffer else 0

    def numbers(self, first, count):
        if count == 0:
            return ()
        memory = read(self.elements + first * self.item_size, count * self.item_size)
        if self.code == "?":
            return tuple(b != 0 for b in memory)
        return struct.unpack("%d%s" % (count, self.code), memory)

    def kind(self):
        return "%s %s" % (shape_text(self.shape), self.dtype)


def shape_text(shape):
    return "(%s%s)" % (", ".join(str(n) for n in shape), "," if len(shape) == 1 else "")


class Node(Place):
    """What a Tensor refers to."""

    def __init__(self, address, table=None):
        super().__init__(address, table)
        kind = read(self.at("Node.kind"), 1)[0]
        if kind >= len(KINDS):
            raise Unreadable("no tensor here: not constructed yet, or already destroyed")
        self.is_op = KINDS[kind] == "op"
        self.id = word(self.at("Node.id"))
        self.op = c_string(word(self.at("Node.op"))) if self.is_op else KINDS[kind]
        self.value = Array(self.at("Node.value"), self.table)

    @property
    def tracked(self):
        return read(self.at("Node.tracked"), 1)[0] != 0

    @property
    def released(self):
        return read(self.at("Node.released"), 1)[0] != 0

    @property
    def rule(self):
        return c_string(word(self.at("Node.rule_text")))

    @property
    def module(self):
        return c_string(word(self.at("Node.module")))

    @property
    def file(self):
        return c_string(word(self.at("Node.file")))

    @property
    def line(self):
        return struct.unpack("i", read(self.at("Node.line"), 4))[0]

    @property
    def parameter(self):
        state = word(self.at("Node.parameter"))
        return Parameter(state, self.table) if state else None

    @property
    def name(self):
        text = word(self.at("Node.name"))
        if text:
            return self.string(text)
        parameter = self.parameter
        return parameter.name if parameter else ""

    def inputs(self):
        count = word(self.at("Node.inputs.size"))
        if count > 1 << 20:
            raise Unreadable("no tensor here: not constructed yet, or already destroyed")
        data = word(self.at("Node.inputs.data"))
        return struct.unpack("%dQ" % count, read(data, 8 * count)) if count else ()

    def place(self):
        """"train.cpp:31", or an empty text."""
        return "%s:%d" % (self.file.rsplit("/", 1)[-1], self.line) if self.line > 0 else ""


class Parameter(Place):
    """A parameter's shared state."""

    @property
    def name(self):
        return self.string(self.at("Parameter.name"))

    @property
    def requires_grad(self):
        return read(self.at("Parameter.requires_grad"), 1)[0] != 0

    @property
    def leaf(self):
        return word(self.at("Parameter.leaf"))

    @property
    def grad(self):
        return word(self.at("Parameter.grad"))


class Hit(Place):
    """What reel::debug::breakpoint_hit() is called with."""

    def __init__(self, address):
        super().__init__(address)
        moment = word(self.at("Hit.moment"))
        self.message = self.string(self.at("Hit.message"))
        self.condition = self.string(self.at("Hit.condition"))
        self.is_rule = struct.unpack("i", read(moment + self.table["Moment.phase"], 4))[0] == 1
        self.node = Node(word(moment + self.table["Moment.entry"]), self.table)


class Tape:
    """The history of a result, numbered as reel::Tape does: oldest first, with constants, but without scalar ones."""

    def __init__(self, result):
        table = layout()
        self.nodes = [Node(result, table)]
        known = {result}
        for node in self.nodes:  # grows while it is walked over
            for address in node.inputs():
                if address in known:
                    continue
                known.add(address)
                from_ = Node(address, table)
                if from_.tracked or from_.value.shape or word(from_.at("Node.name")):
                    self.nodes.append(from_)
        self.nodes.sort(key=lambda n: n.id)
        self.number = {n.address: i for i, n in enumerate(self.nodes)}
        self.table = table

    def input_text(self, address):
        from .numbers import array_text

        if address in self.number:
            return "#%d" % self.number[address]
        return array_text(Node(address, self.table).value)

    def consumers(self, i):
        return [k for k, n in enumerate(self.nodes) if self.nodes[i].address in n.inputs()]
