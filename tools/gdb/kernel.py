"""The exokernel's objects, read out of the halted guest with the kernel's own debug information.

Everything is read through the kernel's half of the address space, which every root has, so it
works in ring 0 and in ring 3; before the kernel has set it up, GuestNotReady says so. Nothing here
writes to the guest.
"""

import gdb

PAGE = 4096
DIRECT_MAP = 0xFFFF_8000_0000_0000
MASK = (1 << 64) - 1
FRAME_MASK = 0x000F_FFFF_FFFF_F000
ENTRY_BYTES = 64  # of a capability table


class GuestNotReady(gdb.GdbError):
    pass


def variable(name):
    """A variable of the kernel, by its name in namespace exokernel."""
    for scope in ("exokernel::(anonymous namespace)::", "exokernel::"):
        try:
            return gdb.parse_and_eval("'" + scope + name + "'")
        except gdb.error:
            continue
    raise GuestNotReady(f"the kernel's debug information has no {name}; gdb needs exokernel*.elf")


def number(value):
    """A gdb value as an unsigned number."""
    return int(value.cast(gdb.lookup_type("unsigned long"))) & MASK


def register(name):
    return int(gdb.parse_and_eval("(unsigned long)$" + name)) & MASK


def memory(address, size):
    try:
        return gdb.selected_inferior().read_memory(address, size).tobytes()
    except gdb.MemoryError:
        raise GuestNotReady(f"the guest has no memory at {address:#x} yet") from None


def word(address):
    return int.from_bytes(memory(address, 8), "little")


def physical(address):
    """The kernel's address of a physical one."""
    return DIRECT_MAP + address


def frame_of(pointer):
    """The frame in which an object of the kernel's direct map lies."""
    return (pointer - DIRECT_MAP) // PAGE


def enumerator(type_name, value):
    """The name of an enumerator without its scope: "page_fault" for abi::Entry 0."""
    for field in gdb.lookup_type(type_name).fields():
        if field.enumval == value:
            return field.name.rsplit("::", 1)[-1]
    return str(value)


def symbol(address):
    """"name + 12" for an address that has a symbol, else ""."""
    text = gdb.execute(f"info symbol {address:#x}", to_string=True)
    return "" if text.startswith("No symbol") else text.split(" in section ")[0].strip()


def current():
    """The environment that the processor runs or ran last; QEMU's threads are the processors."""
    thread = gdb.selected_thread()
    try:
        pointer = number(variable("processors")[thread.num - 1 if thread else 0]["environment"])
    except gdb.MemoryError:  # before paging is on
        pointer = 0
    if pointer == 0:
        raise GuestNotReady("the exokernel has not started yet: `hbreak kernel_main`, `continue`")
    return at(pointer)


def at(pointer):
    return gdb.Value(pointer).cast(gdb.lookup_type("exokernel::Environment").pointer()).dereference()


def pointer_of(environment):
    return number(environment.address)


def environments():
    """Every environment there is, by identity."""
    roots = [pointer_of(current())]  # first of all: it tells whether the kernel has started
    vectors = variable("vectors")
    for i in range(vectors.type.range()[1] + 1):
        slices = vectors[i]["slices"]
        last = slices.type.range()[1]
        roots += [number(slices[j]["environment"]) for j in range(last + 1)]
    found = {}
    for pointer in roots:
        while pointer and number(at(pointer)["parent"]):
            pointer = number(at(pointer)["parent"])
        todo = [pointer] if pointer else []
        while todo:
            here = todo.pop()
            environment = at(here)
            if here in found or number(environment["identity"]) == 0:
                continue  # 0: stands for no environment
            found[here] = environment
            child = number(environment["first_child"])
            while child:
                todo.append(child)
                child = number(at(child)["next_sibling"])
    return sorted(found.values(), key=lambda one: number(one["identity"]))


def chosen(identity=None):
    """The environment with that identity; without one the current one."""
    everyone = environments()
    if identity is None:
        here = number(current()["identity"])
        if here != 0 or not everyone:
            identity = here
        else:
            identity = number(everyone[0]["identity"])
    for environment in everyone:
        if number(environment["identity"]) == identity:
            return environment
    there = ", ".join(str(number(one["identity"])) for one in everyone) or "none yet"
    raise gdb.GdbError(f"there is no environment {identity}; there are: {there}")


def integer(text):
    """A number that a user typed, or an expression of gdb's."""
    try:
        return int(text, 0)
    except ValueError:
        return int(gdb.parse_and_eval("(unsigned long)(" + text + ")")) & MASK


class Command(gdb.Command):
    """A command `exo NAME`; its docstring is its help."""

    def __init__(self, name):
        super().__init__("exo " + name, gdb.COMMAND_DATA)

    def words(self, argument):
        return gdb.string_to_argv(argument)
