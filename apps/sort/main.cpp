// apps/sort/main.cpp - sorts the fixed-size records of a file in place, through a mapping.
//
// Order is that of memcmp. Afterwards the run's copy of the disk holds the sorted file: its dirty
// pages are written back at the end. Quicksort without recursion, with heapsort where quicksort
// goes astray, so neither time nor stack depend on the data.

#include "apps/sort/sort_records.hpp"
#include "libos/core/start.hpp"
#include "libos/vm/mapped_file.hpp"

int application_main(libos::Arguments arguments) {
    if (const std::string_view word = arguments.unknown({"--record-size"}); !word.empty())
        libos::fail(abi::Error::invalid_argument,
                    "sort: there is no argument `{}`; there is --record-size N", word);
    const auto size = arguments.number("--record-size", 64);
    if (!size || *size == 0 || *size > sort::largest_record)
        libos::fail(abi::Error::invalid_argument,
                    "sort: --record-size must be a number from 1 to {}, not `{}`",
                    sort::largest_record, arguments.option("--record-size", ""));
    const libos::MappedFile file = libos::map_file(0, libos::Access::writable);
    if (file.length % *size != 0)
        libos::fail(abi::Error::invalid_argument,
                    "sort: {} has {} bytes, which is no multiple of the record size {}; give the "
                    "right size with --record-size",
                    file.name, file.length, *size);
    sort::Records records{file.begin, *size};
    records.sort(file.length / *size);
    libos::print("{}: {} records of {} bytes sorted\n", file.name, file.length / *size, *size);
    libos::print("@output.records={}\n", file.length / *size);
    return 0;
}
