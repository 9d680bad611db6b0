// exokernel/memory/system_page.cpp - one frame of facts, taken at boot.

#include "exokernel/memory/system_page.hpp"

#include "exokernel/arch/x86_64/direct_map.hpp"
#include "exokernel/boot/boot_information.hpp"

namespace exokernel {

namespace {
constinit abi::SystemPage early{}; // for what goes wrong before there is one
constinit abi::SystemPage* page = &early;
} // namespace

abi::SystemPage& system_page() { return *page; }

void build_system_page() {
    page = at_physical<abi::SystemPage>(take_boot_frames(1));
    page->size = sizeof(abi::SystemPage);
    page->version = abi::system_page_version;
    page->processors = 1;
}

} // namespace exokernel
