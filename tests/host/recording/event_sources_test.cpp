// tests/host/recording/event_sources_test.cpp - the walk names, for each event, the file that
// implements it. Such names rot silently; this holds them against the tree.

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "bindings/abi/event.hpp"

TEST_CASE("the source file of every event exists and speaks of that event", "[recording]") {
    const std::filesystem::path root = FAULTLINE_SOURCE;
    for (const abi::EventDefinition& definition : abi::event_definitions) {
        CAPTURE(definition.name, definition.source);
        const std::ifstream file{root / definition.source};
        REQUIRE(file);
        std::ostringstream text;
        text << file.rdbuf();
        CHECK(text.str().find(definition.name) != std::string::npos);
    }
}
