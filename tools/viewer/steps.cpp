// tools/viewer/steps.cpp - numbers and titles of steps.

#include "tools/viewer/steps.hpp"

#include <iterator>

#include <fmt/format.h>

namespace viewer {

std::string step_number(std::uint32_t step) {
    if (step > shootdown_steps)
        return fmt::to_string(step - shootdown_steps);
    if (step > abi::revocation_steps)
        return fmt::to_string(step - abi::revocation_steps);
    return step == 0 ? "-" : step == abi::write_back_step ? "4b" : fmt::to_string(step);
}

const char* step_title(std::uint32_t step) {
    constexpr const char* titles[] = {"beside the steps",
                                      "detect",
                                      "upcall through the PE",
                                      "replace",
                                      "delete the victim",
                                      "read",
                                      "completion upcall",
                                      "install the translation",
                                      "resume",
                                      "write back"};
    constexpr const char* of_revocation[] = {"request",        "choose and give back",
                                             "confirm",        "the deadline passes",
                                             "break by force", "save the state",
                                             "record",         "deliver",
                                             "mend",           "restore"};
    constexpr const char* of_shootdown[] = {"remove", "ask other processors", "answer", "go on"};
    if (step > shootdown_steps && step <= last_step)
        return of_shootdown[step - shootdown_steps - 1];
    if (step > abi::revocation_steps && step <= abi::revocation_steps + std::size(of_revocation))
        return of_revocation[step - abi::revocation_steps - 1];
    return step < std::size(titles) ? titles[step] : "unknown step";
}

} // namespace viewer
