#!/usr/bin/env python3
"""Writes the .npy, .npz, IDX and PNG files of this folder, which the tests of core/io read. Needs NumPy only."""
import gzip, os, struct, zlib
import numpy as np
from numpy.lib import format as npy

os.chdir(os.path.dirname(os.path.abspath(__file__)))
numbers = np.arange(24).reshape(2, 3, 4)

for name in "f2 f4 f8 i1 i2 i4 i8 u1 u2 u4".split():
    np.save(name, (numbers - (0 if name[0] == "u" else 12)).astype(name))
np.save("b1", numbers % 3 == 0)
np.save("scalar", np.float64(2.5))
np.save("vector", np.array([1, -2, 3]))
np.save("empty", np.zeros((0, 3), np.float32))
np.save("fortran", np.asfortranarray(numbers.astype("f4")))
np.save("big_f8", numbers.astype(">f8"))
np.save("big_u2", (numbers * 257).astype(">u2"))
np.save("special", np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 5e-324, 1.7976931348623157e308]))
np.save("half", np.array([0x0000, 0x8000, 0x0001, 0x03FF, 0x3C00, 0xC000, 0x7BFF, 0x7C00], np.uint16).view(np.float16))
for version in (2, 3):
    with open(f"version{version}.npy", "wb") as f:
        npy.write_array(f, numbers.astype("f4"), version=(version, 0))

arrays = {"weight": numbers.astype("f4"), "bias": np.array([0.5, -0.5]), "classes": np.array([3, 1, 2]), "mask": np.array([True, False])}
np.savez("stored.npz", **arrays)
np.savez_compressed("deflated.npz", **arrays)


def idx(name, code, data):
    """LeCun's format: two zeros, the type, the number of axes, their lengths, the elements, all big-endian."""
    raw = struct.pack(">BBBB", 0, 0, code, data.ndim) + struct.pack(f">{data.ndim}I", *data.shape) + data.tobytes()
    with open(name + ".idx", "wb") as f:
        f.write(raw)
    with open(name + ".idx.gz", "wb") as f:
        f.write(gzip.compress(raw, mtime=0))


idx("images", 0x08, (np.arange(3 * 28 * 28) % 256).astype("u1").reshape(3, 28, 28))
idx("labels", 0x08, np.array([7, 0, 9], "u1"))
idx("i1", 0x09, np.array([[-1, 2], [3, -128]], "i1"))
idx("i2", 0x0B, np.array([-2, 300], ">i2"))
idx("i4", 0x0C, np.array([-2, 70000], ">i4"))
idx("f4", 0x0D, np.array([[0.5, -1.25]], ">f4"))
idx("f8", 0x0E, np.array([0.1, -1e300], ">f8"))


def png(name, pixels, depth, colour, extra=b""):
    """The plainest PNG: no filter, one IDAT chunk."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    height, width = pixels.shape[:2]
    rows = pixels.astype(">u2" if depth == 16 else "u1").reshape(height, -1)
    raw = b"".join(b"\0" + (np.packbits(row) if depth == 1 else row).tobytes() for row in rows)
    with open(name + ".png", "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)) + extra
                + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b""))


def palette(*colours):
    data = bytes(sum(colours, ()))
    return struct.pack(">I", len(data)) + b"PLTE" + data + struct.pack(">I", zlib.crc32(b"PLTE" + data))


grey = np.arange(6).reshape(2, 3) * 50
png("grey", grey, 8, 0)
png("grey16", grey * 257 + 1, 16, 0)
png("grey1", np.array([[0, 1, 1], [1, 0, 0]]), 1, 0)
png("rgb", np.stack([grey, grey + 1, grey + 2], -1), 8, 2)
png("rgb16", np.stack([grey * 200, grey * 201, grey * 202], -1), 16, 2)
png("rgba", np.stack([grey, grey + 1, grey + 2, grey + 3], -1), 8, 6)
png("palette", np.array([[0, 1, 2], [2, 1, 0]]), 8, 3, palette((255, 0, 0), (0, 255, 0), (0, 0, 255)))
