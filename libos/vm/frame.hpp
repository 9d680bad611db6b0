// libos/vm/frame.hpp - the pager's books on one frame of its pool, and what a policy may see of it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "bindings/abi/translation.hpp"
#include "libos/vm/replacement_policy.hpp"
#include "libos/vm/translation_batch.hpp"

namespace libos {

struct Region;

enum class FrameState : std::uint8_t {
    free,
    in_flight,       // being written out or read into
    resident,        // holds a page that the policy knows of
    announced_later, // holds a page, but an earlier fault is not complete yet: on_mapped waits
    taken,           // taken by force with a page that is not on the disk; its slot is to come
    gone,            // no longer this libOS's, for ever
};

// 64 bytes, so that it is found by a shift.
struct alignas(64) Frame {
    abi::Capability capability;
    abi::Capability table; // leaf page table that translates `page`; 0: it was taken
    PageNo page;           // managed page in this frame
    Region* region;        // that the page belongs to
    std::uint64_t pfn;     // for the recording
    std::uint32_t cleared; // number of the selection in which its reference bit was cleared
    FrameState state;
    std::uint8_t pins; // threads that must touch the page before it may go
    bool dirty;        // its contents differ from the page's block, whatever the translation says
    bool writing;      // they are on their way there; what is stored since shows in the translation
    bool unknown;      // or in none: its page table was taken since that began

    /// Holds a page that the policy knows of and no thread must touch first: one comparison.
    bool may_go() const {
        static_assert(offsetof(Frame, pins) == offsetof(Frame, state) + 1);
        std::uint16_t both;
        __builtin_memcpy(&both, &state, sizeof both);
        return both == static_cast<std::uint16_t>(FrameState::resident);
    }
};

// The FrameView of the booted libOS: bits are read from the libOS's own page tables, without a
// system call; clearing is collected and performed together with the removal of the victim.
class ResidentFrames {
public:
    ResidentFrames() = default;
    /// `translations[page]` is the translation of managed page `page`, whose page number in the
    /// address space is first_vpn + page.
    ResidentFrames(std::span<Frame> frames, const volatile std::uint64_t* translations,
                   std::uint64_t first_vpn, TranslationBatch* batch)
        : frames_{frames}, translations_{translations}, first_vpn_{first_vpn}, batch_{batch} {}

    /// A new fault looks for a victim. A policy may clear at most four bits for each frame.
    void begin_selection() {
        ++selection_;
        steps_left_ = static_cast<std::uint32_t>(4 * frames_.size());
    }

    [[gnu::always_inline]] bool test_and_clear_a(FrameNo number) {
        Frame& frame = frames_[number];
        if (steps_left_ == 0) [[unlikely]]
            return false;
        --steps_left_;
        if (frame.cleared == selection_ ||
            (translation_of(frame) & abi::translation::accessed) == 0)
            return false;
        frame.cleared = selection_;
        batch_->clear(abi::TranslationOperation::clear_accessed, frame.table,
                      first_vpn_ + frame.page);
        return true;
    }

    /// Whether the reference bit is set; it is cleared, for the next selection too.
    bool take_accessed(FrameNo number) {
        Frame& frame = frames_[number];
        if (frame.cleared == selection_ + 1 ||
            (translation_of(frame) & abi::translation::accessed) == 0)
            return false;
        frame.cleared = selection_ + 1;
        batch_->clear(abi::TranslationOperation::clear_accessed, frame.table,
                      first_vpn_ + frame.page);
        return true;
    }

    bool dirty(FrameNo number) const {
        const Frame& frame = frames_[number];
        const std::uint64_t translation = translation_of(frame);
        // Without a translation the frame or its table has been taken, and who knows.
        return (frame.dirty && !frame.writing) || translation == 0 ||
               (translation & abi::translation::dirty) != 0;
    }

    /// What maps the frame's page; 0: nothing does. Without its table there is nothing to read.
    std::uint64_t translation_of(const Frame& frame) const {
        return frame.table ? translations_[frame.page] : 0;
    }

    bool pinned(FrameNo number) const { return !frames_[number].may_go(); }

private:
    std::span<Frame> frames_;
    const volatile std::uint64_t* translations_ = nullptr;
    std::uint64_t first_vpn_ = 0;
    TranslationBatch* batch_ = nullptr;
    std::uint32_t selection_ = 0;
    std::uint32_t steps_left_ = 0;
};

} // namespace libos
