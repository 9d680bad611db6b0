// libos/vm/mapped_file.cpp - sets the pager up from the manifest and adds regions to it.

#include "libos/vm/mapped_file.hpp"

#include "libos/core/heap.hpp"
#include "libos/core/run_end.hpp"
#include "libos/core/upcall_limit.hpp"
#include "libos/vm/guest_pager.hpp"
#include "libos/vm/paging_rules.hpp"

namespace libos {

namespace guest_pager {

using recording::Recording;

template <Recording recording> void take_over_entries();

namespace {

constexpr std::uint64_t first_vpn = address_range::regions >> abi::page_shift;

const PolicyOperations* own_policy = nullptr; // of the application

const PolicyOperations& policy_to_use() {
    if (own_policy != nullptr) {
        print("@policy={}\n", own_policy->name);
        return *own_policy;
    }
    const std::string_view name = manifest().find("policy").value_or("clock");
    const PolicyOperations* const policy = find_policy(name);
    if (policy == nullptr) {
        print("libos: there is no replacement policy `{}`; there are:", name);
        for (const PolicyOperations& known : policy_table())
            print(" {}", known.name);
        print("\n");
        end_now(abi::Error::invalid_argument);
    }
    return *policy;
}

std::uint32_t frames_of_manifest() {
    const std::uint64_t frames = manifest().number("frames", 64);
    const std::uint64_t least = minimum_frames(threads::alive());
    if (frames < least)
        fail(abi::Error::no_memory,
             "libos: the pager needs at least {} frames and was given {}; say `--frames {}`", least,
             frames, least);
    return static_cast<std::uint32_t>(frames);
}

std::uint32_t rule_of_manifest(std::string_view key, std::uint32_t otherwise, std::uint32_t least,
                               std::uint32_t most) {
    const std::uint64_t number = manifest().number(key, otherwise);
    if (number < least || number > most)
        fail(abi::Error::invalid_argument, "libos: {} must be a number from {} to {}, not {}", key,
             least, most, number);
    return static_cast<std::uint32_t>(number);
}

PagingRules rules_of_manifest(std::uint32_t frames) {
    return {.grace = rule_of_manifest("grace", 0, 0, 1) == 1,
            .batch = rule_of_manifest("batch", 1, 1, batch_limit),
            .cluster = rule_of_manifest("cluster", 1, 1, cluster_limit),
            .early = rule_of_manifest("early", 0, 0, frames)};
}

std::uint64_t seed_of_manifest() { return manifest().number("seed", 1); }

void* make_policy(const PolicyOperations& policy, std::uint32_t frames) {
    if (frames < policy.least_frames)
        fail(abi::Error::invalid_argument,
             "libos: the policy `{}` needs at least {} frames and was given {}; say `--frames {}`",
             policy.name, policy.least_frames, frames, policy.least_frames);
    const std::size_t bytes = policy.arena_bytes(frames);
    void* const object = heap::allocate(policy.object_bytes);
    const PolicySetup setup{.frames = frames,
                            .seed = seed_of_manifest(),
                            .arena = heap::allocate_array<std::byte>(bytes)};
    if (!policy.init(object, setup))
        fail(abi::Error::invalid_argument,
             "libos: the policy `{}` refuses a pool of {} frames; choose another policy or size",
             policy.name, frames);
    return object;
}

void bind_pool(std::span<Frame> frames, std::span<abi::Capability> capabilities) {
    {
        const UpcallsDisabled guard;
        bind_frames(capabilities);
    }
    for (std::size_t i = 0; i < frames.size(); ++i)
        frames[i].capability = capabilities[i];
    if (recording::is_on()) // only the recording names physical frames
        for (Frame& frame : frames)
            frame.pfn = frame_number(frame.capability).value;
}

template <Recording recording> int end_of_run() {
    auto& pager = *instance<recording>;
    const std::uint64_t lost = pager.write_back_all();
    const PagerFigures& figures = pager.figures();
    if (lost != 0)
        print("libos: {} page{} could not be written back: io_error; what was written stays "
              "written\n",
              lost, lost == 1 ? "" : "s");
    print("@faults={}\n@evictions={}\n@writebacks={}\n@reads={}\n", figures.faults,
          figures.evictions, figures.writebacks, figures.reads);
    print("@joined={}\n@zero_filled={}\n@policy_fallbacks={}\n@policy_refused={}\n", figures.joined,
          figures.zero_filled, figures.fallbacks, figures.refused);
    print("@dirty_evictions={}\n@early_writes={}\n@prefetched={}\n", figures.dirty_evictions,
          figures.early_writes, figures.prefetched);
    print("@victims_hash={x}\n@free_left={}\n@given_back={}\n", figures.victims_hash,
          pager.free_frames(), figures.given_back);
    print("@taken_by_force={}\n@restored={}\n@lost={}\n", figures.taken, figures.restored,
          figures.lost);
    return lost == 0 ? 0 : static_cast<int>(abi::Error::io_error);
}

/// What a policy is set up with, and the rules of the mechanism under it.
void note_started(const PolicyOperations& policy, std::uint32_t frames) {
    const PagingRules rules = rules_of_manifest(frames);
    std::uint64_t name[4] = {};
    policy.name.copy(reinterpret_cast<char*>(name), sizeof(name));
    recording::emit<abi::Event::pager_started>(frames, seed_of_manifest(), first_vpn, name[0],
                                               name[1], name[2], name[3], rules.grace, rules.batch,
                                               rules.cluster, rules.early);
}

template <Recording recording> void make() {
    static GuestPlatform<recording> platform;
    platform.start();
    const PolicyOperations& policy = policy_to_use();
    const std::uint32_t frames = frames_of_manifest();
    const PagerSetup setup{
        .frames = heap::allocate_array<Frame>(frames),
        .links = heap::allocate_array<FrameLink>(frames),
        .policy = &policy,
        .policy_object = make_policy(policy, frames),
        .batch = {request_area::at<abi::TranslationRequest>(request_area::translations),
                  request_area::translation_items},
        .translations = reinterpret_cast<const volatile std::uint64_t*>(
            abi::translation_address(abi::Vpn{first_vpn})),
        .first_vpn = first_vpn,
        .rules = rules_of_manifest(frames),
        .harvested = heap::allocate_array<FrameNo>(policy.harvest_every == nullptr ? 0 : frames)};
    void* const pager = heap::allocate(sizeof(GuestPager<recording>));
    // Last, because force takes the newest frames first: what the pager cannot do without lies in
    // older ones, or is guaranteed.
    bind_pool(setup.frames, heap::allocate_array<abi::Capability>(frames));
    heap::guarantee_growth();
    if constexpr (recording == Recording::on)
        note_started(policy, frames);
    instance<recording> = new (pager) GuestPager<recording>{platform, setup};
    threads::set_pool(frames);
    set_run_end(end_of_run<recording>);
    take_over_entries<recording>();
}

} // namespace

void use_policy(const PolicyOperations& policy) { own_policy = &policy; }

void start() {
    if (exists())
        return;
    if (!start_information().disk)
        fail(abi::Error::no_binding, "libos: a file is to be mapped, but the machine has no disk");
    const UpcallLimitPaused paused; // frames are bound one by one
    last_fault = manifest().number("until_fault", last_fault);
    if (recording::is_on())
        make<Recording::on>();
    else
        make<Recording::off>();
}

} // namespace guest_pager

namespace {

FileEntry find_file(std::string_view name) {
    for (std::size_t i = 0; const auto file = manifest().file(i); ++i)
        if (file->name == name)
            return *file;
    fail(abi::Error::not_present, "libos: the run has no file called {}; name it with `--file`",
         name);
}

/// A disk extent of exactly this file, with no more authority than its use needs.
abi::Capability bind_extent(const FileEntry& file, Access access) {
    const std::uint64_t blocks = (file.length + abi::block_size - 1) / abi::block_size;
    const std::uint32_t rights =
        abi::rights::read | (access == Access::writable ? abi::rights::write : 0);
    const auto extent =
        system_call::derive(start_information().disk, rights, file.first_block, blocks);
    if (!extent)
        fail(extent.error(),
             "libos: blocks {} to {} ({}) cannot be bound: {}; the disk has {} blocks",
             file.first_block, file.first_block + blocks, file.name, name_of(extent.error()),
             start_information().disk_blocks);
    return abi::Capability{*extent};
}

MappedFile map(const FileEntry& file, Access access, std::uint64_t least_pages) {
    const std::uint64_t blocks = (file.length + abi::block_size - 1) / abi::block_size;
    const std::uint64_t pages = blocks < least_pages ? least_pages : blocks;
    const std::uint64_t leaves = (pages + abi::entries_per_table - 1) / abi::entries_per_table;
    Region region{.first = 0,
                  .pages = pages,
                  .blocks = blocks,
                  .length = file.length,
                  .extent = {},
                  .first_block = start_information().disk_first_block + file.first_block,
                  .access = access,
                  .map = PageMap{heap::allocate_array<PageState>(pages)},
                  .tables = heap::allocate_array<abi::Capability>(leaves)};
    guest_pager::start(); // binds the pool, which shall be newer than these books
    if (blocks != 0)
        region.extent = bind_extent(file, access);
    const std::uint64_t first = guest_pager::with([&](auto& pager) {
        const UpcallsDisabled guard;
        region.first = pager.next_free_page();
        if (region.first + pages >
                (address_range::regions_end - address_range::regions) / abi::page_size ||
            pager.add_region(region) == nullptr)
            fail(abi::Error::limit_reached, "libos: {} cannot be mapped: too many mapped files",
                 file.name);
        return region.first;
    });
    return {.name = file.name,
            .begin = reinterpret_cast<std::byte*>(address_range::regions + first * abi::page_size),
            .length = file.length,
            .pages = pages};
}

} // namespace

void use_policy(const PolicyOperations& policy) {
    if (guest_pager::exists())
        fail(abi::Error::invalid_argument,
             "libos: the policy `{}` comes too late; name it before anything is mapped",
             policy.name);
    guest_pager::use_policy(policy);
}

MappedFile map_file(std::size_t index, Access access, std::uint64_t least_pages) {
    const auto file = manifest().file(index);
    if (!file)
        fail(abi::Error::not_present,
             "libos: the run has no file number {}; name one with `--file`", index);
    return map(*file, access, least_pages);
}

MappedFile map_file_named(std::string_view name, Access access) {
    return map(find_file(name), access, 0);
}

bool has_file(std::size_t index) { return manifest().file(index).has_value(); }

MappedFile map_disk(std::uint64_t first_block, std::uint64_t pages, Access access) {
    return map({"disk", first_block, pages * abi::block_size}, access, 0);
}

std::span<const std::byte> load_file(std::string_view name) {
    const FileEntry file = find_file(name);
    if (file.length == 0)
        return {};
    const std::uint64_t blocks = (file.length + abi::block_size - 1) / abi::block_size;
    const auto frames = heap::allocate_array<abi::Capability>(blocks);
    const UpcallLimitPaused paused;
    {
        const UpcallsDisabled guard;
        bind_frames(frames);
    }
    guest_pager::start(); // binds the pool, which shall be newer than these frames
    const abi::Capability extent = bind_extent(file, Access::read_only);
    const UpcallsDisabled guard;
    guest_pager::with([&](auto& pager) {
        for (std::uint64_t block = 0; block < blocks; ++block)
            if (const abi::Error error = pager.read_block(extent, block, frames[block]);
                error != abi::Error{})
                fail(error, "libos: reading block {} of {} failed: {}", block, name,
                     name_of(error));
    });
    return {reinterpret_cast<const std::byte*>(heap::adopt_pages(frames)), file.length};
}

void write_back() {
    if (!guest_pager::exists())
        return;
    const UpcallLimitPaused paused;
    const std::uint64_t lost = guest_pager::with([](auto& pager) {
        const UpcallsDisabled guard;
        return pager.write_back_all(std::remove_reference_t<decltype(pager)>::Others::run);
    });
    if (lost != 0)
        fail(abi::Error::io_error, "libos: {} page{} could not be written back: io_error", lost,
             lost == 1 ? "" : "s");
}

void advise(const MappedFile& file, std::uint64_t first, std::uint64_t count, Hint hint) {
    if (first > file.pages || count > file.pages - first)
        fail(abi::Error::out_of_range, "libos: advice on pages {} to {} of {}, which has {}", first,
             first + count, file.name, file.pages);
    const PageNo begin =
        (reinterpret_cast<std::uint64_t>(file.begin) - address_range::regions) / abi::page_size;
    guest_pager::with([&](auto& pager) {
        const UpcallsDisabled guard;
        pager.advise(*pager.region_of(begin), begin + first, count, hint);
    });
}

PagerFigures pager_figures() {
    if (!guest_pager::exists())
        return {};
    return guest_pager::with([](auto& pager) { return pager.figures(); });
}

} // namespace libos
