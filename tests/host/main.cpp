// tests/host/main.cpp - the main program of the host tests (Catch2).

#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
