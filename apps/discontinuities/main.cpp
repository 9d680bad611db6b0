// apps/discontinuities/main.cpp - everything that can come between two instructions of a program,
// once each: what was saved, who was told, and how the program went on.

#include "apps/discontinuities/experiments.hpp"
#include "apps/discontinuities/observer.hpp"
#include "apps/discontinuities/report.hpp"
#include "libos/core/start.hpp"
#include "libos/vm/mapped_file.hpp"

using namespace discontinuities;

int application_main(libos::Arguments) {
    const libos::MappedFile file = libos::map_file(0);
    observer::begin();
    const PageFault fault = page_fault(file.begin);
    const Discontinuity all[] = {divide_error(),    invalid_opcode(), privileged(), misaligned(),
                                 alignment_check(), fault.fault,      breakpoint(), single_step(),
                                 system_call(),     fault.completion, timer()};
    print_table(all);
    print_results(all);
    std::uint64_t happened = 0;
    std::uint64_t wrong = 0;
    for (const Discontinuity& it : all) {
        happened += it.happened ? 1 : 0;
        if (it.registers_right)
            continue;
        ++wrong;
        libos::print("{}: registers or flags are not as they must be\n", it.name);
    }
    if (wrong == 0)
        libos::print("After each of the {}, registers and flags are as they must be.\n", happened);
    return wrong == 0 ? 0 : static_cast<int>(abi::Error::invalid_argument);
}
