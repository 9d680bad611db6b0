// tools/command/main.cpp - the program `exo`, started by the shell script tools/exo.

#include <string>
#include <vector>

#include "tools/command/command.hpp"

int main(int count, char** words) {
    const std::vector<std::string> arguments(words + 1, words + count);
    return command::main_program({FAULTLINE_SOURCE, FAULTLINE_BUILD}, arguments);
}
