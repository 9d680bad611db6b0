"""What gdb knows of Faultline: `source tools/gdb/exo.py` with the exokernel's symbols loaded, as
`exo gdb` does by itself. `help exo` lists the commands."""

import os
import sys

import gdb

sys.dont_write_bytecode = True  # the source folder stays as it is
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import bindings
import mappings
import pe
import printers
import symbols
import travel


class Exo(gdb.Command):
    """The machine in the terms of Faultline: processor environments, secure bindings, mappings,
    and in a replay its events."""

    def __init__(self):
        super().__init__("exo", gdb.COMMAND_DATA, prefix=True)

    def invoke(self, argument, from_tty):
        gdb.execute("help exo")


Exo()
for part in (pe, bindings, mappings, travel):
    part.register()
printers.register()
