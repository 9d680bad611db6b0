// tests/qemu/environments/creation_errors.cpp - what create_environment refuses, without an effect.

#include "tests/qemu/environments/environments.hpp"

namespace environments {

void creation_errors() {
    const std::uint64_t free_before = facts().free_frames;
    auto& request = *libos::request_area::at<abi::CreateEnvironment>(batch);
    Capability frames[5];
    for (Capability& one : frames)
        one = frame();
    const auto fill_in = [&] { (void)child::describe_object(std::span{frames}.first(4)); };
    const auto attempt_it = [&] { return call::create_environment(batch); };
    fill_in();
    request.root_frame = frames[1];
    check::refused("a frame cannot be donated twice", attempt_it(), Error::invalid_argument);
    fill_in();
    request.table_frames = 0;
    check::refused("a capability table of no frames is out_of_range", attempt_it(),
                   Error::out_of_range);
    request.table_frames = 3;
    check::refused("so is one of three", attempt_it(), Error::out_of_range);
    request.table_frames = 64;
    check::refused("and one of 64", attempt_it(), Error::out_of_range);
    request.table_frames = 1ull << 32;
    check::refused("and one of 2^32", attempt_it(), Error::out_of_range);
    fill_in();
    request.table_frames = 2;
    request.table[0] = frames[4];
    request.table[1] = frames[3];
    check::refused("frames of the table that do not follow each other are refused", attempt_it(),
                   Error::invalid_argument);
    fill_in();
    (void)install(0, frames[2]);
    check::refused("a frame that is mapped is busy", attempt_it(), Error::busy);
    (void)world::remove(0);
    fill_in();
    const Capability child_binding = derived(frames[3], rights::read);
    check::refused("a frame that was derived from is busy", attempt_it(), Error::busy);
    fill_in();
    request.table[0] = derived(frames[4], rights::read | rights::write);
    check::refused("a derived frame is busy", attempt_it(), Error::busy);
    fill_in();
    request.table[0] = derived(frames[4], rights::read);
    check::refused("a frame without the right to write is access_denied", attempt_it(),
                   Error::access_denied);
    fill_in();
    request.object_frames[1] = start().pe_frame;
    check::refused("the caller's own PE page is busy", attempt_it(), Error::busy);
    fill_in();
    request.object_frames[1] = start().console;
    check::refused("a capability of another kind is no_binding", attempt_it(), Error::no_binding);
    check::refused("a request beyond the request area is out_of_range",
                   call::create_environment(abi::request_area_bytes - 288), Error::out_of_range);
    check::refused("at an offset of all ones too", call::create_environment(~0ull),
                   Error::out_of_range);
    check::refused("a misaligned request is refused", call::create_environment(batch + 4),
                   Error::invalid_argument);
    check::equal("none of them created anything", facts().environments, 1);
    (void)call::drop(child_binding);
    bool all_there = true;
    for (const Capability one : frames)
        all_there = call::drop(one).has_value() && all_there;
    check::that("none of them took a frame", all_there);
    check::equal("and none is lost", facts().free_frames, free_before);
}

} // namespace environments
