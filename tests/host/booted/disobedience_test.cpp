// tests/host/booted/disobedience_test.cpp - real runs of a pager that breaks one rule each: the
// verifier rejects the recording by that rule's name.

#include <algorithm>
#include <set>

#include <catch2/catch.hpp>

#include "tests/host/booted/guest.hpp"
#include "tools/recording_file/recording.hpp"
#include "tools/verifier/verify.hpp"

using booted::Guest;
using command_test::Scratch;

namespace {

struct Disobedience {
    const char* how; // argument of tests/guests/disobedient
    std::set<std::string> rules;
};

const Disobedience disobediences[] = {
    {"obedient", {}},
    {"evict-though-a-frame-is-free", {"victim-only-when-no-frame-is-free"}},
    {"name-another-frame", {"victim-is-resident"}},
    {"forget-the-write-back", {"dirty-victim-written-before-reuse"}},
    {"reuse-before-written", {"dirty-victim-written-before-reuse", "read-into-bound-idle-frame"}},
    {"write-a-clean-page", {"clean-victim-not-written", "handler-claims-match-kernel-facts"}},
    {"lie-about-the-block", {"handler-claims-match-kernel-facts"}},
    {"read-from-another-block", {"page-keeps-its-block"}},
    {"one-entry-for-all", {"completion-has-an-entry-of-its-own"}},
    // Its completion is taken when the fault is over.
    {"map-before-completion", {"install-after-read-completed", "claims-belong-to-an-open-fault"}},
    {"call-before-resuming", {"no-system-call-between-install-and-resume"}},
    {"resume-with-other-flags", {"resume-at-the-faulting-instruction"}},
};

// Four pages that begin with the letters from `a` on.
std::string pages() {
    std::string text;
    for (char letter = 'a'; letter != 'e'; ++letter)
        text += std::string(4096, letter);
    return text;
}

} // namespace

TEST_CASE("a pager that breaks a rule is rejected by that rule's name", "[booted]") {
    const Scratch scratch;
    const auto file = scratch.file("pages", pages());
    for (const Disobedience& each : disobediences) {
        const Guest guest =
            booted::boot(scratch, each.how,
                         {"hello", "--program", FAULTLINE_BUILD "/tests/guests/disobedient",
                          "--file", file.string(), "--", each.how});
        CAPTURE(each.how, guest.ran.errors);
        REQUIRE(guest.ran.code == 0);
        if (each.rules.empty())
            CHECK(guest.number("wrong") == 0);
        std::string error;
        const auto recording = recording::load((guest.run / "run.faultline").string(), error);
        CAPTURE(error);
        REQUIRE(recording);
        std::set<std::string> broken;
        std::string texts;
        for (const verifier::Violation& violation : verifier::verify(*recording)) {
            broken.insert(violation.rule);
            texts += violation.rule + ": " + violation.text + "\n";
        }
        CAPTURE(texts);
        CHECK(broken == each.rules);
        const command_test::Ran verdict = command_test::exo({"verify", guest.run.string()});
        CAPTURE(verdict.output);
        CHECK(verdict.code == (each.rules.empty() ? 0 : 1));
        for (const std::string& rule : each.rules)
            CHECK_THAT(verdict.output, Catch::Contains("rule " + rule + ":"));
        for (std::size_t at = 0; at < verdict.output.size();) {
            const std::size_t end = verdict.output.find('\n', at);
            CHECK(end - at <= 80);
            at = end + 1;
        }
    }
}
