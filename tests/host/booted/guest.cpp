// tests/host/booted/guest.cpp - booting with the built `exo`.

#include "tests/host/booted/guest.hpp"

#include <cstdlib>

#include "bindings/random.hpp"

namespace booted {

std::string Guest::text(const std::string& key) const {
    const std::string name = "\"" + key + "\":";
    std::size_t begin = ran.output.find(name);
    if (begin == std::string::npos)
        return "";
    begin += name.size();
    if (ran.output[begin] == '"')
        return ran.output.substr(begin + 1, ran.output.find('"', begin + 1) - begin - 1);
    return ran.output.substr(begin, ran.output.find_first_of(",}", begin) - begin);
}

long long Guest::number(const std::string& key) const {
    const std::string digits = text(key);
    return digits.empty() ? -1 : std::atoll(digits.c_str());
}

Guest boot(const command_test::Scratch& scratch, const std::string& name,
           std::vector<std::string> words) {
    const std::filesystem::path run = scratch.path() / name;
    std::vector<std::string> all{"run", "--json", "-o", run.string()};
    all.insert(all.end(), words.begin(), words.end());
    return {command_test::exo(all), run};
}

std::string noise(std::size_t bytes, std::uint64_t seed) {
    bindings::Random random(seed);
    std::string text(bytes, ' ');
    for (char& c : text)
        c = "abcdefgh \n\t.,XYZ\v\f\r0"[random.below(21)];
    return text;
}

} // namespace booted
