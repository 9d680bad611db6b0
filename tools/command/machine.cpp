// tools/command/machine.cpp - the manifest, QEMU's command line, and the files of a run.

#include <fmt/format.h>
#include <system_error>

#include "bindings/abi/archive.hpp"
#include "tools/benchmark/shared_lines.hpp"
#include "tools/command/boot_image.hpp"
#include "tools/command/experiment.hpp"
#include "tools/command/paging_options.hpp"
#include "tools/command/replay.hpp"

namespace command {

namespace fs = std::filesystem;

Outcome<std::string> manifest_of(const Experiment& experiment) {
    std::string text = fmt::format("app={}\nframes={}\npolicy={}\nseed={}\n", experiment.app.name,
                                   experiment.frames, experiment.policy, experiment.seed);
    text += manifest_lines(experiment.paging);
    if (!experiment.arguments.empty())
        text += fmt::format("arguments={}\n", fmt::join(experiment.arguments, " "));
    for (const DiskFile& file : experiment.disk.files)
        text += fmt::format("file={} {} {}\n", file.name, file.first_block, file.bytes);
    text += fmt::format("slots={}\nrecord={}\ndeterministic={}\n", slots_of(experiment),
                        experiment.record ? 1 : 0, experiment.counted() ? 1 : 0);
    if (experiment.processors != 1)
        text += fmt::format("processors={}\n", experiment.processors);
    if (experiment.until_fault)
        text += fmt::format("until_fault={}\n", *experiment.until_fault);
    for (const std::string& line : experiment.app.scenario.manifest)
        text += line + "\n";
    for (const std::string& word : experiment.arguments)
        if (word.empty() || word.find_first_of(" \t\n\r") != std::string::npos)
            return usage_error(fmt::format("`{}`: an argument for the app cannot be empty or "
                                           "contain a blank",
                                           word));
    if (text.size() >= abi::manifest_limit)
        return usage_error(fmt::format("the app's arguments and files need {} bytes, {} are there",
                                       text.size(), abi::manifest_limit - 1));
    return text;
}

namespace {

// The disk. In a replay its requests go through `blkreplay`, which completes them where the log
// says; what the guest writes goes to a temporary overlay, which can also hold snapshots.
std::vector<std::string> drive_of(const Experiment& experiment, const std::string& file) {
    constexpr const char* on_error = "rerror=report,werror=report";
    std::vector<std::string> words;
    if (experiment.for_replay())
        words = {"-drive",
                 fmt::format("file={},format=raw,if=none,id=image,snapshot=on,cache=unsafe", file),
                 "-drive",
                 fmt::format("driver=blkreplay,if=none,image=image,id=disk,{}", on_error)};
    else
        words = {"-drive",
                 fmt::format("file={},format=raw,if=none,id=disk,cache=unsafe,{}", file, on_error)};
    words.insert(words.end(),
                 {"-device", "virtio-blk-pci,drive=disk,disable-legacy=on,page-per-vq=on,"
                             "num-queues=32,vectors=33"});
    return words;
}

} // namespace

std::vector<std::string> machine_of(const Experiment& experiment, const std::string& qemu,
                                    const fs::path& run) {
    // QEMU reads `,,` as a comma inside a value.
    const auto quoted = [](const fs::path& file) {
        std::string text;
        for (const char c : file.string())
            text += c == ',' ? ",," : std::string(1, c);
        return text;
    };
    const auto in_run = [&](const char* name) { return quoted(run / name); };
    std::vector<std::string> words{
        qemu, "-nodefaults", "-no-user-config",     "-display", "none", "-no-reboot", "-M",
        "",   "-accel",      experiment.accelerator};
    words[7] = experiment.deterministic() ? "q35,pit=off,hpet=off" : "q35";
    if (experiment.deterministic())
        words.insert(words.end(), {"-icount", "shift=0,sleep=off"});
    // With the PIT, and asleep while the guest halts: else a halt that waits for the disk leaves
    // QEMU nothing to go on with, and it hangs.
    // Without vapic, whose state QEMU 7 cannot load in a replay: it waits for the processor, which
    // waits for it.
    if (experiment.for_replay())
        words.insert(words.end(),
                     {"-icount",
                      fmt::format("shift=0,rr={},rrfile={}",
                                  experiment.replaying ? "replay" : "record", in_run("replay.log")),
                      "-global", "apic.vapic=off"});
    const bool kvm = experiment.accelerator == "kvm";
    std::string disk = in_run("disk.img");
    if (experiment.blkdebug)
        disk = "blkdebug:" + quoted(*experiment.blkdebug) + ":" + disk;
    if (experiment.throttle != 0)
        disk += fmt::format(",throttling.iops-total={}", experiment.throttle);
    const std::uint64_t region = experiment.record ? experiment.region : 1ull << 20;
    const std::vector<std::string> rest{
        "-smp",
        std::to_string(experiment.processors),
        "-m",
        std::to_string(memory_of(experiment)),
        "-cpu",
        kvm ? "host" : "max,-rdrand,-rdseed,-erms,-fsrm",
        "-kernel",
        experiment.kernel.string(),
        "-initrd",
        experiment.archive ? experiment.archive->string() : (run / "archive.tar").string(),
        "-serial",
        "file:" + (run / "console.log").string(),
        "-device",
        "isa-debug-exit,iobase=0x501,iosize=4",
        "-object",
        fmt::format("memory-backend-file,id=region,size={},mem-path={},share=on", region,
                    in_run("region.bin")),
        "-device",
        "ivshmem-plain,memdev=region,master=on",
    };
    words.insert(words.end(), rest.begin(), rest.end());
    const std::vector<std::string> drive = drive_of(experiment, disk);
    words.insert(words.end(), drive.begin(), drive.end());
    if (experiment.line_counter)
        words.insert(words.end(),
                     {"-plugin", fmt::format("{},spec={},out={}", quoted(*experiment.line_counter),
                                             in_run(benchmark::line_regions_name),
                                             in_run(benchmark::line_counts_name))});
    words.insert(words.end(), experiment.machine.begin(), experiment.machine.end());
    return words;
}

std::string shell_line(const std::vector<std::string>& words) {
    constexpr const char* plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789%+,-./:=@_";
    std::string line;
    for (const std::string& word : words) {
        line += line.empty() ? "" : " ";
        if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) {
            line += word;
            continue;
        }
        line += '\'';
        for (const char c : word)
            line += c == '\'' ? "'\\''" : std::string(1, c);
        line += '\'';
    }
    return line;
}

