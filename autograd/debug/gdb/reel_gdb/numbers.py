"""Arrays as text, with the middle of what is long left out."""
import math
import re

from .memory import Unreadable


def number_text(x):
    if isinstance(x, (bool, int)):
        return str(x)
    text = "%.5g" % x
    return text


class Picked:
    """Part of an array: for each axis the positions that were asked for."""

    def __init__(self, array, axes, dropped=()):
        self.array = array
        self.axes = axes
        self.dropped = dropped
        self.strides = []
        stride = 1
        for length in reversed(array.shape):
            self.strides.insert(0, stride)
            stride *= length

    def size(self):
        return math.prod(len(a) for a in self.axes)

    def text(self, edge, axis=0, offset=0):
        if axis == len(self.axes):
            return number_text(self.array.numbers(offset, 1)[0])
        positions, stride = self.axes[axis], self.strides[axis]
        if axis in self.dropped:
            return self.text(edge, axis + 1, offset + positions[0] * stride)
        parts = [self.text(edge, axis + 1, offset + i * stride) for i in shown(positions, edge)]
        if edge and len(positions) > 2 * edge:
            parts.insert(edge, "...")
        return "[" + " ".join(parts) + "]"


def shown(positions, edge):
    if not edge or len(positions) <= 2 * edge:
        return positions
    return list(positions[:edge]) + list(positions[-edge:])


def array_text(array, threshold=24, edge=3):
    """On one line; of more elements than the threshold only the edges of each axis."""
    whole = Picked(array, [range(n) for n in array.shape])
    return whole.text(edge if array.size > threshold else 0)


def part_text(array, slices, threshold=1000):
    """`slices` as C++ has them, or Python: "[0, 1:3, ...]"."""
    parts = [p.strip() for p in slices.strip()[1:-1].split(",")]
    if parts == [""]:
        parts = []
    if parts.count("...") > 1 or len(parts) - parts.count("...") > len(array.shape):
        raise Unreadable("%s does not fit shape (%s)" % (slices, ", ".join(map(str, array.shape))))
    if "..." in parts:
        k = parts.index("...")
        parts[k : k + 1] = [":"] * (len(array.shape) - len(parts) + 1)
    parts += [":"] * (len(array.shape) - len(parts))
    axes = [axis_positions(p, n, slices) for p, n in zip(parts, array.shape)]
    part = Picked(array, axes, [i for i, p in enumerate(parts) if ":" not in p])
    return part.text(3 if part.size() > threshold else 0)


def axis_positions(text, length, slices):
    match = re.fullmatch(r"(-?\d+)|(-?\d*)\s*:\s*(-?\d*)(?:\s*:\s*(-?\d*))?", text)
    if not match:
        raise Unreadable("%s is no list of slices; they look like [0, 1:3, ...]" % slices)
    if match.group(1):
        i = int(match.group(1))
        if not -length <= i < length:
            raise Unreadable("%s: there is no element %d on an axis of length %d" % (slices, i, length))
        return range(length)[i:][:1]
    bounds = [int(b) if b else None for b in match.groups()[1:]]
    if bounds[2] == 0:
        raise Unreadable("%s: a step of 0" % slices)
    return range(length)[slice(*bounds)]


def statistics_text(array, most=1 << 20):
    """Smallest and largest, and how many are not finite; of the first million elements."""
    if array.size == 0 or array.code == "?":
        return ""
    count = min(array.size, most)
    numbers = array.numbers(0, count)
    finite = [x for x in numbers if math.isfinite(x)]
    nans = sum(1 for x in numbers if x != x)
    parts = []
    if finite:
        parts.append("min %s, max %s, mean %s" % (number_text(min(finite)), number_text(max(finite)), number_text(sum(finite) / len(finite))))
    if nans:
        parts.append("%d NaN" % nans)
    if count - nans > len(finite):
        parts.append("%d infinite" % (count - nans - len(finite)))
    return ", ".join(parts) + (" (of the first %d)" % count if count < array.size else "")
