// tests/qemu/recording-ring/main.cpp - the binding of a libOS's own recording ring: views of it
// work with authority, are refused without, and are gone after revocation.

#include "tests/qemu/support/attempt.hpp"
#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/child.hpp"

using abi::Error;
using abi::View;
using namespace world;
namespace call = libos::system_call;

namespace {

Value view(std::uint64_t index) { return call::bind_view(View::recording_ring, index); }

constexpr std::uint64_t viewed_address = 0x1e'0000; // in the child

// In another environment: what its own ring is, and that there is no other.
void looks_at_its_ring(std::uint64_t) {
    volatile std::uint64_t* const post = child::shared();
    std::uint64_t frames = 0;
    Value last = view(0);
    while (last && frames != 20)
        last = view(++frames);
    post[0] = frames;
    const Capability own = abi::Capability{abi::make_capability(2, 1)};
    const abi::Vpn page{viewed_address >> 12};
    const Capability seen{view(0).value_or(0)};
    post[4] = call::install(start().low_table, page, seen, access::write).has_value() &&
              translation(viewed_address) != 0;
    const Value revoked = call::revoke(own);
    post[1] = revoked.has_value();
    const Value again = call::install(start().low_table, page, seen, access::write);
    post[5] = again ? 0 : static_cast<std::uint64_t>(again.error());
    post[6] = translation(viewed_address);
    post[2] = call::drop(own).has_value();
    const Value after = view(0);
    post[3] = after ? 0 : static_cast<std::uint64_t>(after.error());
    child::end(0);
}

} // namespace

int application_main(libos::Arguments) {
    open();
    attempt::open();
    const Capability first = {check::needed("viewing the ring", view(0))};
    check::succeeds("the frames of its own ring can be viewed", install(0, first));
    words(0)[511] = 5;
    check::equal("and written", words(0)[511], 5);
    words(0)[511] = 0;
    check::refused("but not run", install(1, first, access::execute), Error::access_denied);
    check::refused("nor passed on", call::derive(first, rights::read, 0, 0), Error::access_denied);
    check::refused("a frame behind the ring is out_of_range", view(start().recording_frames),
                   Error::out_of_range);
    check::refused("one far behind too", view(~0ull - 1000), Error::out_of_range);
    check::refused("a disk has no business there", call::bind_io_ring(first), Error::busy);
    check::refused("a view can become no page table",
                   call::bind_page_table(start().root_table, first, {}, 1ull << 39, 3),
                   Error::busy);
    (void)call::drop(first);
    check::that("a view that was dropped is out of reach", attempt::load(address(0)).happened);

    const child::Child made = child::started(looks_at_its_ring);
    (void)child::wait_for_end(1);
    check::that("another environment has a ring of its own", made.shared()[0] == 20);
    check::equal("it can map a view of it", made.shared()[4], 1);
    check::equal("it can revoke all views of it", made.shared()[1], 1);
    check::equal("which are revoked then", made.shared()[5],
                 static_cast<std::uint64_t>(Error::revoked));
    check::equal("and show nothing any more", made.shared()[6], 0);
    check::equal("and give it back", made.shared()[2], 1);
    check::equal("and then has none", made.shared()[3],
                 static_cast<std::uint64_t>(Error::no_binding));
    check::succeeds("others keep theirs", view(0));
    return check::verdict();
}
