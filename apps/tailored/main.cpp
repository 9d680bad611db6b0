// apps/tailored/main.cpp - two applications side by side, each with a policy of its own.
//
//   --mover POLICY   that of the mover (clock); the looper's is that of the run
//   --all            a pair for every policy of the libOS, the same for both, and then this one
// The run's frames are those that each of the two gets, its seed is that of both.

#include "apps/tailored/children.hpp"
#include "libos/core/format.hpp"
#include "libos/core/start.hpp"
#include "libos/vm/policy_table.hpp"

using libos::print;
using tailored::Faults;

namespace {

void append_right(libos::Line& line, std::size_t width, std::uint64_t number) {
    std::size_t digits = 1;
    for (std::uint64_t rest = number; rest >= 10; rest /= 10)
        ++digits;
    for (; digits < width; ++digits)
        line.append(' ');
    line.append_number(number, 10);
}

void print_row(std::string_view policy, const Faults& faults) {
    char room[128];
    libos::Line line{room};
    line.append(policy);
    for (std::size_t column = policy.size(); column < 16; ++column)
        line.append(' ');
    for (const std::uint64_t number : {faults.looper, faults.mover, faults.sum()})
        append_right(line, 10, number);
    print("{}\n", line.text());
}

/// The same policy for both, one pair after the other.
void run_single_policies() {
    print("policy              looper     mover       sum\n");
    for (const libos::PolicyOperations& policy : libos::policy_table()) {
        const Faults faults = tailored::run_both(policy.name, policy.name, false);
        print_row(policy.name, faults);
        print("@output.{}_looper={}\n@output.{}_mover={}\n", policy.name, faults.looper,
              policy.name, faults.mover);
    }
}

} // namespace

int application_main(libos::Arguments arguments) {
    const bool all = arguments.count() != 0 && arguments[0] == "--all";
    const std::string_view word = all ? arguments[1] : arguments.unknown({"--mover"});
    if (!word.empty())
        libos::fail(abi::Error::invalid_argument,
                    "tailored: there is no argument `{}`; there are --mover POLICY and --all",
                    word);
    const std::string_view of_looper = libos::manifest().find("policy").value_or("mru");
    const std::string_view of_mover = all ? "clock" : arguments.option("--mover", "clock");
    if (all)
        run_single_policies();
    const Faults faults = tailored::run_both(of_looper, of_mover, !all);
    if (all)
        print_row("each its own", faults);
    else
        print("faults: looper {}, mover {}, together {}\n", faults.looper, faults.mover,
              faults.sum());
    print("@output.looper={}\n@output.mover={}\n@output.sum={}\n", faults.looper, faults.mover,
          faults.sum());
    return 0;
}
