# Reel in gdb: `source reel-gdb.py`, then `help tape`. It only reads memory, so that it works on core files, too.
import os
import sys

folder = os.path.dirname(os.path.abspath(__file__))
if folder not in sys.path:
    sys.path.insert(0, folder)
for name in [n for n in sys.modules if n.split(".")[0] == "reel_gdb"]:  # from an earlier `source`
    del sys.modules[name]

before, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # the folder is not ours to write to
import reel_gdb.commands  # noqa: E402
import reel_gdb.printers  # noqa: E402

sys.dont_write_bytecode = before
reel_gdb.printers.register()
reel_gdb.commands.register()
