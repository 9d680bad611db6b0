// exokernel/memory/refuse_translation.cpp - the cold end of the hot calls.

#include "exokernel/arch/x86_64/processor.hpp"
#include "exokernel/bindings/capability_table.hpp"
#include "exokernel/memory/translation.hpp"

namespace exokernel {

namespace {

HotResult refuse(std::uint64_t name, abi::Kind kind, std::uint32_t wanted) {
    const auto found = find_binding(*processor().environment, abi::Capability{name}, kind, wanted);
    const abi::Error error = found ? abi::Error::invalid_argument : found.error();
    return {static_cast<std::uint64_t>(error), 0};
}

} // namespace

HotResult refuse_table(std::uint64_t table, std::uint64_t, std::uint64_t, std::uint64_t,
                       std::uint64_t) {
    return refuse(table, abi::Kind::page_table, abi::rights::write);
}

HotResult refuse_frame(std::uint64_t, std::uint64_t, std::uint64_t frame, std::uint64_t,
                       std::uint64_t) {
    return refuse(frame, abi::Kind::frame, abi::rights::read);
}

} // namespace exokernel
