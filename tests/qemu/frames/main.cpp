// tests/qemu/frames/main.cpp - frames: binding by name and any, zeroing, mapping with rights,
// removal by revocation, limits, and the free count that comes back.

#include "tests/qemu/support/attempt.hpp"
#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/world.hpp"

using abi::Error;
namespace call = libos::system_call;
namespace translation = abi::translation;
using namespace world;

namespace {

Value bind(Capability memory, std::uint64_t first, std::uint64_t count,
           std::uint64_t offset = batch) {
    return call::bind_frames(memory, first, count, offset);
}

void binding_and_zeroing() {
    const std::uint64_t free_before = facts().free_frames;
    check::succeeds("any free frame can be bound", bind(start().memory, abi::any_frame, 1));
    const Capability any = *bound();
    check::equal("the free count shrinks by one", facts().free_frames, free_before - 1);
    const std::uint64_t pfn = pfn_of(any);
    check::refused("a frame that is bound cannot be bound by its name",
                   bind(start().memory, pfn, 1), Error::occupied);
    (void)install(0, any);
    check::that("a frame is zeroed when it is handed over", all(0, 0));
    fill(0, 0x5ec7'e75e'c7e7'5ec7);
    check::succeeds("a frame can be dropped", call::drop(any));
    check::equal("its translation is gone with it",
                 translation::present & world::translation(address(0)), 0);
    check::that("touching the page then faults", attempt::load(address(0)).vector == 14);
    check::equal("the free count is as before", facts().free_frames, free_before);
    check::refused("the capability gives revoked", install(0, any), Error::revoked);
    check::succeeds("the same frame can be bound by its physical name",
                    bind(start().memory, pfn, 1));
    const Capability named = *bound();
    check::equal("it is that frame", pfn_of(named), pfn);
    (void)install(0, named);
    check::that("what its holder before left in it is gone", all(0, 0));
    check::refused("the old capability still gives revoked", install(1, any), Error::revoked);
    (void)call::drop(named);

    check::succeeds("a run of 70 frames (three steps) can be bound",
                    bind(start().memory, abi::any_frame, 70));
    Capability run[70];
    for (unsigned i = 0; i != 70; ++i)
        run[i] = bound()[i];
    bool zero = true;
    for (unsigned i = 0; i != 70; ++i) {
        (void)install(i, run[i]);
        zero = zero && all(i, 0);
    }
    check::that("all of them are zeroed and mapped", zero);
    for (const Capability frame : run)
        (void)call::drop(frame);
    check::equal("after dropping them the free count is as before", facts().free_frames,
                 free_before);

    const std::uint64_t memory = start().memory.value;
    check::refused("a frame beyond memory is out_of_range", bind({memory}, 1ull << 40, 1),
                   Error::out_of_range);
    check::refused("the last 64-bit number but one is out_of_range", bind({memory}, ~1ull, 1),
                   Error::out_of_range);
    check::refused("a run that leaves memory is out_of_range", bind({memory}, ~0ull - 40, 100),
                   Error::out_of_range);
    check::refused("the kernel's own frames are occupied", bind({memory}, 0x200, 1),
                   Error::occupied);
    check::refused("more than a batch is out_of_range", bind({memory}, abi::any_frame, 513),
                   Error::out_of_range);
    check::refused("a count of 2^32 is out_of_range", bind({memory}, abi::any_frame, 1ull << 32),
                   Error::out_of_range);
    check::refused("a count whose bytes overflow is out_of_range",
                   bind({memory}, abi::any_frame, 1ull << 61), Error::out_of_range);
    check::refused("results beyond the request area are out_of_range",
                   bind({memory}, abi::any_frame, 2, abi::request_area_bytes - 8),
                   Error::out_of_range);
    check::refused("an offset of all ones is refused", bind({memory}, abi::any_frame, 1, ~0ull),
                   Error::out_of_range);
    check::refused("an offset that is no multiple of 8 is refused",
                   bind({memory}, abi::any_frame, 1, 4), Error::invalid_argument);
    check::equal("none of them had an effect", facts().free_frames, free_before);
}

void access_to_frames() {
    const Capability owner = frame();
    const Capability reader = derived(owner, rights::read);
    const Capability writer = derived(owner, rights::read | rights::write);
    const Capability runner = derived(owner, rights::read | rights::execute);
    const Capability blind = derived(owner, rights::write);
    check::succeeds("one frame can be mapped read-write", install(0, owner));
    check::succeeds("and read-only through a binding that only reads",
                    install(1, reader, access::read_only));
    words(0)[3] = 77;
    check::equal("both pages show the same frame", words(1)[3], 77);
    check::equal("writing through the read-only page faults", attempt::store(address(1)).error, 7);
    check::refused("a binding that only reads maps nothing writable",
                   install(2, reader, access::write), Error::access_denied);
    check::refused("nor executable", install(2, reader, access::execute), Error::access_denied);
    check::refused("a binding without execute maps nothing executable",
                   install(2, writer, access::write | access::execute), Error::access_denied);
    check::refused("a binding without write maps nothing writable",
                   install(2, runner, access::write), Error::access_denied);
    check::refused("a binding without read maps nothing at all",
                   install(2, blind, access::read_only), Error::access_denied);
    check::refused("not even writable", install(2, blind, access::write), Error::access_denied);
    check::refused("an access with undefined bits is refused", install(2, owner, translation::user),
                   Error::invalid_argument);
    check::refused("so is one with all bits", install(2, owner, ~0ull), Error::invalid_argument);
    check::equal("the page is still empty", world::translation(address(2)), 0);
    check::refused("a page that has a translation is occupied", install(1, owner), Error::occupied);

    check::refused("change cannot make writable what its binding forbids",
                   call::change(leaf, abi::Vpn{0}, 2, access::write), Error::access_denied);
    check::equal("and then changes nothing", world::translation(address(0)) & translation::writable,
                 translation::writable);
    check::equal("change counts what it changed and skips holes",
                 call::change(leaf, abi::Vpn{0}, 8, access::read_only).value_or(99), 2);
    check::equal("what was writable is so no more", attempt::store(address(0)).error, 7);
    check::succeeds("and can be made writable again",
                    call::change(leaf, abi::Vpn{0}, 1, access::write));
    words(0)[3] = 78;
    check::equal("then the store succeeds", words(1)[3], 78);
    check::refused("change beyond the table is out_of_range",
                   call::change(leaf, abi::Vpn{510}, 3, 0), Error::out_of_range);
    check::refused("with a count of all ones too", call::change(leaf, abi::Vpn{1}, ~0ull, 0),
                   Error::out_of_range);

    const Capability code = derived(owner, rights::read | rights::execute);
    words(0)[0] = 0xc3; // ret
    (void)install(3, code, access::read_only);
    check::equal("a page without execute cannot be run", attempt::jump(address(3)).error, 0x15);
    check::succeeds("execute can be given", call::change(leaf, abi::Vpn{3}, 1, access::execute));
    check::that("then it runs", !attempt::jump(address(3)).happened);

    (void)words(0)[0];
    words(0)[1] = 1;
    const std::uint64_t used = translation::accessed | translation::dirty;
    check::equal("accessed and dirty bits are read through the window",
                 world::translation(address(0)) & used, used);
    check::equal("remove returns them", remove(0).value_or(0), used);
    check::refused("an empty page cannot be removed", remove(0), Error::not_present);
    check::that("a removed page is out of the TLB at once", attempt::load(address(0)).happened);
    check::equal(
        "the table itself cannot be written through the window",
        attempt::store(abi::translation_address(page_of(abi::VirtualAddress{address(1)}))).error,
        7);
    (void)call::drop(owner);
    check::equal("dropping the frame empties every page that showed it",
                 world::translation(address(1)) | world::translation(address(3)), 0);
}

void deriving() {
    const Capability owner = frame();
    check::refused("a child with more rights is refused",
                   call::derive(derived(owner, rights::read | rights::grant),
                                rights::read | rights::write, 0, 0),
                   Error::access_denied);
    check::refused("a binding without grant derives nothing",
                   call::derive(derived(owner, rights::read), rights::read, 0, 0),
                   Error::access_denied);
    check::refused("rights that do not exist are refused", call::derive(owner, 0x40, 0, 0),
                   Error::invalid_argument);
    check::refused("in the upper half too",
                   invoke(Call::derive, owner.value, 1ull << 32 | rights::read),
                   Error::invalid_argument);
    check::refused("a part of a frame cannot be derived", call::derive(owner, rights::read, 1, 1),
                   Error::invalid_argument);
    const Capability child = derived(owner, rights::all);
    const Capability grandchild = derived(child, rights::read);
    (void)install(0, child);
    (void)install(1, grandchild, access::read_only);
    check::refused("a binding without revoke revokes nothing",
                   call::revoke(derived(owner, rights::all & ~rights::revoke)),
                   Error::access_denied);
    check::succeeds("a binding can be revoked", call::revoke(owner));
    check::equal("the translations through its descendants are gone",
                 world::translation(address(0)) | world::translation(address(1)), 0);
    check::refused("the child is revoked", install(0, child), Error::revoked);
    check::refused("the grandchild too", install(0, grandchild, 0), Error::revoked);
    check::succeeds("the binding itself stays", install(0, owner));
    (void)call::drop(owner);

    Capability at = derived(start().memory, rights::all, 0, 64);
    const Capability top = at;
    unsigned depth = 1;
    for (;; ++depth) {
        const Value next = call::derive(at, rights::all, 0, 64);
        if (!next) {
            check::refused("derivation ends at its depth limit", next, Error::limit_reached);
            break;
        }
        at = {*next};
    }
    check::equal("which is 32", depth, abi::derivation_limit);
    check::refused("a frame would lie deeper still", bind(at, abi::any_frame, 1),
                   Error::limit_reached);
    (void)call::drop(top);
    check::refused("dropping the top drops all", bind(at, abi::any_frame, 1), Error::revoked);
}

// One item of `perform_translations` on pages 0 to 2 of the playground; its value.
std::uint64_t cleared(abi::TranslationOperation operation) {
    auto& request = *libos::request_area::at<abi::TranslationRequest>(0);
    request = {.operation = operation,
               .index = 0,
               .count = 3,
               .error = 0,
               .table = leaf,
               .frame = {},
               .value = 99};
    (void)check::needed("clearing bits", call::perform_translations(0, 1));
    return request.error == 0 ? request.value : 100u + request.error;
}

// The processor sets the bits when it loads the translation into its TLB; what it holds there it
// does not set again.
void accessed_and_dirty() {
    using Operation = abi::TranslationOperation;
    constexpr std::uint64_t both = translation::accessed | translation::dirty;
    const auto bits = [](unsigned page) { return world::translation(address(page)) & both; };
    const Capability touched = frame();
    const Capability untouched = frame();
    (void)install(0, touched);
    (void)install(1, untouched); // and page 2 is a hole
    words(0)[0] = 1;
    check::equal("a page that was written is accessed and dirty", bits(0), both);
    check::equal("of three pages one was dirty", cleared(Operation::clear_dirty), 1);
    check::equal("it is so no more, and still accessed", bits(0), translation::accessed);
    words(0)[0] = 2;
    check::equal("the next write makes it dirty again", bits(0), both);
    check::equal("one was accessed", cleared(Operation::clear_accessed), 1);
    check::equal("it is so no more, and still dirty", bits(0), translation::dirty);
    (void)words(0)[0];
    check::equal("the next read makes it accessed again", bits(0), both);
    check::equal("a page that nobody touched has neither", bits(1), 0);
    (void)cleared(Operation::clear_accessed);
    (void)cleared(Operation::clear_dirty);
    check::equal("after that none is accessed", cleared(Operation::clear_accessed), 0);
    check::equal("and none dirty", cleared(Operation::clear_dirty), 0);
    (void)call::drop(touched);
    (void)call::drop(untouched);
}

void limits() {
    const std::uint64_t free_before = facts().free_frames;
    const Capability ten = derived(start().memory, rights::all, 0, 10);
    const Capability six = derived(ten, rights::all, 0, 6);
    check::refused("a part larger than the whole is refused", call::derive(ten, rights::all, 0, 11),
                   Error::out_of_range);
    check::refused("by far too", call::derive(ten, rights::all, 0, ~0ull), Error::out_of_range);
    check::succeeds("a memory binding gives frames up to its limit", bind(six, abi::any_frame, 6));
    check::refused("and not one more", bind(six, abi::any_frame, 1), Error::limit_reached);
    check::equal("frames of a part count for the whole",
                 bind(ten, abi::any_frame, 4).has_value() &&
                     bind(ten, abi::any_frame, 1) == std::unexpected(Error::limit_reached),
                 1);
    check::refused(
        "memory without control binds nothing",
        bind(derived(start().memory, rights::read | rights::grant, 0, 10), abi::any_frame, 1),
        Error::access_denied);
    check::succeeds("revoking the whole takes the part and its frames", call::revoke(ten));
    check::equal("except those of the whole itself", facts().free_frames, free_before);
    check::succeeds("its limit is free again", bind(ten, abi::any_frame, 10));
    (void)call::drop(ten);
    check::equal("after dropping it the free count is as before", facts().free_frames, free_before);
}

} // namespace

int application_main(libos::Arguments) {
    open();
    attempt::open();
    binding_and_zeroing();
    access_to_frames();
    deriving();
    limits();
    accessed_and_dirty();
    return check::verdict();
}
