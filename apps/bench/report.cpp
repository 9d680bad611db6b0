// apps/bench/report.cpp - lines to the console, built in the request area's part for text.

#include "apps/bench/report.hpp"

#include "apps/bench/measured.hpp"
#include "libos/core/system_call.hpp"

namespace bench {
namespace {

const auto& start = *reinterpret_cast<const abi::StartInformation*>(abi::layout::start_information);

class Line {
public:
    Line& operator<<(const char* text) {
        while (*text != 0)
            put(*text++);
        return *this;
    }
    Line& operator<<(std::uint64_t number) {
        char digits[20];
        std::size_t count = 0;
        do
            digits[count++] = static_cast<char>('0' + number % 10);
        while ((number /= 10) != 0);
        while (count != 0)
            put(digits[--count]);
        return *this;
    }
    void print() {
        put('\n');
        using namespace libos;
        if (!system_call::write_console(start.console, request_area::text, length_))
            system_call::end(2); // without a console there is no result
    }

private:
    void put(char character) {
        if (length_ < libos::request_area::text_bytes)
            libos::request_area::at<char>(libos::request_area::text)[length_++] = character;
    }

    std::uint64_t length_ = 0;
};

} // namespace

void report_figure(const char* name, std::uint64_t value) {
    (Line{} << "@output." << name << "=" << value).print();
}

void give_up(const char* what, abi::Error error) {
    (Line{} << "bench: " << what << ": " << abi::name_of(error)).print();
    libos::system_call::end(1);
}

std::uint64_t need(const abi::Result<std::uint64_t>& result, const char* what) {
    if (!result)
        give_up(what, result.error());
    return *result;
}

extern "C" void bench_handler_failed(std::uint32_t error) {
    give_up("a system call of an upcall handler", static_cast<abi::Error>(error));
}

} // namespace bench
