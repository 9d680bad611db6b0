// libos/vm/guest_platform.hpp - what the pager stands on in a booted libOS: the exokernel's calls,
// the I/O ring, the threads, the recording.
//
// A refusal by the exokernel where the pager has asked for what it holds, and nothing was taken
// from it, means that the libOS's books are wrong: the run ends at once and says which call.

#pragma once

#include "libos/core/address_space.hpp"
#include "libos/core/failure.hpp"
#include "libos/core/record.hpp"
#include "libos/core/start.hpp"
#include "libos/core/system_call.hpp"
#include "libos/core/threads.hpp"
#include "libos/core/upcall.hpp"
#include "libos/io/ring.hpp"
#include "libos/vm/backing.hpp"
#include "libos/vm/pager_types.hpp"

namespace libos {

/// Says in the recording that the handler of `entry` runs (pager.cpp).
template <recording::Recording on_or_off>
void note_entry(abi::Entry entry, std::uint64_t save_area, std::uint64_t sequence);

template <recording::Recording on_or_off> class GuestPlatform {
public:
    static constexpr bool recording = on_or_off == recording::Recording::on;

    /// Binds the I/O ring and what zeroing a frame needs.
    void start() {
        abi::Capability ring = start_information().ring_frame;
        if (!ring) { // a child binds its own
            bind_frames({&ring, 1});
            install(start_information().low_table,
                    page_of(abi::VirtualAddress{abi::layout::io_ring}), ring, abi::access::write);
        }
        ring_frame_ = ring;
        const auto bound = system_call::bind_io_ring(ring);
        if (!bound)
            refused("bind_io_ring", bound.error());
        ring_ = IoRing{reinterpret_cast<abi::IoRing*>(abi::layout::io_ring)};
        ring_.arm();
        scratch_table_ = libos::bind_leaf_table(address_range::scratch);
        backing_.start(scratch_table_);
    }

    /// What is taken by force is refused here before anybody is told: the pager finds out.
    abi::Error install(abi::Capability table, abi::Vpn page, abi::Capability frame,
                       std::uint64_t access) {
        const auto result = system_call::install(table, page, frame, access);
        return result ? abi::Error{} : result.error();
    }

    std::uint64_t remove(abi::Capability table, abi::Vpn page) {
        const auto result = system_call::remove(table, page);
        return result ? *result : translation_gone;
    }

    /// Performs the first `count` requests of the batch in the request area.
    void perform(std::uint32_t count) {
        const auto failed = system_call::perform_translations(0, count);
        if (!failed) [[unlikely]]
            refused("perform_translations", failed.error());
    } // items that fail say so themselves

    abi::Result<abi::Capability> bind_leaf_table(abi::Vpn page) {
        return libos::try_bind_leaf_table(base_of(page).value);
    }

    /// Zeroes `frame` from byte `offset` on, through a page of the libOS's own.
    void zero(abi::Capability frame, std::uint64_t offset) {
        constexpr abi::Vpn page = page_of(abi::VirtualAddress{address_range::scratch});
        if (install(scratch_table_, page, frame, abi::access::write) != abi::Error{})
            return; // the frame has been taken, and will not be mapped either
        __builtin_memset(reinterpret_cast<void*>(address_range::scratch + offset), 0,
                         abi::page_size - offset);
        remove(scratch_table_, page);
    }

    /// Whether the exokernel still wants what it asked for with this number.
    static bool is_asked(std::uint32_t number) {
        const volatile abi::ProcessorEnvironmentPage& page = processor_environment();
        return page.revoke_binding.value != 0 && page.revoke_number == number;
    }
    /// And whether it may be given still: past the deadline force takes what is missing, and what
    /// is given meanwhile would be given on top of it.
    static bool has_time(std::uint32_t number) {
        const volatile abi::ProcessorEnvironmentPage& page = processor_environment();
        return is_asked(number) && page.revoke_deadline != 0;
    }

    /// What the pool may not shrink below, while so many threads live.
    static std::uint64_t least_frames() { return minimum_frames(threads::alive()); }
    static void pool_is(std::uint64_t frames) { threads::set_pool(frames); }

    /// Where the frames are listed that `drop` gives back.
    static std::span<abi::Capability> drop_list() {
        return {request_area::at<abi::Capability>(request_area::dropped),
                request_area::dropped_items};
    }

    /// Gives back the first `count` frames of the list, with their translations. One that has been
    /// taken by force meanwhile is gone just as well.
    static void drop(std::uint32_t count) {
        const auto failed = system_call::drop_frames(request_area::dropped, count);
        if (!failed)
            refused("drop_frames", failed.error());
        const auto* const errors = request_area::at<const std::uint64_t>(request_area::dropped);
        for (std::uint32_t i = 0; *failed != 0 && i < count; ++i)
            if (const auto error = static_cast<abi::Error>(errors[i]);
                error != abi::Error{} && error != abi::Error::revoked)
                refused("drop_frames", error);
    }

    void submit(const abi::IoRequest& request) { ring_.push(request); }

    void ring_doorbell() {
        const auto taken = system_call::submit_io();
        if (!taken) [[unlikely]] {
            if (taken.error() == abi::Error::not_present)
                lose_ring();
            else
                refused("submit_io", taken.error());
        }
    }

    bool take_completion(abi::IoCompletion& completion) { return ring_.take(completion); }

    /// Asks for an upcall at the next completion; true if one has come meanwhile.
    bool arm() {
        if (ring_.has_untaken()) [[unlikely]]
            ring_doorbell();
        return ring_.arm();
    }

    /// From a thread with upcalls disabled: returns when a completion may have come.
    void wait_for_completion() {
        if (arm())
            return;
        system_call::disregard(system_call::wait());
        clear_pending(abi::Entry::io_completion);
        if (is_pending(abi::Entry::repossession)) { // the pager looks at the slots itself
            clear_pending(abi::Entry::repossession);
            note_entry<on_or_off>(abi::Entry::repossession, 0, 0);
        }
        // Slices begin and end here as well: what is pending would end each wait at once.
        clear_pending(abi::Entry::slice_begin);
        if (is_pending(abi::Entry::slice_end)) {
            clear_pending(abi::Entry::slice_end);
            system_call::disregard(system_call::yield());
        }
    }

    /// The same, but other threads run meanwhile, if any can.
    void give_way() {
        if (!threads::any_runnable())
            return wait_for_completion();
        if (arm()) // else each completion has its upcall
            return;
        threads::yield();
        disable_upcalls();
    }

    void wake(FaultingThread& thread) { threads::make_runnable(static_cast<Thread&>(thread)); }

    void io_failed(abi::Error error, abi::IoOperation operation, std::uint64_t block) {
        fail_thread({.what = operation == abi::IoOperation::read ? Failure::What::disk_read
                                                                 : Failure::What::disk_write,
                     .error = error,
                     .address = block,
                     .rip = 0,
                     .code = 0});
    }

    void page_lost(std::uint64_t block) {
        fail_thread({.what = Failure::What::contents_lost,
                     .error = abi::Error::revoked,
                     .address = block,
                     .rip = 0,
                     .code = 0});
    }
    void no_room_for_table(std::uint64_t frames) {
        fail_thread({.what = Failure::What::no_page_table,
                     .error = abi::Error::limit_reached,
                     .address = frames,
                     .rip = 0,
                     .code = 0});
    }

    // -- what was taken by force -----------------------------------------------------------

    std::uint64_t slots_used() const { return page().repossessed; }
    std::uint64_t untold() const { return page().unrecorded; }
    std::uint64_t bindings_taken() const { return slots_used() + untold(); }
    abi::Repossession slot(std::uint32_t number) const { return backing_.slot(number); }
    void make_ready(std::uint32_t number) { backing_.make_ready(number); }
    abi::IoRequest place_of(std::uint32_t number) const { return backing_.place_of(number); }
    std::uint64_t disk_block_of(std::uint32_t number) const {
        return backing_.disk_block_of(number);
    }

    /// Whether the exokernel still knows this name. It asks for what no frame and no table has, a
    /// range, and is refused either way.
    static bool lives(abi::Capability capability) {
        const auto result = system_call::derive(capability, 0, 1, 1);
        return !result && result.error() != abi::Error::revoked;
    }

    /// Without its ring the pager can neither read nor write. It does not ask for another: what was
    /// in flight has ended untold, and the frame for one would have to come from the pool.
    bool has_ring() {
        if (!ring_lost_ && !lives(ring_frame_))
            lose_ring();
        return !ring_lost_;
    }

    [[noreturn]] static void refused(std::string_view call, abi::Error error) {
        fail(error,
             "libos: the exokernel refused the pager's {}: {}; this is a defect of the libOS", call,
             name_of(error));
    }

    template <abi::Event event, class... Words> void emit(Words... words) {
        recording::emit<event>(words...);
    }

private:
    void lose_ring() {
        ring_lost_ = true;
        fail_thread({.what = Failure::What::ring_taken,
                     .error = abi::Error::revoked,
                     .address = 0,
                     .rip = 0,
                     .code = 0});
    }
    static const volatile abi::ProcessorEnvironmentPage& page() { return processor_environment(); }

    IoRing ring_;
    abi::Capability ring_frame_;
    bool ring_lost_ = false;
    abi::Capability scratch_table_;
    Backing backing_;
};

} // namespace libos
