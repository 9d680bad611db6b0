// tools/recording_file/writer.cpp - messages out of memory into a file.

#include "tools/recording_file/writer.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "tools/recording_file/checksum.hpp"
#include "tools/recording_file/schema.hpp"

namespace recording {
namespace {

// The message of the run's result as text: up to its NUL, unprintable bytes as question marks.
std::string text_of(const abi::RunResult& result) {
    const char* const last = std::end(result.message) - 1; // a reader needs room for a NUL
    const char* end = std::find(std::begin(result.message), last, '\0');
    std::string text(std::begin(result.message), end);
    for (char& letter : text)
        if (letter < ' ' || letter > '~')
            letter = '?';
    return text;
}

void put(schema::Result::Builder to, const abi::RunResult& from) {
    to.setOutcome(static_cast<schema::Outcome>(from.outcome));
    to.setStatus(from.status);
    to.setReason(from.reason);
    to.setEnvironment(from.environment);
    to.setTicksAtStart(from.ticks_at_start);
    to.setTicksAtEnd(from.ticks_at_end);
    to.setIdleTicks(from.idle_ticks);
    to.setCause(from.cause);
    to.setFaultAddress(from.fault_address);
    to.setError(from.error);
    to.setRip(from.rip);
    to.setRsp(from.rsp);
    to.setLongestInterruptsOff(from.longest_interrupts_off);
    to.setSystemCalls(from.system_calls);
    to.setFaults(from.faults);
    to.setInterrupts(from.interrupts);
    to.setMessage(text_of(from).c_str());
}

void put(capnp::List<schema::Flag>::Builder to, const std::vector<Flag>& from) {
    for (unsigned i = 0; i < to.size(); ++i) {
        to[i].setRing(from[i].ring);
        to[i].setReason(static_cast<schema::Reason>(from[i].reason));
        to[i].setRecord(from[i].record);
    }
}

unsigned size_of(const std::size_t count) { return static_cast<unsigned>(count); }

void add(Checksum& sum, const std::vector<Flag>& flags) {
    sum.add(flags.size());
    for (const Flag& flag : flags)
        sum.add(flag.ring).add(static_cast<std::uint64_t>(flag.reason)).add(flag.record);
}

} // namespace

std::uint64_t checksum_of(const Header& header) {
    Checksum sum;
    sum.add(header.version).add(header.facts.size());
    for (const auto& [key, value] : header.facts)
        sum.add(std::string_view(key)).add(std::string_view(value));
    const abi::RunResult& result = header.result;
    for (const std::uint64_t word :
         {std::uint64_t{static_cast<std::uint32_t>(result.outcome)}, std::uint64_t{result.status},
          std::uint64_t{result.reason}, std::uint64_t{result.environment}, result.ticks_at_start,
          result.ticks_at_end, result.idle_ticks, result.cause, result.fault_address, result.error,
          result.rip, result.rsp, result.longest_interrupts_off, result.system_calls, result.faults,
          result.interrupts})
        sum.add(word);
    sum.add(std::string_view(text_of(result))).add(header.rings.size());
    for (const Ring& ring : header.rings)
        sum.add(static_cast<std::uint64_t>(ring.origin))
            .add(ring.identity)
            .add(ring.records)
            .add(ring.lost);
    add(sum, header.flags);
    return sum.value();
}

std::uint64_t checksum_of(std::uint32_t ring, std::uint64_t first, std::uint64_t lost,
                          const abi::Record* records, std::size_t count) {
    Checksum sum;
    sum.add(ring).add(first).add(lost).add(count);
    for (std::size_t i = 0; i < count; ++i)
        sum.add(records[i].time)
            .add(records[i].environment | std::uint64_t{records[i].processor} << 32 |
                 std::uint64_t{records[i].kind} << 48)
            .add(records[i].a)
            .add(records[i].b);
    return sum.value();
}

std::uint64_t checksum_of_end(const std::vector<Flag>& flags, std::uint64_t chunks) {
    Checksum sum;
    add(sum, flags);
    return sum.add(chunks).value();
}

Writer::Writer(const std::string& path, const Header& header) : path_(path) {
    file_ = std::fopen(path.c_str(), "wb");
    if (file_ == nullptr) {
        fail("open");
        return;
    }
    capnp::MallocMessageBuilder message;
    auto out = message.initRoot<schema::Message>().initHeader();
    out.setFormat(format_name);
    out.setVersion(header.version);
    auto facts = out.initFacts(size_of(header.facts.size()));
    for (unsigned i = 0; i < facts.size(); ++i) {
        facts[i].setKey(header.facts[i].first.c_str());
        facts[i].setValue(header.facts[i].second.c_str());
    }
    put(out.initResult(), header.result);
    auto rings = out.initRings(size_of(header.rings.size()));
    for (unsigned i = 0; i < rings.size(); ++i) {
        rings[i].setOrigin(static_cast<schema::Origin>(header.rings[i].origin));
        rings[i].setIdentity(header.rings[i].identity);
        rings[i].setRecords(header.rings[i].records);
        rings[i].setLost(header.rings[i].lost);
    }
    put(out.initFlags(size_of(header.flags.size())), header.flags);
    out.setChecksum(checksum_of(header));
    write(message);
}

Writer::~Writer() {
    if (file_ != nullptr)
        std::fclose(file_);
}

void Writer::chunk(std::uint32_t ring, std::uint64_t first, std::uint64_t lost,
                   const abi::Record* records, std::size_t count) {
    // One segment for the whole message: then its bytes are the records after a short prelude.
    capnp::MallocMessageBuilder message(size_of(16 + count * (sizeof(abi::Record) / 8)),
                                        capnp::AllocationStrategy::FIXED_SIZE);
    auto out = message.initRoot<schema::Message>().initChunk();
    out.setRing(ring);
    out.setFirst(first);
    out.setLost(lost);
    auto events = out.initEvents(size_of(count));
    for (unsigned i = 0; i < events.size(); ++i) {
        events[i].setTime(records[i].time);
        events[i].setEnvironment(records[i].environment);
        events[i].setProcessor(records[i].processor);
        events[i].setKind(records[i].kind);
        events[i].setA(records[i].a);
        events[i].setB(records[i].b);
    }
    out.setChecksum(checksum_of(ring, first, lost, records, count));
    write(message);
    ++chunks_;
}

bool Writer::finish(const std::vector<Flag>& flags, std::string& error) {
    capnp::MallocMessageBuilder message;
    auto out = message.initRoot<schema::Message>().initEnd();
    put(out.initFlags(size_of(flags.size())), flags);
    out.setChunks(chunks_);
    out.setChecksum(checksum_of_end(flags, chunks_));
    write(message);
    if (file_ != nullptr && std::fclose(file_) != 0)
        fail("write");
    file_ = nullptr;
    error = error_;
    return error_.empty();
}

template <class Builder> void Writer::write(Builder& message) {
    if (file_ == nullptr || !error_.empty())
        return;
    const auto words = capnp::messageToFlatArray(message);
    const auto bytes = words.asBytes();
    if (std::fwrite(bytes.begin(), 1, bytes.size(), file_) != bytes.size())
        fail("write");
}

void Writer::fail(const char* what) {
    if (error_.empty())
        error_ = std::string("cannot ") + what + " the recording " + path_ + ": " +
                 std::strerror(errno) + ". Check that the folder exists and has room.";
}

} // namespace recording
