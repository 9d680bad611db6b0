// exokernel/console/write_console.cpp - system call `write_console`.
//
// Each environment composes its own line in its kernel object; a line goes out whole when it ends
// or is full, with the environment's identity in front when there are several.
//
// A line whose beginning is the kernel's own words ends with a carriage return, which nobody else
// can write: so the host tells it from one that only looks like it.

#include "exokernel/console/console.hpp"
#include "exokernel/drivers/serial.hpp"
#include "exokernel/syscall/table.hpp"

namespace exokernel {

namespace {

constexpr std::uint64_t bytes_per_step = 64;
constexpr std::uint64_t line_cost = 12; // bytes that the end of a line costs as much as

void put(const char* text) {
    while (*text != 0)
        put_serial(*text++);
}

void put_line(Environment& environment) {
    const bool several = system_page().environments > 1;
    if (several)
        put((Text{} << "[" << std::uint64_t{environment.identity} << "] ").c_str());
    for (std::uint32_t i = 0; i != environment.line_length; ++i)
        put_serial(environment.line[i]);
    put(several ? "\r\n" : "\n");
    environment.line_length = 0;
}

void put_character(Environment& environment, char character) {
    // Only text: no environment can move the cursor of another's.
    const bool printable = static_cast<unsigned char>(character) >= 0x20 && character != 0x7f;
    if (character != '\n')
        environment.line[environment.line_length++] =
            printable || character == '\t' ? character : '?';
    if (character == '\n' || environment.line_length == sizeof environment.line)
        put_line(environment);
}

} // namespace

void print_line(const Text& text) {
    put("exokernel: ");
    put(text.c_str());
    put("\r\n");
}

void flush_console_line(Environment& environment) {
    if (environment.line_length != 0)
        put_line(environment);
}

Reply sys_write_console(Call& call) {
    TRY(find_binding(call.caller, call.capability0(), Kind::console, rights::write));
    std::uint64_t& offset = call.argument1();
    std::uint64_t& length = call.argument2();
    if (offset > abi::request_area_bytes || length > abi::request_area_bytes - offset)
        return std::unexpected(Error::out_of_range);
    for (std::uint64_t i = 0; i < bytes_per_step && length != 0; ++i, ++offset, --length) {
        const volatile std::uint64_t* word =
            TRY(request_words(call.caller, offset & ~std::uint64_t{7}, 8));
        const char character = static_cast<char>(*word >> 8 * (offset & 7) & 0xff);
        put_character(call.caller, character);
        i += character == '\n' ? line_cost : 0;
    }
    return length != 0 ? Reply::again() : Reply{0};
}

} // namespace exokernel
