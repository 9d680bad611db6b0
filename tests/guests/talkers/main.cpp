// tests/guests/talkers/main.cpp - environments that write to the console piece by piece, at the
// same time: each goes on to the next one in the middle of a line, or is stopped in the middle of a
// call.

#include "tests/guests/talkers/said.hpp"
#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/child.hpp"

namespace {

namespace call = libos::system_call;

// One of them: word 0 of the page that it shares says when to begin.
void talk(std::uint64_t number) {
    talkers::Said said{static_cast<std::uint32_t>(number)};
    bindings::Random random{number + 100};
    while (child::shared()[0] == 0)
        (void)call::yield();
    char* const area = libos::request_area::at<char>(0);
    bool more = true;
    while (more) {
        const std::uint64_t length = 1 + random.below(talkers::longest_piece);
        std::uint64_t written = 0;
        while (written != length && (more = said.next(area[written])))
            ++written;
        (void)call::write_console(world::start().console, 0, written);
        if (random.below(2) == 0)
            (void)call::yield();
    }
    child::end(0);
}

// Slices a little longer than the shortest.
void give_turns(const child::Child& to, std::uint32_t number, std::uint64_t more) {
    (void)call::bind_slice(to.environment, world::start().processor_time, 1 + number,
                           abi::least_slice + more);
}

} // namespace

int application_main(libos::Arguments) {
    world::open();
    child::Child talking[talkers::count];
    for (std::uint32_t i = 0; i != talkers::count; ++i) {
        talking[i] = child::build();
        give_turns(talking[i], i, 2000);
        (void)check::needed("starting", child::start(talking[i], talk, i));
        libos::print("@output.talker{}={}\n", i, talking[i].identity);
    }
    for (const child::Child& each : talking)
        each.shared()[0] = 1;
    bindings::Random random{1};
    while (child::ended_count() != talkers::count) {
        for (std::uint32_t i = 0; i != talkers::count; ++i)
            give_turns(talking[i], i, random.below(4000));
        (void)call::yield();
    }
    return check::verdict();
}
