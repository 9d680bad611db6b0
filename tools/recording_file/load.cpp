// tools/recording_file/load.cpp - messages out of a file into memory.
//
// The file may hold anything: its length is checked before each message is looked at, Cap'n Proto
// checks every pointer in it, and the records go through the same assembler as in the recorder.

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <set>
#include <tuple>

#include "tools/recording_file/assemble.hpp"
#include "tools/recording_file/merge.hpp"
#include "tools/recording_file/schema.hpp"
#include "tools/recording_file/writer.hpp"

#include <kj/exception.h>

namespace recording {
namespace {

// Shown on terminals, and not always made here: '?' for what those take for controls.
std::string text(capnp::Text::Reader from) {
    std::string text(from.begin(), from.size());
    unsigned char before = 0;
    for (char& c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f || (before == 0xc2 && byte < 0xa0))
            c = '?';
        before = byte;
    }
    return text;
}

abi::RunResult result_of(schema::Result::Reader from) {
    abi::RunResult to{};
    to.outcome = static_cast<abi::Outcome>(from.getOutcome());
    to.status = from.getStatus();
    to.reason = from.getReason();
    to.environment = from.getEnvironment();
    to.ticks_at_start = from.getTicksAtStart();
    to.ticks_at_end = from.getTicksAtEnd();
    to.idle_ticks = from.getIdleTicks();
    to.cause = from.getCause();
    to.fault_address = from.getFaultAddress();
    to.error = from.getError();
    to.rip = from.getRip();
    to.rsp = from.getRsp();
    to.longest_interrupts_off = from.getLongestInterruptsOff();
    to.system_calls = from.getSystemCalls();
    to.faults = from.getFaults();
    to.interrupts = from.getInterrupts();
    text(from.getMessage()).copy(to.message, sizeof to.message - 1);
    return to;
}

void append(std::vector<Flag>& to, capnp::List<schema::Flag>::Reader from) {
    for (const auto flag : from)
        to.push_back({flag.getRing(), static_cast<Reason>(flag.getReason()), flag.getRecord()});
}

// The bytes of a file in words, as Cap'n Proto wants them; a last part of a word is left out.
struct Words {
    std::vector<std::uint64_t> words;
    std::size_t bytes = 0;
};

bool read(const std::string& path, Words& to, std::string& error) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                               std::fclose);
    if (!file) {
        error = "cannot open the recording " + path + ": " + std::strerror(errno) +
                ". Give the recording of a run that was made with --record.";
        return false;
    }
    std::vector<char> part(1 << 20);
    std::size_t got = 0;
    while ((got = std::fread(part.data(), 1, part.size(), file.get())) > 0) {
        to.words.resize((to.bytes + got + sizeof(std::uint64_t) - 1) / sizeof(std::uint64_t));
        std::memcpy(reinterpret_cast<char*>(to.words.data()) + to.bytes, part.data(), got);
        to.bytes += got;
    }
    if (std::ferror(file.get()) != 0) {
        error =
            "cannot read the recording " + path + ": " + std::strerror(errno) + ". Is it a file?";
        return false;
    }
    return true;
}

// A run has recording rings for its first environments only, and rings that are given back are not
// given again. Of libOSes without one nothing is here but what the exokernel saw of them; empty if
// there is none.
std::string libos_events_missing(const Recording& recording) {
    std::vector<std::uint64_t> without;
    for (const Event& event : recording.events) {
        if (event.claim ||
            event.kind != static_cast<std::uint16_t>(abi::Event::environment_started))
            continue;
        const std::uint64_t started = event.payload[0];
        if (std::none_of(
                recording.rings.begin(), recording.rings.end(), [started](const Ring& ring) {
                    return ring.origin == abi::RingOrigin::libos && ring.identity == started;
                }))
            without.push_back(started);
    }
    if (without.empty())
        return "";
    const std::string first = std::to_string(without.front());
    return (without.size() == 1 ? "environment " + first + " was"
                                : std::to_string(without.size()) +
                                      " environments, the first of them " + first + ", were") +
           " started without a recording ring: of these libOSes the recording holds what the "
           "exokernel saw, nothing that they tell of themselves. Rings are for the first "
           "environments that a run creates.";
}

// Reads messages one after the other into a Recording.
class Reader {
public:
    Reader(const std::string& path, const Words& words)
        : path_(path),
          all_(kj::arrayPtr(reinterpret_cast<const capnp::word*>(words.words.data()),
                            words.bytes / sizeof(std::uint64_t))),
          rest_(all_),
          odd_(words.bytes % sizeof(std::uint64_t) != 0) {}

    std::optional<Recording> read(std::string& error);

private:
    enum class Step { read, end_of_file, cut, damaged };

    std::string foreign() const;
    bool names_format() const;
    Step next(kj::ArrayPtr<const capnp::word>& message);
    bool header(std::string& error);
    Step body();
    bool chunk(schema::Chunk::Reader chunk);
    void set_up_rings(schema::Header::Reader header);
    void check(schema::Header::Reader header);
    void note(const std::string& text);
    void note_damaged_chunks();
    std::string how_much() const;

