// tools/profiler/profiler.cpp - a QEMU plugin that counts the instructions of chosen paths exactly.
//
//   qemu-system-x86_64 ... -icount shift=0,sleep=off -plugin profiler.so,spec=FILE,out=FILE
//
// Every instruction bumps a counter inline; calls out happen only at the addresses that bound a
// region, at instructions that leave the kernel, and once per kernel block. Counting begins with
// the first return to ring 3, so firmware and boot are left out. The convention is that of -icount:
// an instruction that faults counts once, when it is repeated (see counters.hpp). The guest is not
// perturbed: with and without the plugin it computes and prints the same.
//
// Of several virtual CPUs, which take turns under -icount, the first is measured; what the others
// execute is counted apart.

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tools/profiler/decode.hpp"
#include "tools/profiler/disk_share.hpp"
#include "tools/profiler/kernel_run.hpp"
#include "tools/profiler/qemu_plugin_interface.hpp"
#include "tools/profiler/specification.hpp"
#include "tools/profiler/trace.hpp"

namespace profiler {
namespace {

// An address that bounds regions.
struct Marker {
    std::uint64_t pc;
    std::vector<Region*> regions;
};

struct Profile {
    std::string output;
    Specification specification;
    std::unordered_map<std::uint64_t, Marker> markers;
    Counters now;   // bumped by translated code
    Counters aside; // of the first virtual CPU while others have their turn, or of those
    bool others_turn = false;
    Counters at_boot, at_start, boot;
    bool started = false;
    KernelRuns kernel_runs;
    DiskShare disk_share;
    Trace trace;
    int processors = 1;
};
Profile* profile = nullptr; // one per QEMU, made when the plugin is installed

bool is_kernel(std::uint64_t pc) { return pc >> 63 != 0; }

// Callbacks get a program counter as their data: a pointer is as wide.
void* as_data(std::uint64_t pc) { return reinterpret_cast<void*>(pc); }
std::uint64_t as_pc(void* data) { return reinterpret_cast<std::uint64_t>(data); }

// Before each block, where there are several.
void on_turn(unsigned processor, void*) {
    if ((processor != 0) == profile->others_turn)
        return;
    std::swap(profile->now, profile->aside);
    profile->others_turn = !profile->others_turn;
}

void on_boot(unsigned, void*) { profile->at_boot = profile->now + profile->aside; }

void on_marker(unsigned processor, void* data) {
    if (!profile->started || processor != 0)
        return;
    const auto& marker = *static_cast<const Marker*>(data);
    profile->disk_share.settle(profile->now);
    for (Region* region : marker.regions) {
        const bool traced = region->name() == profile->specification.traced;
        if (traced)
            profile->trace.before_reach();
        region->reach(marker.pc, profile->now);
        if (traced)
            profile->trace.after_reach();
    }
}

void on_traced(unsigned processor, void* data) {
    if (processor == 0)
        profile->trace.step(static_cast<const Instruction*>(data));
}

void on_disk(unsigned, void*) { profile->disk_share.pass(); }

void on_kernel_block(unsigned processor, void* data) {
    if (processor != 0)
        return;
    profile->disk_share.settle(profile->now);
    profile->kernel_runs.block(as_pc(data), profile->now[Counter::kernel]);
}

void on_kernel_end(unsigned processor, void* data) {
    if (processor != 0)
        return;
    if (!profile->started) {
        profile->started = true;
        profile->at_start = profile->now;
        profile->boot = profile->now + profile->aside - profile->at_boot;
    }
    profile->kernel_runs.end(as_pc(data), profile->now[Counter::kernel]);
}

// Ends before the first return to ring 3 (the calibration of a timer, say) do not start counting.
void on_kernel_pause(unsigned processor, void* data) {
    if (profile->started)
        on_kernel_end(processor, data);
}

void count(TranslatedInstruction* instruction, Counter counter) {
    qemu_plugin_register_vcpu_insn_exec_inline(instruction, InlineOperation::add,
                                               &profile->now[counter], 1);
}

void instrument(TranslatedInstruction* instruction) {
    const std::uint64_t pc = qemu_plugin_insn_vaddr(instruction);
    const std::span<const std::uint8_t> bytes{
        static_cast<const std::uint8_t*>(qemu_plugin_insn_data(instruction)),
        qemu_plugin_insn_size(instruction)};
    const Decoded decoded = decode(bytes);

    count(instruction, is_kernel(pc) ? Counter::kernel : Counter::user);
    if (decoded.transition)
        count(instruction, *decoded.transition);
    if (const auto entry = profile->specification.entries.find(pc);
        entry != profile->specification.entries.end())
        count(instruction, entry->second);
    for (const std::uint64_t address : profile->specification.watched)
        if (names(bytes, pc, address))
            count(instruction, Counter::watched);

    if (pc >= profile->specification.application_begin &&
        pc < profile->specification.application_end)
        count(instruction, Counter::application);
    if (pc == profile->specification.boot)
        qemu_plugin_register_vcpu_insn_exec_cb(instruction, on_boot, CallbackFlags::no_registers,
                                               nullptr);
    if (profile->specification.disk.contains(pc))
        qemu_plugin_register_vcpu_insn_exec_cb(instruction, on_disk, CallbackFlags::no_registers,
                                               nullptr);

    if (decoded.ends_kernel_run && is_kernel(pc)) {
        const bool returns =
            decoded.transition == Counter::sysret || decoded.transition == Counter::iret;
        qemu_plugin_register_vcpu_insn_exec_cb(instruction,
                                               returns ? on_kernel_end : on_kernel_pause,
                                               CallbackFlags::no_registers, as_data(pc));
    }
    if (const auto marker = profile->markers.find(pc); marker != profile->markers.end())
        qemu_plugin_register_vcpu_insn_exec_cb(instruction, on_marker, CallbackFlags::no_registers,
                                               &marker->second);
    if (profile->trace.on()) { // behind the marker: a region's first instruction is traced
        char* text = qemu_plugin_insn_disas(instruction);
        const Instruction* known = profile->trace.remember(pc, text == nullptr ? "?" : text);
        std::free(text);
        qemu_plugin_register_vcpu_insn_exec_cb(instruction, on_traced, CallbackFlags::no_registers,
                                               const_cast<Instruction*>(known));
    }
}

void on_translation(PluginId, TranslationBlock* block) {
    const std::uint64_t pc = qemu_plugin_tb_vaddr(block);
    if (profile->processors != 1)
        qemu_plugin_register_vcpu_tb_exec_cb(block, on_turn, CallbackFlags::no_registers, nullptr);
    if (is_kernel(pc))
        qemu_plugin_register_vcpu_tb_exec_cb(block, on_kernel_block, CallbackFlags::no_registers,
                                             as_data(pc));
    for (std::size_t i = 0; i < qemu_plugin_tb_n_insns(block); ++i)
        instrument(qemu_plugin_tb_get_insn(block, i));
}

void write_row(std::FILE* file, std::string_view name, std::uint64_t passes, const char* statistic,
               const Counters& counters) {
    std::fprintf(file, "%.*s,%lu,%s", static_cast<int>(name.size()), name.data(), passes,
                 statistic);
    for (const std::uint64_t value : counters.values)
        std::fprintf(file, ",%lu", value);
    std::fputc('\n', file);
}

// One line an instruction of the traced region's best pass: program counter and disassembly.
void write_trace() {
    const std::string path = profile->output + ".trace";
    std::FILE* file = std::fopen(path.c_str(), "w");
    if (!file) {
        std::fprintf(stderr, "profiler: cannot write %s\n", path.c_str());
        return;
    }
    for (const Instruction* instruction : profile->trace.best())
        std::fprintf(file, "%lx %s\n", instruction->pc, instruction->text.c_str());
    std::fclose(file);
}

// Comma-separated: a header, four rows a region, one row for the boot where it was asked for, one
// for everything since the start, and the longest kernel run as length and three program counters.
void on_exit(PluginId, void*) {
    std::FILE* file = std::fopen(profile->output.c_str(), "w");
    if (!file) {
        std::fprintf(stderr, "profiler: cannot write %s\n", profile->output.c_str());
        return;
    }
    std::fputs("name,passes,statistic", file);
    for (const char* name : counter_names)
        std::fprintf(file, ",%s", name);
    std::fputc('\n', file);
    for (const Region& region : profile->specification.regions) {
        write_row(file, region.name(), region.passes(), "best", region.best());
        write_row(file, region.name(), region.passes(), "least", region.least());
        write_row(file, region.name(), region.passes(), "most", region.most());
        write_row(file, region.name(), region.passes(), "sum", region.sum());
    }
    if (profile->specification.boot != 0)
        write_row(file, "boot", 1, "sum", profile->boot);
    const Counters& first = profile->others_turn ? profile->aside : profile->now;
    write_row(file, "*", 1, "sum",
              without_faulting_attempts(profile->started ? first - profile->at_start : Counters{}));
    const KernelRun& run = profile->kernel_runs.longest();
    std::fprintf(file, "longest,%lu,%lx,%lx,%lx\n", run.length, run.begin, run.inside, run.end);
    std::fclose(file);
    if (profile->trace.on())
        write_trace();
}

bool install(int argument_count, char** arguments, int processors) {
    auto made = std::make_unique<Profile>();
    std::string path;
    for (const char* argument : std::span{arguments, static_cast<std::size_t>(argument_count)}) {
        const std::string_view text{argument};
        if (text.starts_with("spec="))
            path = text.substr(5);
        else if (text.starts_with("out="))
            made->output = text.substr(4);
    }
    if (path.empty() || made->output.empty()) {
        std::fputs("profiler: needs spec=FILE (what to measure) and out=FILE (results)\n", stderr);
        return false;
    }
    auto specification = read_specification(path);
    if (!specification) {
        std::fprintf(stderr, "profiler: %s\n", specification.error().c_str());
        return false;
    }
    made->specification = std::move(*specification);
    made->processors = processors;
    for (Region& region : made->specification.regions)
        for (const std::uint64_t pc : {region.from(), region.to()}) {
            Marker& marker = made->markers[pc];
            marker.pc = pc;
            if (marker.regions.empty() || marker.regions.back() != &region)
                marker.regions.push_back(&region);
        }
    for (const Region& region : made->specification.regions)
        if (region.name() == made->specification.traced)
            made->trace.follow(&region);
    profile = made.release(); // lives as long as QEMU: translated code adds to its counters
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
    if (!profiler::install(argument_count, arguments, information->system.smp_vcpus))
        return 1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, profiler::on_translation);
    qemu_plugin_register_atexit_cb(id, profiler::on_exit, nullptr);
    return 0;
}
}
