// tools/profiler/shared_lines.cpp - a QEMU plugin that counts what accesses to memory would cost
// between the caches of several processors (coherence.hpp), by physical lines.
//
//   qemu-system-x86_64 ... -icount shift=0,sleep=off -plugin shared_lines.so,spec=FILE,out=FILE
//
// The specification names regions (`region NAME FROM TO`, specification.hpp). Every access since
// the machine was started decides who has which line; a processor's accesses are counted while it
// is between FROM and TO itself. Not seen is what the processor does without an instruction that
// says so: pushing the frame of an exception, reading descriptors, walking page tables, fetching
// instructions. Deterministic where processors take turns, as they do with -icount; the guest is
// not perturbed.

#include <cinttypes>
#include <cstdio>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tools/profiler/coherence.hpp"
#include "tools/profiler/qemu_plugin_interface.hpp"
#include "tools/profiler/specification.hpp"

namespace profiler {
namespace {

constexpr unsigned most_processors = 32; // bits of a mask

// Who has used a line within a region.
struct Use {
    std::uint32_t writers = 0, readers = 0; // a bit for each processor
    std::uint64_t address = 0, pc = 0;      // of the last write: virtual, and the instruction's

    bool shared() const {
        const std::uint32_t all = writers | readers;
        return writers != 0 && (all & (all - 1)) != 0;
    }
};

struct Counted {
    std::string name;
    std::map<unsigned, Traffic> by_processor;
    std::map<std::uint64_t, Use> uses; // by line
};

// An address that opens a region, or closes it.
struct Marker {
    Counted* region;
    bool opens;
};

struct State {
    std::string output;
    std::vector<std::unique_ptr<Counted>> regions;
    std::unordered_map<std::uint64_t, Marker> markers;
    Coherence coherence;
    Counted* open[most_processors] = {}; // by processor
};
State* state = nullptr; // one per QEMU, made when the plugin is installed

void on_marker(unsigned processor, void* data) {
    const auto& marker = *static_cast<const Marker*>(data);
    Counted*& open = state->open[processor];
    if (marker.opens)
        open = marker.region;
    else if (open == marker.region)
        open = nullptr;
}

void access(unsigned processor, std::uint64_t line, bool write, std::uint64_t address,
            std::uint64_t pc) {
    const Traffic traffic =
        write ? state->coherence.write(processor, line) : state->coherence.read(processor, line);
    Counted* region = state->open[processor];
    if (region == nullptr)
        return;
    region->by_processor[processor] += traffic;
    Use& use = region->uses[line];
    (write ? use.writers : use.readers) |= 1u << processor;
    if (write || use.address == 0) {
        use.address = address;
        use.pc = pc;
    }
}

void on_access(unsigned processor, MemoryAccess what, std::uint64_t address, void* data) {
    const PhysicalPlace* place = qemu_plugin_get_hwaddr(what, address);
    if (place == nullptr || qemu_plugin_hwaddr_is_io(place))
        return;
    const std::uint64_t first = qemu_plugin_hwaddr_phys_addr(place); // of the whole access
    const std::uint64_t last = first + (1u << qemu_plugin_mem_size_shift(what)) - 1;
    for (std::uint64_t line = first / line_bytes; line <= last / line_bytes; ++line)
        access(processor, line, qemu_plugin_mem_is_store(what), address,
               reinterpret_cast<std::uint64_t>(data));
}

void on_translation(PluginId, TranslationBlock* block) {
    for (std::size_t i = 0; i < qemu_plugin_tb_n_insns(block); ++i) {
        TranslatedInstruction* instruction = qemu_plugin_tb_get_insn(block, i);
        const std::uint64_t pc = qemu_plugin_insn_vaddr(instruction);
        if (const auto marker = state->markers.find(pc); marker != state->markers.end())
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, on_marker,
                                                   CallbackFlags::no_registers, &marker->second);
        qemu_plugin_register_vcpu_mem_cb(instruction, on_access, CallbackFlags::no_registers,
                                         MemoryAccesses::all, reinterpret_cast<void*>(pc));
    }
}

// Comma-separated: for each region its processors' counts, then the lines that one processor wrote
// and another used; numbers of lines and addresses hexadecimal. The last line says that it is
// whole.
void on_exit(PluginId, void*) {
    std::FILE* file = std::fopen(state->output.c_str(), "w");
    if (!file) {
        std::fprintf(stderr, "shared_lines: cannot write %s\n", state->output.c_str());
        return;
    }
    for (const auto& region : state->regions) {
        for (const auto& [processor, traffic] : region->by_processor)
            std::fprintf(
                file, "traffic,%s,%u,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n",
                region->name.c_str(), processor, traffic.reads, traffic.writes,
                traffic.remote_reads, traffic.remote_writes, traffic.invalidations);
        for (const auto& [line, use] : region->uses)
            if (use.shared())
                std::fprintf(file, "line,%s,%" PRIx64 ",%x,%x,%" PRIx64 ",%" PRIx64 "\n",
                             region->name.c_str(), line * line_bytes, use.writers, use.readers,
                             use.address, use.pc);
    }
    std::fputs("end\n", file);
    std::fclose(file);
}

bool install(std::span<char*> arguments, int processors) {
    auto made = std::make_unique<State>();
    std::string path;
    for (const std::string_view text : arguments) {
        if (text.starts_with("spec="))
            path = text.substr(5);
        else if (text.starts_with("out="))
            made->output = text.substr(4);
    }
    if (path.empty() || made->output.empty()) {
        std::fputs("shared_lines: needs spec=FILE (regions) and out=FILE (results)\n", stderr);
        return false;
    }
    if (processors > static_cast<int>(most_processors)) {
        std::fprintf(stderr, "shared_lines: counts for %u processors at most; use -smp %u\n",
                     most_processors, most_processors);
        return false;
    }
    const auto specification = read_specification(path);
    if (!specification) {
        std::fprintf(stderr, "shared_lines: %s\n", specification.error().c_str());
        return false;
    }
    for (const Region& region : specification->regions) {
        made->regions.push_back(std::make_unique<Counted>());
        Counted* counted = made->regions.back().get();
        counted->name = region.name();
        made->markers[region.from()] = {counted, true};
        made->markers[region.to()] = {counted, false};
    }
    state = made.release(); // lives as long as QEMU
    return true;
}

} // namespace
} // namespace profiler

extern "C" {

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

__attribute__((visibility("default"))) int qemu_plugin_install(PluginId id,
                                                               const PluginInformation* information,
                                                               int argument_count,
                                                               char** arguments) {
    if (!profiler::install({arguments, static_cast<std::size_t>(argument_count)},
                           information->system.smp_vcpus))
        return 1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, profiler::on_translation);
    qemu_plugin_register_atexit_cb(id, profiler::on_exit, nullptr);
    return 0;
}
}