    std::string path_;
    kj::ArrayPtr<const capnp::word> all_, rest_;
    bool odd_;
    Recording recording_;
    std::vector<Assembler> assemblers_;
    std::vector<std::uint64_t> seen_; // per ring: records read or known to be lost
    std::vector<std::vector<Event>> events_;
    std::vector<Flag> told_; // flags of the last message
    std::uint64_t chunks_ = 0;
    std::uint64_t damaged_chunks_ = 0; // their checksums are wrong
    std::uint64_t damaged_records_ = 0;
    std::string first_damaged_;
    bool ended_ = false;
};

constexpr std::size_t largest_message = std::size_t{1} << 23; // words

Reader::Step Reader::next(kj::ArrayPtr<const capnp::word>& message) {
    if (rest_.size() == 0)
        return odd_ ? Step::cut : Step::end_of_file;
    const auto* table = reinterpret_cast<const std::uint32_t*>(rest_.begin());
    if (table[0] >= 16) // more segments than anyone writes
        return Step::damaged;
    if (rest_.size() < table[0] / 2 + 1)
        return Step::cut;
    const std::size_t words = capnp::expectedSizeInWordsFromPrefix(rest_);
    if (words > largest_message)
        return Step::damaged;
    if (words > rest_.size())
        return Step::cut;
    message = rest_.slice(0, words);
    rest_ = rest_.slice(words, rest_.size());
    return Step::read;
}

std::string Reader::foreign() const {
    return path_ + " is not a recording of Faultline: it does not begin with the header of one. "
                   "Give the recording of a run that was made with --record.";
}

// Whether the file at least says that it is a recording.
bool Reader::names_format() const {
    const auto bytes = all_.asBytes();
    const auto* end = bytes.begin() + std::min<std::size_t>(bytes.size(), 4096);
    const std::string name = format_name;
    return std::search(bytes.begin(), end, name.begin(), name.end()) != end;
}

bool Reader::header(std::string& error) {
    if (rest_.size() == 0 && !odd_) {
        error = "the recording " + path_ +
                " is empty: the run ended before anything was "
                "written. Run it again.";
        return false;
    }
    kj::ArrayPtr<const capnp::word> words;
    if (next(words) != Step::read) {
        error = foreign();
        return false;
    }
    capnp::FlatArrayMessageReader message(words);
    const auto root = message.getRoot<schema::Message>();
    if (root.which() != schema::Message::HEADER || root.getHeader().getFormat() != format_name) {
        error = foreign();
        return false;
    }
    const auto header = root.getHeader();
    if (header.getVersion() > format_version) {
        error = "the recording " + path_ + " has format " + std::to_string(header.getVersion()) +
                ", this program reads up to " + std::to_string(format_version) +
                ": a newer Faultline wrote it. Update Faultline, or record the run again.";
        return false;
    }
    if (header.getVersion() < format_version) {
        error = "the recording " + path_ + " has format " + std::to_string(header.getVersion()) +
                ", this program reads " + std::to_string(format_version) +
                ": an older Faultline wrote it. Record the run again.";
        return false;
    }
    set_up_rings(header);
    return true;
}

void Reader::set_up_rings(schema::Header::Reader header) {
    for (const auto fact : header.getFacts())
        recording_.facts.emplace_back(text(fact.getKey()), text(fact.getValue()));
    recording_.result = result_of(header.getResult());
    append(recording_.flags, header.getFlags());
    std::vector<std::uint32_t> processors;
    for (const auto ring : header.getRings()) {
        recording_.rings.push_back({static_cast<abi::RingOrigin>(ring.getOrigin()),
                                    ring.getIdentity(), ring.getRecords(), ring.getLost()});
        if (recording_.rings.back().origin == abi::RingOrigin::kernel)
            processors.push_back(recording_.rings.back().identity);
    }
    for (std::uint32_t i = 0; i < recording_.rings.size(); ++i)
        assemblers_.emplace_back(i, recording_.rings[i], processors);
    seen_.resize(recording_.rings.size());
    events_.resize(recording_.rings.size());
    check(header);
}

void Reader::check(schema::Header::Reader header) {
    const Header read{recording_.facts, recording_.result, recording_.rings, recording_.flags,
                      header.getVersion()};
    if (checksum_of(read) != header.getChecksum())
        note("the header of the recording is damaged: its checksum is wrong. What it says of the "
             "run may be wrong, too; record the run again.");
}