Outcome<std::string> archive_of(const Experiment& experiment) {
    const std::string program = TRY(read_whole(experiment.app.program));
    std::vector<Member> programs{{experiment.app.name, loadable_part(program)}};
    for (const fs::path& other : experiment.programs)
        programs.push_back({other.filename().string(), loadable_part(TRY(read_whole(other)))});
    return bootable_archive(TRY(manifest_of(experiment)), programs);
}

Outcome<void> make_ready(const Experiment& experiment, const std::vector<std::string>& machine,
                         const std::string& versions, const fs::path& run) {
    const std::string manifest = TRY(manifest_of(experiment));
    const std::string archive = TRY(archive_of(experiment));
    TRY(write_whole(run / "config", manifest));
    TRY(write_whole(run / "command", shell_line(machine) + "\n"));
    TRY(write_whole(run / "versions", versions));
    TRY(write_whole(run / "archive.tar", archive));
    TRY(write_disk(experiment.disk, run / "disk.img"));
    std::error_code error;
    for (const char* const stale :
         {"result.json", "console.log", "qemu.log", recording_name, "replay.log", "replay.machine",
          "kernel.elf", "programs", benchmark::line_counts_name, benchmark::lines_named_name})
        fs::remove_all(run / stale, error);
    TRY(write_whole(run / "region.bin", ""));
    fs::resize_file(run / "region.bin", experiment.record ? experiment.region : 1ull << 20, error);
    if (error)
        return host_error(fmt::format("{}: cannot be made {} bytes long: {}",
                                      shown(run / "region.bin"), experiment.region,
                                      error.message()));
    if (experiment.line_counter) {
        const std::string regions = TRY(benchmark::line_regions_of(experiment.app.program));
        TRY(write_whole(run / benchmark::line_regions_name, regions));
    }
    if (experiment.for_replay())
        TRY(keep_for_replay(experiment, run));
    return {};
}

} // namespace command
