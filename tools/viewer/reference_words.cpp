// tools/viewer/reference_words.cpp - the page faults of a run as a reference string, in the form
// .pg32.
//
// One word of 32 bits for each fault that brought a page in, lowest byte first: page << 2 |
// written. Written: the page was stored to while it was resident that time, so it was dirty when it
// left or at the end of the run. The string is what is left of the program's own behind a filter,
// which is the run's pool: with `--policy fifo --frames 3` a FIFO of three pages.

#include <unordered_map>

#include "tools/viewer/misses.hpp"
#include "tools/viewer/views.hpp"
#include "tools/viewer/words.hpp"

namespace viewer {

namespace {
constexpr std::uint64_t page_limit = 1ull << 30;
constexpr std::uint64_t error_write = 1u << 1; // of the hardware's page-fault error code
} // namespace

std::string reference_words(const recording::Recording& recording, const std::vector<Fault>& faults,
                            std::string& error) {
    const Misses misses = misses_of(faults);
    if (misses.in_order.empty()) {
        error = "no page was brought in, so there is no reference string";
        return {};
    }
    std::vector<std::uint32_t> words;
    std::unordered_map<std::uint64_t, std::size_t> latest; // page -> its word
    auto miss = misses.in_order.begin();
    std::uint64_t number = 0; // of the fault
    for (const recording::Event& event : recording.events) {
        const auto kind = static_cast<abi::Event>(event.kind);
        if (!recording::of_true_origin(event))
            continue;
        if (!event.claim && kind == abi::Event::page_fault) {
            if (miss == misses.in_order.end() || (*miss)->number != ++number)
                continue;
            const std::uint64_t page = (*miss)->page - misses.first_page;
            if (page >= page_limit) {
                error = "a page that was brought in has a number beyond 2^30";
                return {};
            }
            latest[(*miss)->page] = words.size();
            words.push_back(static_cast<std::uint32_t>(
                page << 2 | ((field(event, "error") & error_write) != 0 ? 1 : 0)));
            ++miss;
        } else if (event.claim && kind == abi::Event::write_back_submitted &&
                   event.environment == misses.environment) {
            if (const auto found = latest.find(field(event, "page")); found != latest.end())
                words[found->second] |= 1;
        }
    }
    std::string text;
    for (const std::uint32_t word : words)
        for (int byte = 0; byte < 4; ++byte)
            text += static_cast<char>(word >> 8 * byte & 0xff);
    return text;
}

} // namespace viewer
