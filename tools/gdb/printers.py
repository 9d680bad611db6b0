"""Pretty-printers: how `print` shows the types of the ABI that hold numbers with a meaning."""

import gdb
import gdb.printing

import kernel


class Strong:
    """abi::Vpn, abi::Pfn and the addresses: one number, in hexadecimal."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        return f"{kernel.number(self.value['value']):#x}"


class Capability:
    def __init__(self, value):
        self.value = kernel.number(value["value"])

    def to_string(self):
        if self.value == 0:
            return "no capability"
        return f"slot {(self.value & 0xFFFFFFFF) >> 6} generation {self.value >> 32}"


class CapabilityEntry:
    def __init__(self, value):
        self.value = value

    def to_string(self):
        import bindings

        data = b"".join(
            kernel.number(self.value[field.name]).to_bytes(field.type.sizeof, "little")
            for field in self.value.type.fields()
        )
        binding = bindings.Binding(0, data)
        if binding.name == 0:
            return "empty slot"
        slot = (binding.name & 0xFFFFFFFF) // kernel.ENTRY_BYTES
        return f"slot {slot}: {binding.kind} {binding.rights_text()} {binding.what()}".rstrip()


class SaveArea:
    def __init__(self, value):
        self.value = value

    def to_string(self):
        import pe

        return ", ".join(pe.save_area(self.value))


class ProcessorEnvironmentPage:
    """Its words of state, with names instead of bits; the tables as they are."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        import pe

        pending = ", ".join(pe.bits(kernel.number(self.value["pending"]))) or "nothing"
        return (
            f"PE page of environment {kernel.number(self.value['environment'])}: upcalls_disabled "
            f"{kernel.number(self.value['upcalls_disabled'])}, pending {pending}"
        )

    def children(self):
        for slot in range(32):
            address = kernel.number(self.value["entries"][slot])
            if address:
                yield kernel.enumerator("abi::Entry", slot), f"{address:#x} {kernel.symbol(address)}"
        for index in range(2):
            if kernel.number(self.value["save"][index]["rip"]):
                yield f"save[{index}]", self.value["save"][index]


class Environment:
    def __init__(self, value):
        self.value = value

    def to_string(self):
        state = kernel.number(self.value["state"])
        return (
            f"environment {kernel.number(self.value['identity'])}: "
            f"{kernel.enumerator('exokernel::EnvironmentState', state)}, "
            f"{kernel.number(self.value['capability_slots'])} slots, "
            f"{kernel.number(self.value['in_flight'])} transfers in flight"
        )


def register():
    printers = gdb.printing.RegexpCollectionPrettyPrinter("faultline")
    for name, printer in (
        ("abi::Strong<.*>", Strong),
        ("abi::Capability", Capability),
        ("abi::CapabilityEntry", CapabilityEntry),
        ("abi::SaveArea", SaveArea),
        ("abi::ProcessorEnvironmentPage", ProcessorEnvironmentPage),
        ("exokernel::Environment", Environment),
    ):
        printers.add_printer(name, "^" + name + "$", printer)
    gdb.printing.register_pretty_printer(None, printers, replace=True)