bool Reader::chunk(schema::Chunk::Reader chunk) {
    const std::uint32_t ring = chunk.getRing();
    if (ring >= recording_.rings.size() || chunk.getFirst() != seen_[ring] + chunk.getLost())
        return false;
    if (chunk.getLost() != 0)
        assemblers_[ring].skip(chunk.getLost());
    std::vector<abi::Record> records;
    records.reserve(chunk.getEvents().size());
    for (const auto event : chunk.getEvents())
        records.push_back({event.getTime(), event.getEnvironment(), event.getProcessor(),
                           event.getKind(), event.getA(), event.getB()});
    for (const abi::Record& record : records)
        assemblers_[ring].take(record, &events_[ring]);
    seen_[ring] = chunk.getFirst() + records.size();
    ++chunks_;
    if (checksum_of(ring, chunk.getFirst(), chunk.getLost(), records.data(), records.size()) !=
        chunk.getChecksum()) {
        if (damaged_chunks_++ == 0)
            first_damaged_ = "chunk " + std::to_string(chunks_) + ", records " +
                             std::to_string(chunk.getFirst()) + " to " +
                             std::to_string(seen_[ring] - 1) + " of ring " + std::to_string(ring);
        damaged_records_ += records.size();
    }
    return true;
}

Reader::Step Reader::body() {
    kj::ArrayPtr<const capnp::word> words;
    for (Step step = next(words); true; step = next(words)) {
        if (step != Step::read)
            return ended_ && step == Step::end_of_file ? step
                   : step == Step::damaged || ended_   ? Step::damaged
                                                       : Step::cut;
        capnp::FlatArrayMessageReader message(words);
        const auto root = message.getRoot<schema::Message>();
        if (ended_)
            return Step::damaged;
        if (root.isChunk()) {
            if (!chunk(root.getChunk()))
                return Step::damaged;
        } else if (root.isEnd()) {
            ended_ = true;
            append(told_, root.getEnd().getFlags());
            if (root.getEnd().getChunks() != chunks_ ||
                checksum_of_end(told_, chunks_) != root.getEnd().getChecksum())
                return Step::damaged;
        } else {
            return Step::damaged;
        }
    }
}

std::optional<Recording> Reader::read(std::string& error) {
    try {
        if (!header(error))
            return std::nullopt;
    } catch (const kj::Exception& exception) {
        error = names_format() ? "the header of the recording " + path_ + " is damaged (" +
                                     text(exception.getDescription()) + "). Record the run again."
                               : foreign();
        return std::nullopt;
    }
    Step last = Step::damaged;
    std::string why;
    try {
        last = body();
    } catch (const kj::Exception& exception) {
        why = " (" + text(exception.getDescription()) + ")";
    }
    if (last == Step::cut)
        note("the end of the recording is missing: it was cut off after " +
             std::to_string(chunks_) + " whole chunks, " + how_much() +
             ". What lies before is shown.");
    else if (last == Step::damaged)
        note("the recording is damaged after " + std::to_string(chunks_) + " chunks" + why +
             ". What lies before is shown; record the run again for the rest.");
    note_damaged_chunks();
    const auto key = [](const Flag& flag) {
        return std::make_tuple(flag.ring, flag.record, flag.reason);
    };
    std::set<std::tuple<std::uint32_t, std::uint64_t, Reason>> told;
    for (const Flag& flag : told_)
        told.insert(key(flag));
    for (std::size_t i = 0; i < assemblers_.size(); ++i) {
        const bool short_of_records = seen_[i] < recording_.rings[i].records;
        assemblers_[i].end(short_of_records, &events_[i]);
        if (last == Step::end_of_file && seen_[i] != recording_.rings[i].records)
            note("ring " + std::to_string(i) + " has " + std::to_string(seen_[i]) +
                 " records where the header promises " +
                 std::to_string(recording_.rings[i].records) + ". Record the run again.");
        for (const Flag& found : assemblers_[i].flags())
            if (told.insert(key(found)).second)
                told_.push_back(found); // the recorder did not say so
    }
    recording_.flags.insert(recording_.flags.end(), told_.begin(), told_.end());
    recording_.events = merge(events_);
    if (const std::string missing = libos_events_missing(recording_); !missing.empty())
        recording_.notes.push_back(missing);
    return std::move(recording_);
}

// How many records there are, of those that the header promises.
std::string Reader::how_much() const {
    std::uint64_t read = 0, promised = 0;
    for (std::size_t i = 0; i < seen_.size(); ++i) {
        read += seen_[i];
        promised += recording_.rings[i].records;
    }
    return std::to_string(read) + " of " + std::to_string(promised) + " records";
}

void Reader::note_damaged_chunks() {
    if (damaged_chunks_ != 0)
        note("the recording is damaged in " + std::to_string(damaged_chunks_) + " of its " +
             std::to_string(chunks_) + " chunks, first in " + first_damaged_ +
             ": their checksums are wrong. Their " + std::to_string(damaged_records_) +
             " records are shown as they are and may say anything; record the run again.");
}

void Reader::note(const std::string& text) {
    recording_.complete = false;
    recording_.notes.push_back(text);
}

} // namespace

std::optional<Recording> load(const std::string& path, std::string& error) {
    Words words;
    if (!read(path, words, error))
        return std::nullopt;
    return Reader(path, words).read(error);
}

} // namespace recording
