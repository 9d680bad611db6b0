// tests/host/command/new_policy_test.cpp - `exo new policy`: names, texts, and both files or none.

#include <algorithm>
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/golden/new_policy/golden_policy.hpp"
#include "tests/host/command/support.hpp"
#include "tests/host/vm/policy_machine.hpp"
#include "tools/command/new_policy.hpp"

using namespace command_test;
namespace fs = std::filesystem;

namespace {

// A tree with the interface and one other policy.
struct Tree {
    Scratch scratch;
    fs::path root = scratch.path();
    explicit Tree(const std::string& policy = "class Fifo {};\n") {
        scratch.file("libos/vm/replacement_policy.hpp", "struct Fault; class ListPolicy;\n");
        scratch.file("libos/vm/frame_list.hpp", "using FrameNo = int;\n");
        scratch.file("libos/vm/policies/fifo.hpp", policy);
    }
    command::NewPolicy plan(const std::string& name) const {
        const auto planned = command::plan_policy(root, name);
        REQUIRE(planned);
        return *planned;
    }
    // Everything in it, by path.
    std::vector<std::string> files() const {
        std::vector<std::string> all;
        for (const auto& entry : fs::recursive_directory_iterator(root))
            if (!entry.is_directory())
                all.push_back(entry.path().lexically_relative(root).string());
        std::ranges::sort(all);
        return all;
    }
};

void refused(const std::string& name, const std::string& message) {
    const Ran ran = exo({"new", "policy", name});
    CAPTURE(name, ran.errors);
    CHECK(ran.code == 2);
    CHECK(ran.output.empty());
    CHECK_THAT(ran.errors, Catch::Contains(message));
}

} // namespace

TEST_CASE("a new policy and its test are those of tests/golden, under their names", "[command]") {
    const command::NewPolicy policy = Tree().plan("golden-policy");
    CHECK(policy.header == "libos/vm/policies/golden_policy.hpp");
    CHECK(policy.test == "tests/host/vm/policies/golden_policy_test.cpp");
    const fs::path golden = fs::path(FAULTLINE_SOURCE) / "tests/golden/new_policy";
    CHECK(policy.header_text() == content_of(golden / "golden_policy.hpp"));
    CHECK(policy.test_text() == content_of(golden / "golden_policy_test.txt"));
    CHECK(std::ranges::count(policy.header_text(), '\n') < 60);
}

TEST_CASE("a new policy keeps all sentences of the interface, and is FIFO", "[command]") {
    using libos::policies::GoldenPolicy;
    CHECK(libos::is_replacement_policy<GoldenPolicy, vm_test::FrameBits>());
    CHECK(rc::check([] {
        const auto string = *rc::gen::container<std::vector<vm_test::PageNo>>(
            rc::gen::inRange<vm_test::PageNo>(0, 24));
        const auto frames = *rc::gen::inRange(1u, 12u);
        vm_test::Machine<GoldenPolicy> policy{frames};
        vm_test::Machine<libos::policies::Fifo> fifo{frames};
        for (const vm_test::PageNo page : string) {
            policy.touch(page);
            fifo.touch(page);
        }
        RC_ASSERT(policy.victims == fifo.victims);
    }));
}

TEST_CASE("its hooks are those that the interface has", "[command]") {
    const std::string text = Tree().plan("a1").header_text();
    const std::string interface = content_of(FAULTLINE_SOURCE "/libos/vm/replacement_policy.hpp");
    for (const char* const hook :
         {"arena_bytes", "init", "harvest_every", "on_harvest", "on_hint", "prefetch", "cluster",
          "on_access", "test_and_clear_a", "dirty", "pinned"}) {
        CAPTURE(hook);
        CHECK_THAT(text, Catch::Contains(hook));
        CHECK_THAT(interface, Catch::Contains(hook));
    }
}

