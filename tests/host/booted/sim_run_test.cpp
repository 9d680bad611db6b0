// tests/host/booted/sim_run_test.cpp - `exo sim --run`: the policies of booted runs, run again on
// the host, choose every victim that they chose there.

#include <catch2/catch.hpp>

#include "libos/vm/policy_table.hpp"
#include "tests/host/booted/guest.hpp"
#include "tests/host/recording/story.hpp"
#include "tools/recording_file/writer.hpp"

using booted::boot;
using booted::Guest;
using command_test::content_of;
using command_test::exo;
using command_test::Ran;
using command_test::Scratch;

namespace {

std::string policy() {
    return std::string(
        GENERATE(from_range(libos::policy_table().begin(), libos::policy_table().end())).name);
}

Guest scan(const Scratch& scratch, const std::string& policy,
           const std::vector<std::string>& arguments) {
    std::vector<std::string> words{"scan",      "--policy", policy,     "--frames", "64",
                                   "--seed",    "7",        "--",       "--pages",  "300",
                                   "--pattern", "zipf",     "--passes", "3"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    return boot(scratch, "run", words);
}

// The recording again, as a file.
void save(const recording::Recording& recording, const std::filesystem::path& file) {
    recording::Header header{recording.facts, recording.result, recording.rings, recording.flags};
    for (std::uint32_t ring = 0; ring != header.rings.size(); ++ring)
        header.rings[ring].records = story::records_of(recording, ring, 0).size();
    recording::Writer writer(file.string(), header);
    for (std::uint32_t ring = 0; ring != header.rings.size(); ++ring) {
        const std::vector<abi::Record> records = story::records_of(recording, ring, 0);
        for (std::size_t at = 0; at < records.size(); at += recording::records_per_chunk)
            writer.chunk(ring, at, 0, records.data() + at,
                         std::min(recording::records_per_chunk, records.size() - at));
    }
    std::string error;
    REQUIRE(writer.finish({}, error));
}

recording::Recording load(const Guest& guest) {
    std::string error;
    auto recording = recording::load((guest.run / "run.faultline").string(), error);
    REQUIRE(recording);
    return *std::move(recording);
}

} // namespace

TEST_CASE("a run of each policy replays, and its victims are the run's", "[booted]") {
    const Scratch scratch;
    const std::string name = policy();
    const Guest guest = scan(scratch, name, {"--write"});
    CAPTURE(name, guest.ran.errors);
    REQUIRE(guest.ran.code == 0);
    const Ran ran = exo({"sim", "--run", guest.run.string(), "--json"});
    CAPTURE(ran.output, ran.errors);
    CHECK(ran.code == 0);
    const Guest replayed{ran, guest.run};
    CHECK(replayed.text("same") == "true");
    CHECK(replayed.text("policy") == name);
    CHECK(replayed.text("victims_hash") == guest.text("victims_hash"));
    CHECK(replayed.number("victims") == guest.number("evictions"));
    CHECK(replayed.number("pages") == guest.number("faults"));
    CHECK(exo({"verify", guest.run.string()}).code == 0);
}

TEST_CASE("a run of eight threads replays, though their faults overlap", "[booted]") {
    const Scratch scratch;
    const std::string name = policy();
    const Guest guest = scan(scratch, name, {"--write", "--threads", "8"});
    CAPTURE(name, guest.ran.errors);
    REQUIRE(guest.ran.code == 0);
    const Ran ran = exo({"sim", "--run", guest.run.string(), "--json"});
    CAPTURE(ran.output, ran.errors);
    CHECK(ran.code == 0);
    const Guest replayed{ran, guest.run};
    CHECK(replayed.text("victims_hash") == guest.text("victims_hash"));
    CHECK(replayed.number("victims") == guest.number("evictions"));
    // Some joined a fault of another thread's.
    CHECK(replayed.number("pages") < guest.number("faults"));
}

TEST_CASE("what several libOSes gave back and lost by force replays, each with its own policy",
          "[booted]") {
    const Scratch scratch;
    const char* const name = GENERATE("clock", "fifo", "mru", "random");
    const Guest guest = boot(scratch, "run", {"pair", "--policy", name});
    CAPTURE(name, guest.ran.errors);
    REQUIRE(guest.ran.code == 0);
    const Ran ran = exo({"sim", "--run", guest.run.string(), "--json"});
    CAPTURE(ran.output, ran.errors);
    CHECK(ran.code == 0);
    for (const char* const part :
         {R"("program":"wc")", R"("program":"keeper")", R"("withdrawn":2)"})
        CHECK_THAT(ran.output, Catch::Contains(part));
    CHECK(Guest{ran, guest.run}.number("given_back") > 40); // of wc
    CHECK_THAT(exo({"sim", "--run", guest.run.string()}).output,
               Catch::Contains("2 pagers replayed"));
}

TEST_CASE("a recording that was changed by hand is reported at the fault that was changed",
          "[booted]") {
    const Scratch scratch;
    const Guest guest = scan(scratch, "clock", {});
    REQUIRE(guest.ran.code == 0);
    const recording::Recording whole = load(guest);
    const auto same = scratch.path() / "same";
    save(whole, same);
    CHECK(exo({"sim", "--run", same.string()}).code == 0);
    SECTION("a victim is another page") {
        recording::Recording changed = whole;
        recording::Event& event = story::nth(changed, abi::Event::victim_chosen, 100);
        const recording::Event& other = story::nth(changed, abi::Event::victim_chosen, 101);
        event.payload[1] = other.payload[1];
        event.payload[2] = other.payload[2];
        const auto file = scratch.path() / "victim";
        save(changed, file);
        const Ran ran = exo({"sim", "--run", file.string()});
        CAPTURE(ran.output, ran.errors);
        CHECK(ran.code == 1);
        CHECK_THAT(ran.output, Catch::Contains("100 victims as recorded") &&
                                   Catch::Contains("fault " + std::to_string(event.payload[0])) &&
                                   Catch::Contains("the recording's victim") &&
                                   Catch::Contains("the victim here"));
        for (std::size_t at = 0; at < ran.output.size();) {
            const std::size_t end = ran.output.find('\n', at);
            CHECK(end - at <= 80);
            at = end + 1;
        }
        const Ran json = exo({"sim", "--run", file.string(), "--json"});
        CHECK(json.code == 1);
        CHECK_THAT(json.output, Catch::Contains("\"same\":false") &&
                                    Catch::Contains("\"event\":" + std::to_string(event.sequence)));
    }
    SECTION("an answer is missing") {
        recording::Recording changed = whole;
        std::size_t at = story::index_of(changed, abi::Event::victim_chosen, 100);
        const auto told = static_cast<std::uint16_t>(abi::Event::policy_told);
        while (changed.events[at - 1].kind != told ||
               changed.events[at].kind != static_cast<std::uint16_t>(abi::Event::victim_chosen))
            ++at;
        const std::uint64_t fault = changed.events[at].payload[0];
        story::erase(changed, at - 1);
        const auto file = scratch.path() / "answer";
        save(changed, file);
        const Ran ran = exo({"sim", "--run", file.string()});
        CAPTURE(ran.output, ran.errors);
        CHECK(ran.code == 1);
        CHECK_THAT(ran.output, Catch::Contains("fault " + std::to_string(fault)) &&
                                   Catch::Contains("not accessed"));
    }
    SECTION("nothing is said of what the policy was told") { // as older versions made them
        recording::Recording changed = whole;
        for (const abi::Event kind : {abi::Event::pager_started, abi::Event::policy_told})
            story::erase_all(changed, kind);
        const auto file = scratch.path() / "old";
        save(changed, file);
        const Ran ran = exo({"sim", "--run", file.string()});
        CHECK(ran.code == 2);
        CHECK_THAT(ran.errors, Catch::Contains("Run it again"));
    }
}

TEST_CASE("a run without a recording, or without a pager, cannot be replayed", "[booted]") {
    const Scratch scratch;
    const Guest unrecorded = boot(scratch, "unrecorded", {"scan", "--no-record"});
    REQUIRE(unrecorded.ran.code == 0);
    const Ran nothing = exo({"sim", "--run", unrecorded.run.string()});
    CHECK(nothing.code == 2);
    CHECK_THAT(nothing.errors, Catch::Contains("is no recording"));
    const Guest hello = boot(scratch, "hello", {"hello"});
    REQUIRE(hello.ran.code == 0);
    const Ran no_pager = exo({"sim", "--run", hello.run.string()});
    CHECK(no_pager.code == 2);
    CHECK_THAT(no_pager.errors, Catch::Contains("no libOS in it pages"));
    const Ran both = exo({"sim", "--run", hello.run.string(), "--policy", "fifo"});
    CHECK(both.code == 2);
    CHECK_THAT(both.errors, Catch::Contains("--policy is settled by the run"));
}
