// tests/host/booted/monitor.cpp - talking with QEMU's monitor over a Unix socket.

#include "tests/host/booted/monitor.hpp"

#include <chrono>
#include <cstring>
#include <fmt/format.h>
#include <sstream>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

namespace booted {

namespace {

constexpr std::string_view prompt = "(qemu) ";

// Everything up to the prompt behind the next line: the monitor echoes each character with
// terminal sequences, all in the first line, and repeats its prompt at will.
std::string read_answer(int socket) {
    std::string text;
    char buffer[4096];
    while (!text.ends_with(prompt) || text.find('\n') == std::string::npos) {
        const ssize_t count = read(socket, buffer, sizeof buffer);
        if (count <= 0)
            break;
        text.append(buffer, static_cast<std::size_t>(count));
    }
    return text;
}

int connect_to(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
        return socket;
    close(socket);
    return -1;
}

} // namespace

WatchedGuest::WatchedGuest(const command_test::Scratch& scratch, std::vector<std::string> words,
                           const std::string& begun) {
    const std::string path = (scratch.path() / "monitor").string();
    words.insert(words.begin() + 1, {"--qemu-option", "-monitor", "--qemu-option",
                                     "unix:" + path + ",server=on,wait=off"});
    guest_ =
        std::async(std::launch::async, [&scratch, words] { return boot(scratch, "run", words); });
    for (int moment = 0; moment < 1000; ++moment) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        const std::string console = command_test::content_of(scratch.path() / "run/console.log");
        if (console.find(begun) == std::string::npos)
            continue;
        socket_ = connect_to(path);
        if (socket_ >= 0)
            break;
    }
    if (socket_ < 0)
        throw std::runtime_error("the guest did not begin, or QEMU's monitor is not there");
    read_answer(socket_);
}

WatchedGuest::~WatchedGuest() {
    if (guest_.valid()) // else the future would wait for the guest
        ask("quit");
    close(socket_);
}

std::string WatchedGuest::ask(const std::string& command) const {
    const std::string line = command + "\n";
    if (write(socket_, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
        return "";
    const std::string answer = read_answer(socket_);
    return answer.substr(std::min(answer.size(), answer.find('\n') + 1));
}

std::uint64_t WatchedGuest::register_value(const std::string& name) const {
    const std::string text = "\n" + ask("info registers");
    for (const char before : {'\n', ' '})
        if (const auto at = text.find(before + name + "="); at != std::string::npos)
            return std::stoull(text.substr(at + name.size() + 2), nullptr, 16);
    throw std::runtime_error("info registers has no " + name);
}

std::vector<std::uint64_t> WatchedGuest::words_at(std::uint64_t address, unsigned count) const {
    std::istringstream text(ask(fmt::format("x /{}gx {:#x}", count, address)));
    std::vector<std::uint64_t> words;
    for (std::string word; text >> word;)
        if (word.starts_with("0x"))
            words.push_back(std::stoull(word, nullptr, 16));
    return words;
}

} // namespace booted
