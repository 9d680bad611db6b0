// apps/discontinuities/report.cpp - columns and results.

#include "apps/discontinuities/report.hpp"

#include "bindings/abi/exception.hpp"
#include "libos/core/print.hpp"

namespace discontinuities {

namespace {

using libos::print;

// One cell, `width` wide with the blanks behind it.
void cell(std::string_view text, std::size_t width) {
    libos::print_text(text);
    for (std::size_t i = text.size(); i < width; ++i)
        libos::print_text(" ");
}

void number_cell(std::uint64_t number, bool hexadecimal, std::size_t width) {
    char room[24];
    libos::Line line{room};
    const libos::FormatArgument arguments[] = {number};
    line.format(hexadecimal ? "0x{x}" : "{}", arguments);
    cell(line.text(), width);
}

bool has_error(const Discontinuity& it) {
    return it.has_vector && !it.asynchronous && abi::has_error_code(it.vector);
}

void print_row(const Discontinuity& it) {
    cell(it.class_name(), 10);
    cell(it.name, 18);
    if (it.has_vector)
        number_cell(it.vector, it.vector >= abi::exception_vectors, 7);
    else
        cell("-", 7);
    if (has_error(it))
        number_cell(it.error, true, 6);
    else
        cell("-", 6);
    cell(it.saved_rip(), 8);
    cell(it.pe_entry(), 14);
    cell(it.resumed_by(), 0);
    print(" {}\n", it.resumed_how());
}

} // namespace

void print_table(std::span<const Discontinuity> all) {
    print("class     what              vector error RIP is  PE entry      goes on by\n");
    for (const Discontinuity& it : all)
        if (it.happened)
            print_row(it);
    for (const Discontinuity& it : all)
        if (!it.happened)
            print("{}: this processor does not raise it; its instruction ran through\n", it.name);
}

void print_results(std::span<const Discontinuity> all) {
    for (const Discontinuity& it : all) {
        print("@output.{}.happened={}\n", it.key, it.happened ? 1 : 0);
        if (!it.happened)
            continue;
        print("@output.{}.class={}\n", it.key, it.class_name());
        if (it.has_vector)
            print("@output.{}.vector={}\n", it.key, it.vector);
        if (has_error(it))
            print("@output.{}.error={}\n", it.key, it.error);
        if (it.asynchronous)
            print("@output.{}.ring={}\n", it.key, it.ring);
        print("@output.{}.rip=0x{x}\n", it.key, it.rip);
        print("@output.{}.rip_is={}\n", it.key, it.saved_rip());
        print("@output.{}.rflags=0x{x}\n", it.key, it.rflags);
        if (it.rsp != 0)
            print("@output.{}.rsp=0x{x}\n", it.key, it.rsp);
        if (it.address != 0)
            print("@output.{}.cr2=0x{x}\n", it.key, it.address);
        print("@output.{}.pe_entry={}\n", it.key, it.pe_entry());
        print("@output.{}.resumed_rip=0x{x}\n", it.key, it.resumed_rip);
        print("@output.{}.resumed_by={}\n", it.key, it.resumed_by());
        print("@output.{}.resumed_how={}\n", it.key, it.resumed_how());
        print("@output.{}.registers={}\n", it.key, it.registers_right ? "right" : "wrong");
    }
}

} // namespace discontinuities