TEST_CASE("files of new policies are formatted, whatever the length of the name", "[command]") {
    const Tree tree;
    tree.scratch.file(".clang-format", content_of(FAULTLINE_SOURCE "/.clang-format"));
    for (const std::string& name : {std::string("a"), std::string("2q"), std::string(32, 'x'),
                                    std::string("a-b-c-d-e-f-g-h-i-j-k-l-m-n-o-p1")}) {
        REQUIRE(command::wrong_with_policy_name(name).empty());
        const command::NewPolicy policy = tree.plan(name);
        REQUIRE(command::write_policy(tree.root, policy));
        const Ran ran =
            run_program({"clang-format-19", "--dry-run", "--Werror",
                         (tree.root / policy.header).string(), (tree.root / policy.test).string()});
        CAPTURE(name, ran.errors);
        CHECK(ran.code == 0);
        for (const fs::path& file : {policy.header, policy.test})
            CHECK_THAT(content_of(tree.root / file), !Catch::Contains("my_policy") &&
                                                         !Catch::Contains("my-policy") &&
                                                         !Catch::Contains("MyPolicy"));
    }
}

TEST_CASE("a policy's class is an identifier that nothing else has", "[command]") {
    const Tree tree("class ABPolicy {};\n");
    CHECK(tree.plan("clock-pro").class_name == "ClockPro");
    CHECK(tree.plan("s3-fifo").class_name == "S3Fifo");
    CHECK(tree.plan("3-lists").class_name == "Policy3Lists");
    CHECK(tree.plan("e-o-f").class_name == "EOFPolicy"); // EOF is a macro
    CHECK(tree.plan("fault").class_name == "FaultPolicy");
    CHECK(tree.plan("frame-no").class_name == "FrameNoPolicy");
    CHECK(tree.plan("a--b").class_name == "ABPolicyPolicy");
    const Tree full("class ABPolicy {}; class ABPolicyPolicy {};\n");
    const auto planned = command::plan_policy(full.root, "a-b");
    REQUIRE_FALSE(planned);
    CHECK_THAT(planned.error().message, Catch::Contains("its class would be called"));
}

TEST_CASE("both files are written, or none", "[command]") {
    const Tree tree;
    const command::NewPolicy policy = tree.plan("mine");
    const std::vector<std::string> before = tree.files();
    const auto refuses = [&](const std::string& message) {
        const std::vector<std::string> files = tree.files();
        const auto written = command::write_policy(tree.root, policy);
        REQUIRE_FALSE(written);
        CHECK_THAT(written.error().message, Catch::Contains(message));
        CHECK(tree.files() == files);
    };
    tree.scratch.file(policy.header.string(), "kept");
    refuses("mine.hpp: is there already");
    CHECK(content_of(tree.root / policy.header) == "kept");
    fs::remove(tree.root / policy.header);
    tree.scratch.file(policy.test.string(), "kept");
    refuses("mine_test.cpp: is there already");
    fs::remove_all(tree.root / "tests");
    tree.scratch.file("tests/host", "no folder"); // so the test cannot be written
    refuses("mine_test.cpp");
    fs::remove(tree.root / "tests/host");
    fs::create_directories(tree.root / (policy.test.string() + ".draft")); // nor its draft
    refuses("mine_test.cpp");
    fs::remove_all(tree.root / "tests");
    CHECK(tree.files() == before);
    CHECK(command::write_policy(tree.root, policy));
    CHECK(tree.files().size() == before.size() + 2);
    CHECK(content_of(tree.root / policy.test) == policy.test_text());
}

TEST_CASE("a name that no policy can have is refused with what is wrong", "[command][exo]") {
    refused("My-policy", "`My-policy` has a capital M; a name has small letters, digits and -");
    refused("my_policy", "has a `_`");
    refused("my policy", "has a blank");
    refused("../fifo", "has a `.`");
    refused("naïve", "no ASCII letter");
    refused("", "is empty");
    refused(std::string(33, 'x'), "longer than 32");
    CHECK_THAT(command::wrong_with_policy_name("-x"), Catch::Contains("begins with -"));
    refused("fifo", "there is a policy of this name");
    refused("second-chance", "the policy clock is called that too");
    for (const char* const name : {"lru", "opt", "unopt", "lfu", "arc"})
        refused(name, "the simulator has a policy of this name");
    refused("all", "stands for every policy");
    const Ran kind = exo({"new", "app", "mine"});
    CHECK(kind.code == 2);
    CHECK_THAT(kind.errors, Catch::Contains("there is policy"));
    CHECK(exo({"new", "policy"}).code == 2);
}
