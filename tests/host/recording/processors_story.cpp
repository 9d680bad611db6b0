// tests/host/recording/processors_story.cpp - the events of three processors, in one order.

#include "tests/host/recording/processors_story.hpp"

#include "bindings/abi/exception.hpp"
#include "bindings/abi/system_call.hpp"
#include "bindings/abi/translation.hpp"

namespace story {

namespace {

constexpr std::uint64_t first_page = 0x40000, table = 77;

class Machine {
public:
    Machine() {
        for (std::uint32_t processor = 0; processor != 3; ++processor)
            recording_.rings.push_back({abi::RingOrigin::kernel, processor, 0, 0});
        for (std::uint32_t environment = 1; environment != 4; ++environment)
            recording_.rings.push_back({abi::RingOrigin::libos, environment, 0, 0});
        recording_.facts = {{"app", "remover"}, {"cpus", "3"}};
        recording_.result.outcome = abi::Outcome::ended;
    }

    Event& on(std::uint16_t processor, Kind kind, std::initializer_list<std::uint64_t> words) {
        return append(processor, kind, running_[processor], processor, words);
    }
    void run(std::uint16_t processor, std::uint32_t environment) {
        on(processor, Kind::environment_switched, {running_[processor], environment});
        running_[processor] = environment;
    }
    Event& claim(std::uint16_t processor, Kind kind, std::initializer_list<std::uint64_t> words) {
        Event& event = append(2 + running_[processor], kind, running_[processor], processor, words);
        event.claim = true;
        return event;
    }
    void returns(abi::Call call) {
        on(0, Kind::system_call, {static_cast<std::uint64_t>(call), 0, 0, 0x403500, 0});
    }
    void remove(std::uint64_t index) {
        on(0, Kind::translation_removed,
           {first_page + index, 20 + index, translation_of(20 + index) | 0x20, 0x20, table, 1, 0,
            0});
    }
    void ask(std::uint16_t target) { on(0, Kind::shootdown_sent, {target, running_[target]}); }
    void interrupt(std::uint16_t target) {
        on(target, Kind::interrupt,
           {abi::interrupt::processor, 0x402000u + target, 0x202, 0x500000, 3});
    }
    void answer(std::uint16_t target) {
        on(target, Kind::shootdown_answered, {running_[target], 0});
    }
    void go_on(std::uint16_t target) {
        on(target, Kind::resumed_by_iret,
           {0x402000u + target, 0x202, 0x500000, abi::interrupt::processor, 0});
    }
    void pass(std::uint64_t instructions) { time_ += instructions; }
    Recording take() {
        recording_.result.ticks_at_end = time_;
        return recording_;
    }

private:
    Event& append(std::uint32_t ring, Kind kind, std::uint32_t environment, std::uint16_t processor,
                  std::initializer_list<std::uint64_t> words) {
        Event& event = recording_.events.emplace_back();
        event.sequence = recording_.events.size() - 1;
        event.time = time_ += 10;
        event.environment = environment;
        event.processor = processor;
        event.kind = static_cast<std::uint16_t>(kind);
        event.ring = ring;
        event.words = 3 * abi::records_of(kind) - 1;
        std::copy(words.begin(), words.end(), event.payload.begin());
        return event;
    }

    Recording recording_;
    std::uint64_t time_ = 1000;
    std::uint32_t running_[3] = {0, 0, 0};
};

void start(Machine& machine) {
    constexpr std::uint64_t name[] = {0x72'6576'6f6d'6572, 0x7265'6461'6572}; // remover, reader
    machine.on(0, Kind::kernel_started, {100, 0x1000000});
    for (std::uint64_t started = 1; started != 3; ++started)
        machine.on(0, Kind::processor_started, {started, started});
    machine.on(0, Kind::environment_started, {1, 0x400000});
    for (std::uint16_t processor = 0; processor != 3; ++processor) {
        if (processor != 0)
            machine.on(0, Kind::environment_created, {processor + 1u, 1});
        machine.run(processor, processor + 1u);
        machine.claim(processor, Kind::application_started, {0, name[processor == 0 ? 0 : 1]});
    }
}

} // namespace

Recording processors_story() {
    Machine machine;
    start(machine);

    machine.pass(5000);
    machine.remove(0);
    machine.remove(1);
    machine.returns(abi::Call::perform_translations);
    machine.ask(1);
    machine.ask(2);
    machine.pass(90);
    machine.answer(2);
    machine.answer(1);
    machine.pass(40);
    machine.interrupt(1);
    machine.interrupt(2);
    machine.go_on(1);
    machine.go_on(2);

    machine.on(2, Kind::system_call,
               {static_cast<std::uint64_t>(abi::Call::wait), 0, 0, 0x404000, 0});
    machine.run(2, 0);
    machine.pass(800);
    machine.on(2, Kind::idle, {700, 0});
    machine.run(2, 3);

    machine.remove(2);
    machine.on(0, Kind::frame_released, {22, 0});
    machine.returns(abi::Call::drop);
    machine.ask(1);
    machine.answer(1);

    machine.remove(3); // without the lock: its address space runs here
    machine.returns(abi::Call::remove);
    machine.on(0, Kind::translation_changed, {first_page + 4, 3, 0, 3, table});
    machine.returns(abi::Call::change);
    machine.ask(2);
    machine.claim(1, Kind::application_ended, {0, 0}).processor = 0;
    return machine.take();
}

} // namespace story
