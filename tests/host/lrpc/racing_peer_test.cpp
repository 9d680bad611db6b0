// tests/host/lrpc/racing_peer_test.cpp - a client that rewrites the page while the server reads it.

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "tests/host/lrpc/messages.hpp"
#include "tests/host/lrpc/schemas/echo.lrpc.hpp"
#include "tests/host/lrpc/values.hpp"

using namespace lrpc_test;

namespace {

// Flips words of `page` between what was sent and something else, until told to end.
class Peer {
public:
    explicit Peer(std::vector<std::uint64_t>& page) : page_{page}, sent_{page} {
        thread_ = std::thread{[this] { run(); }};
        while (flips_.load() == 0)
            std::this_thread::yield();
    }
    ~Peer() {
        end_.store(true);
        thread_.join();
    }
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;
    [[nodiscard]] std::uint64_t flips() const { return flips_.load(); }

private:
    void run() {
        bindings::Random random{7};
        while (!end_.load(std::memory_order_relaxed)) {
            const std::size_t at = random.below(8) == 0 ? 0 : random.below(page_.size());
            const std::uint64_t other = random.below(2) == 0 ? sent_[at] ^ 1ull << random.below(64)
                                                             : sent_[random.below(page_.size())];
            const std::atomic_ref<std::uint64_t> word{page_[at]};
            word.store(other, std::memory_order_relaxed);
            for (std::uint64_t wait = random.below(200); wait != 0; --wait)
                asm volatile("pause");
            word.store(sent_[at], std::memory_order_relaxed);
            flips_.fetch_add(1, std::memory_order_relaxed);
        }
    }

    std::vector<std::uint64_t>& page_;
    std::vector<std::uint64_t> sent_;
    std::atomic<bool> end_{false};
    std::atomic<std::uint64_t> flips_{0};
    std::thread thread_;
};

// On a loaded host the peer may not run for a while: more rounds are made until it was seen to have
// done harm, and not to, or for a minute.
class Rounds {
public:
    explicit Rounds(std::uint64_t least) : least_{least} {}
    [[nodiscard]] bool more(std::uint64_t accepted, std::uint64_t refused) {
        ++made_;
        if (made_ <= least_)
            return true;
        std::this_thread::yield();
        return (accepted == 0 || refused == 0) && std::chrono::steady_clock::now() < end_;
    }

private:
    std::uint64_t least_;
    std::uint64_t made_ = 0;
    std::chrono::steady_clock::time_point end_ =
        std::chrono::steady_clock::now() + std::chrono::minutes{1};
};

struct Checking {
    Everything everything(const Everything& all) {
        // Of one copy: it does not change while it is looked at.
        const std::uint64_t first = digest_of(all);
        for (int i = 0; i < 3; ++i)
            stable = stable && digest_of(all) == first;
        ++calls;
        return {};
    }
    EchoOneResults one(const Numbers& numbers, const Strings& strings) {
        const std::uint64_t first = digest_of(numbers) ^ digest_of(strings);
        stable = stable && (digest_of(numbers) ^ digest_of(strings)) == first;
        ++calls;
        return {};
    }
    bool stable = true;
    std::uint64_t calls = 0;
};

} // namespace

TEST_CASE("a peer that rewrites the page changes values, not bounds", "[lrpc]") {
    Checking checking;
    Values values{11};
    Everything sent;
    values.draw(sent);
    auto page = message_of(sent);
    const std::size_t used = page.size();
    std::vector<std::uint64_t> results(4096);
    Rounds rounds{messages(10'000)};
    std::uint64_t refused = 0;
    const Peer peer{page};
    while (rounds.more(checking.calls, refused)) {
        const auto served = EchoServer<Checking>::serve_everything(
            checking, page.data(), used, page.size(), results.data(), results.size());
        refused += served ? 0 : 1;
    }
    INFO(checking.calls << " served, " << refused << " refused, " << peer.flips() << " flips");
    CHECK(checking.stable);
    CHECK(checking.calls > 0);
    CHECK(refused > 0);
}

TEST_CASE("a server that rewrites results changes values, not bounds", "[lrpc]") {
    Values values{12};
    EchoOneResults sent;
    values.draw(sent);
    auto page = message_of(sent);
    const std::size_t used = page.size();
    const std::unique_ptr<std::byte[]> copy{new std::byte[8 * used]};
    Rounds rounds{messages(20'000)};
    std::uint64_t refused = 0, accepted = 0;
    bool stable = true;
    const Peer peer{page};
    while (rounds.more(accepted, refused)) {
        EchoOneResults results;
        if (lrpc::receive(lrpc::SharedWords{page.data(), used, used},
                          lrpc::CopySpace{copy.get(), used}, results) != lrpc::WireError::none) {
            ++refused;
            continue;
        }
        ++accepted;
        const std::uint64_t first = digest_of(results);
        stable = stable && digest_of(results) == first;
    }
    CHECK(stable);
    CHECK(refused > 0);
    CHECK(accepted > 0);
}
