// exokernel/memory/refuse_translation.cpp - the cold end of the hot calls.

#include "exokernel/arch/x86_64/processor.hpp"
#include "exokernel/bindings/capability_table.hpp"
#include "exokernel/memory/translation.hpp"

namespace exokernel {

HotResult refuse_table(std::uint64_t table, std::uint64_t page, std::uint64_t frame,
                       std::uint64_t rip, std::uint64_t access, std::uint64_t number) {
    const auto found = find_binding(*processor().environment, abi::Capability{table},
                                    Kind::page_table, rights::write);
    if (found) [[clang::musttail]]
        return go_on_in_steps(table, page, frame, rip, access, number);
    return {static_cast<std::uint64_t>(found.error()), 0};
}

HotResult refuse_frame(std::uint64_t, std::uint64_t, std::uint64_t frame, std::uint64_t,
                       std::uint64_t, std::uint64_t) {
    const auto found =
        find_binding(*processor().environment, abi::Capability{frame}, Kind::frame, rights::read);
    return {static_cast<std::uint64_t>(found ? Error::invalid_argument : found.error()), 0};
}

} // namespace exokernel
