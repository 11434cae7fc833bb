"""tape-list, tape-op, tape-where and tape-break."""
import os
import re

import gdb

from .memory import Hit, Node, Parameter, Tape, Unreadable, word
from .numbers import array_text, part_text, statistics_text
from .printers import address_of, describe

EDGE = 20


class Current:
    """The tape that was looked at last, and the entry that is meant where none is given."""

    root = None  # (address, id)
    focus = None

    @classmethod
    def look_at(cls, node):
        cls.root = cls.focus = (node.address, node.id)

    @classmethod
    def tape(cls):
        if cls.root is None:
            raise Unreadable("which tape? Name a tensor, a parameter or a tape: tape-list loss")
        if Node(cls.root[0]).id != cls.root[1]:
            raise Unreadable("the tape that was looked at last is gone; name a tensor again: tape-list loss")
        return Tape(cls.root[0])


def node_address(expression):
    """Of the node that an expression of the program stands for."""
    value = gdb.parse_and_eval(expression)
    if value.is_optimized_out:
        raise Unreadable("%s was optimized out here" % expression)
    type_ = value.type.strip_typedefs()
    if type_.code in (gdb.TYPE_CODE_REF, gdb.TYPE_CODE_RVALUE_REF):
        value = value.referenced_value()
    elif type_.code == gdb.TYPE_CODE_PTR:
        if type_.target().unqualified().strip_typedefs().name == "reel::detail::Node":
            return int(value)
        value = value.dereference()
    name = value.type.strip_typedefs().unqualified().name
    if name in ("reel::Tensor", "reel::Entry"):
        address = word(address_of(value))
    elif name in ("reel::Parameter", "reel::ParameterRef"):
        address = Parameter(word(address_of(value))).leaf
    elif name == "reel::Tape":
        begin, end = word(address_of(value)), word(address_of(value) + 8)
        address = word(end - 8) if end > begin else 0
    else:
        raise Unreadable("%s is a %s; a Tensor, Parameter, Entry or Tape is wanted" % (expression, name))
    if not address:
        raise Unreadable("%s is not defined" % expression)
    return address


def tape_of(expression):
    if expression:
        Current.look_at(Node(node_address(expression)))
    return Current.tape()


def pick(argument):
    """"[EXPRESSION] [N] [SLICES]" -> tape, entry number, slices."""
    match = re.fullmatch(r"(?:(.*?)(?:^|\s+))?#?(\d+)\s*(\[[^\]]*\])?", argument)
    tape = tape_of((match.group(1) or "").strip() if match else argument)
    if not match:
        return tape, tape.number[Current.focus[0]], None
    number = int(match.group(2))
    if number >= len(tape.nodes):
        raise Unreadable("the tape has entries #0 to #%d" % (len(tape.nodes) - 1))
    node = tape.nodes[number]
    Current.focus = (node.address, node.id)
    return tape, number, match.group(3)


