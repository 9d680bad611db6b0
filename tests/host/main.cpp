// tests/host/main.cpp - the main program of the host tests (Catch2).
//
// Properties (rapidcheck) draw the same cases in every run; RC_PARAMS="seed=N" draws others.

#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>

int main(int argc, char** argv) {
    const char* const given = std::getenv("RC_PARAMS");
    std::string parameters = given == nullptr ? "" : given;
    if (parameters.find("seed=") == std::string::npos)
        parameters += " seed=1";
    setenv("RC_PARAMS", parameters.c_str(), 1);
    return Catch::Session().run(argc, argv);
}
