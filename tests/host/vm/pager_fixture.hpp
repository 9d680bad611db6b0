// tests/host/vm/pager_fixture.hpp - a pager over the fake kernel, with threads that fault.

#pragma once

#include <memory>

#include "libos/vm/policy_table.hpp"
#include "tests/host/vm/fake_kernel.hpp"

namespace vm_test {

class PagerFixture {
public:
    using Pager = libos::Pager<FakeKernel>;

    PagerFixture(std::uint32_t frame_count, std::uint64_t pages, std::string_view policy = "fifo",
                 libos::Access access = libos::Access::writable, std::uint64_t length = ~0ull)
        : PagerFixture(frame_count, pages, *libos::find_policy(policy), access, length) {}

    PagerFixture(std::uint32_t frame_count, std::uint64_t pages,
                 const libos::PolicyOperations& policy,
                 libos::Access access = libos::Access::writable, std::uint64_t length = ~0ull,
                 const libos::PagingRules& rules = {})
        : kernel(frame_count, pages),
          frames_(frame_count),
          links_(frame_count),
          harvested_(frame_count),
          object_(policy.object_bytes / 8 + 1),
          arena_(policy.arena_bytes(frame_count) / 8 + 1),
          states_(pages),
          tables_(pages / 512 + 1) {
        for (std::uint32_t i = 0; i < frame_count; ++i) {
            frames_[i].capability = FakeKernel::capability_of(i);
            frames_[i].pfn = i;
        }
        if (rules.batch > 1) // that many removals are in one batch
            kernel.batch.resize(std::size_t{2} * libos::batch_limit);
        policy.init(object_.data(), {frame_count, 1, std::as_writable_bytes(std::span{arena_})});
        pager = std::make_unique<Pager>(
            kernel, libos::PagerSetup{.frames = frames_,
                                      .links = links_,
                                      .policy = &policy,
                                      .policy_object = object_.data(),
                                      .batch = kernel.batch,
                                      .translations = kernel.translations.data(),
                                      .first_vpn = FakeKernel::first_vpn,
                                      .rules = rules,
                                      .harvested = harvested_});
        length = length == ~0ull ? pages * 4096 : length;
        region = pager->add_region({.first = 0,
                                    .pages = pages,
                                    .blocks = (length + 4095) / 4096,
                                    .length = length,
                                    .extent = {7},
                                    .first_block = 0,
                                    .access = access,
                                    .map = libos::PageMap{states_},
                                    .tables = tables_});
        for (std::uint32_t i = 0; i < 8; ++i)
            threads[i].id = i + 1;
    }

    /// Thread `thread` accesses `page`; true if it went on, false if it waits now.
    bool access(std::uint64_t page, bool write = false, std::size_t thread = 0,
                bool retried = false) {
        if (kernel.access(page, write))
            return true;
        return pager_fault(page, write, thread, retried);
    }
    bool pager_fault(std::uint64_t page, bool write, std::size_t thread, bool retried) {
        return pager->handle_fault(*region, page, write ? libos::Why::write : libos::Why::read,
                                   threads[thread], retried) == Pager::Taken::resident;
    }

    /// The same, with all I/O done at once; the thread has resumed and accessed the page.
    void access_now(std::uint64_t page, bool write = false, std::size_t thread = 0) {
        if (access(page, write, thread) && kernel.access(page, false))
            return;
        finish_io();
        resume_all();
        if (!kernel.access(page, write))
            throw std::logic_error("the page is not there after its fault");
    }

    void complete(std::size_t index, abi::Error error = {}) {
        kernel.complete(index, error);
        pager->handle_completions();
    }
    void finish_io() {
        while (!kernel.in_flight.empty())
            complete(0);
    }
    void resume(libos::FaultingThread& thread) {
        if (thread.fresh_pin != nullptr)
            --*std::exchange(thread.fresh_pin, nullptr);
    }
    void resume_all() {
        for (libos::FaultingThread* const thread : kernel.woken)
            resume(*thread);
        kernel.woken.clear();
    }
    /// The exokernel asks for `count` frames.
    void ask(std::uint32_t count) {
        kernel.wanted = count;
        kernel.expired = false;
        pager->handle_revocation(
            {.number = ++kernel.asked_number, .count = count, .binding = {9}, .deadline = 1000});
    }
    std::uint64_t frames_gone() const {
        return static_cast<std::uint64_t>(std::ranges::count(kernel.gone, true));
    }
    bool is_resident(std::uint64_t page) const { return kernel.translations[page] != 0; }

    FakeKernel kernel;
    libos::Region* region = nullptr;
    std::unique_ptr<Pager> pager;
    libos::FaultingThread threads[8];

private:
    std::vector<libos::Frame> frames_;
    std::vector<libos::FrameLink> links_;
    std::vector<libos::FrameNo> harvested_;
    std::vector<std::uint64_t> object_, arena_;
    std::vector<libos::PageState> states_;
    std::vector<abi::Capability> tables_;
};

} // namespace vm_test
