// apps/hello/main.cpp - the smallest application: the one to copy.
//
// Prints a greeting, then touches one page of a file if the run has one. That touch is a page
// fault, handled by the libOS linked into this very program; the figures printed at the end of
// every run say what it did.

#include "libos/core/start.hpp"
#include "libos/vm/mapped_file.hpp"

int application_main(libos::Arguments arguments) {
    const std::string_view whom = arguments.count() != 0 ? arguments[0] : "world";
    libos::print("hello, {}: environment {} speaking\n", whom,
                 libos::start_information().environment);

    if (libos::has_file(0)) {
        const libos::MappedFile file = libos::map_file(0);
        // Nothing has been read yet. The next line faults, and comes back with the page there.
        const std::string_view text = file.text();
        libos::print("{} begins: {}\n", file.name, text.substr(0, text.find('\n')).substr(0, 60));
        libos::print("@output.bytes={}\n", file.length);
    }
    return 0; // the status of the run; dirty pages are written back now
}