class TapeCommand(gdb.Command):
    def __init__(self, name):
        super().__init__(name, gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def invoke(self, argument, from_tty):
        try:
            self.run(argument.strip())
        except Unreadable as e:
            raise gdb.GdbError(str(e))


class TapeList(TapeCommand):
    """List the tape that a tensor was computed by, oldest entry first.
Usage: tape-list [/a] [EXPRESSION]
EXPRESSION is a Tensor, Parameter, Entry or Tape of the program, e.g. tape-list loss;
without it the one of the last command. Of a long tape /a lists the middle, too."""

    def run(self, argument):
        everything = argument.startswith("/a")
        tape = tape_of(argument[2:].strip() if everything else argument)
        count = len(tape.nodes)
        elided = not everything and count > 5 * EDGE
        numbers = list(range(EDGE)) + list(range(count - EDGE, count)) if elided else range(count)
        rows = [self.row(tape, i) for i in numbers]
        widths = [max(len(r[c]) for r in rows) for c in range(5)]
        for i, row in enumerate(rows):
            if elided and i == EDGE:
                gdb.write("... %d entries more (tape-list /a) ...\n" % (count - 2 * EDGE))
            text = "  ".join(c.ljust(w) for c, w in zip(row, widths) if w)
            gdb.write((text + "  " + row[5]).rstrip() + "\n")

    @staticmethod
    def row(tape, i):
        node = tape.nodes[i]
        inputs = " ".join(tape.input_text(a) for a in node.inputs())
        if node.released and not inputs:
            inputs = "(released)"
        place = node.place() + ("  in " + node.module if node.module else "")
        return "#%d" % i, node.op, inputs, node.value.kind(), node.name, place


class TapeOp(TapeCommand):
    """Show one entry of a tape: the op, its inputs, its rule, where it is, its numbers.
Usage: tape-op [EXPRESSION] [N] [SLICES]
E.g. tape-op loss 3, then tape-op 4 [0, 1:3]. Without N the entry that was shown last,
or that a tape-break stopped at, or the newest."""

    def run(self, argument):
        tape, number, slices = pick(argument)
        node = tape.nodes[number]
        gdb.write("#%d %s\n" % (number, describe(node)))
        if node.rule:
            gdb.write("  rule    %s\n" % node.rule)
        for k, address in enumerate(node.inputs()):
            value = Node(address, tape.table).value
            who = "#%d " % tape.number[address] + describe(tape.nodes[tape.number[address]]) if address in tape.number else "a number"
            gdb.write("  input   %s, %s = %s\n" % (who, value.kind(), array_text(value)))
        if node.released and node.is_op:
            gdb.write("  inputs  let go by backward(), or never kept: nothing to differentiate\n")
        value = node.value
        gdb.write("  output  %s = %s\n" % (value.kind(), array_text(value)))
        if slices:
            gdb.write("  %s  %s\n" % (slices, part_text(value, slices)))
        statistics = statistics_text(value) if value.size > 1 else ""
        if statistics:
            gdb.write("          %s\n" % statistics)
        if node.parameter:
            grad = node.parameter.grad
            gdb.write("  grad    %s\n" % (array_text(Node(grad, tape.table).value) if grad else "none"))
        consumers = tape.consumers(number)
        if consumers:
            gdb.write("  used by %s\n" % ", ".join("#%d %s" % (k, tape.nodes[k].op) for k in consumers))


class TapeWhere(TapeCommand):
    """Show the source lines around the place where an entry of a tape was recorded.
Usage: tape-where [EXPRESSION] [N]
Without N the entry that was shown last, or that a tape-break stopped at, or the newest."""

    def run(self, argument):
        tape, number, _ = pick(argument)
        node = tape.nodes[number]
        gdb.write("#%d %s\n" % (number, describe(node)))
        if node.line <= 0:
            gdb.write("it was not recorded by a line of the program: leaves have no place\n")
            return
        for i, text in source_lines(node.file, node.line, 3):
            gdb.write("%s %4d  %s\n" % ("->" if i == node.line else "  ", i, text))


def source_lines(file, line, around):
    path = source_path(file, line)
    if path is None:
        raise Unreadable("%s is not here; `directory FOLDER` tells gdb where the sources are" % file)
    with open(path, errors="replace") as source:
        lines = source.read().split("\n")
    return [(i, lines[i - 1]) for i in range(max(1, line - around), min(len(lines), line + around) + 1)]


def source_path(file, line):
    if os.path.isfile(file):
        return file
    try:  # by the folders that gdb knows
        for sal in gdb.decode_line("%s:%d" % (os.path.basename(file), line))[1] or ():
            if sal.symtab and os.path.isfile(sal.symtab.fullname()):
                return sal.symtab.fullname()
    except gdb.error:
        pass
    return None


class HitBreakpoint(gdb.Breakpoint):
    """Stops where a condition of debug::Live, or of REEL_DEBUG, holds."""

    REGISTERS = {"i386:x86-64": "rdi", "aarch64": "x0"}  # of a function's first argument

    def __init__(self, wanted):
        super().__init__("reel::debug::breakpoint_hit")
        self.wanted = wanted
        self.node = None

    def stop(self):
        try:
            frame = gdb.newest_frame()
            register = self.REGISTERS.get(frame.architecture().name())
            if not register:
                gdb.write("tape-break: the hit cannot be read on %s\n" % frame.architecture().name())
                return True
            hit = Hit(int(frame.read_register(register)))
            node = hit.node
            if self.wanted and self.wanted not in (node.op, node.name, node.module, node.place()):
                return False
            gdb.write("%s: %s\n" % (hit.condition, hit.message))
            Current.look_at(node)
            self.node = node
        except Unreadable as e:
            gdb.write("tape-break: %s\n" % e)
        return True


def select_program_frame(event):
    """After a stop at a hit, goes up to the line of the program that did it."""
    hit = next((b for b in getattr(event, "breakpoints", ()) if isinstance(b, HitBreakpoint) and b.node), None)
    if not hit:
        return
    place, candidate = hit.node.place(), None
    frame = gdb.newest_frame().older()
    while frame:
        sal = frame.find_sal()
        if sal.symtab:
            if "%s:%d" % (os.path.basename(sal.symtab.filename), sal.line) == place:
                candidate = frame
                break
            if candidate is None and "/reel/" not in sal.symtab.filename:
                candidate = frame
        frame = frame.older()
    if candidate:
        candidate.select()
        gdb.execute("frame")


class TapeBreak(TapeCommand):
    """Stop where a condition of a debug::Live holds, or what REEL_DEBUG looks for.
Usage: tape-break [OP | NAME | MODULE | FILE:LINE]
Says which condition held and for what, goes to the program's line, and makes the op the
one that tape-op, tape-where and tape-list are about. In a program without a debug::Live,
`set environment REEL_DEBUG nan` before `run`."""

    def run(self, argument):
        HitBreakpoint(argument)


class TapeHelp(gdb.Command):
    """Commands for Reel's tapes: tape-list, tape-op, tape-where, tape-break."""

    def __init__(self):
        super().__init__("tape", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        gdb.write("tape-list EXPRESSION, tape-op N, tape-where N, tape-break; `help tape-list` and so on say more\n")


def register():
    TapeList("tape-list")
    TapeOp("tape-op")
    TapeWhere("tape-where")
    TapeBreak("tape-break")
    TapeHelp()
    gdb.events.stop.connect(select_program_frame)
