// tools/command/identity.cpp - one sum over the workload, one over everything.

#include "tools/command/identity.hpp"

#include <fmt/format.h>

#include "tools/recording_file/checksum.hpp"

namespace command {

namespace fs = std::filesystem;

namespace {

using recording::Checksum;

Outcome<std::uint64_t> workload_of(const Experiment& experiment) {
    Checksum sum;
    sum.add(experiment.app.name).add(experiment.seed).add(experiment.arguments.size());
    for (const std::string& word : experiment.arguments)
        sum.add(word);
    for (const DiskFile& file : experiment.disk.files)
        sum.add(file.name)
            .add(file.bytes)
            .add(file.content.empty() && !file.original.empty()
                     ? TRY(read_whole(file.original))
                     : file.content); // with neither: zeros
    return sum.value();
}

std::uint64_t this_program() {
    return Checksum{}.add(read_whole("/proc/self/exe").value_or("")).value();
}

} // namespace

Outcome<Identity> identity_of(const Experiment& experiment, const std::string& qemu) {
    const std::uint64_t workload = TRY(workload_of(experiment));
    Checksum sum;
    sum.add(workload).add(experiment.disk.blocks).add(qemu);
    sum.add(experiment.archive ? TRY(read_whole(*experiment.archive))
                               : TRY(archive_of(experiment)));
    sum.add(TRY(read_whole(experiment.kernel)));
    sum.add(experiment.profile).add(experiment.accelerator).add(memory_of(experiment));
    sum.add(experiment.record ? experiment.region : 0).add(experiment.throttle);
    if (experiment.blkdebug)
        sum.add(TRY(read_whole(*experiment.blkdebug)));
    for (const std::string& word : experiment.machine)
        sum.add(word);
    return Identity{workload, sum.value()};
}

Outcome<std::uint64_t> simulated_workload(const Parsed& parsed) {
    Checksum sum;
    for (const char* const option : {"--pattern", "--pages", "--passes", "--skew"})
        sum.add(parsed.value(option).value_or(""));
    if (parsed.has("--pattern"))
        sum.add(parsed.value("--seed").value_or(""));
    if (const auto trace = parsed.value("--trace"))
        sum.add(fs::path(*trace).extension().string()).add(TRY(read_whole(*trace)));
    return sum.value();
}

Outcome<Identity> identity_of_simulation(const Parsed& parsed, std::uint64_t workload) {
    static const std::uint64_t program = this_program();
    Checksum sum;
    sum.add(workload).add(program);
    for (const auto& [option, values] : parsed.values) {
        const bool says_how = option == "-o" || option == "--json" || option == "--csv";
        if (!says_how && option != "--trace")
            sum.add(option).add(values.empty() ? "" : values.back());
    }
    return Identity{workload, sum.value()};
}

std::string shown_identity(std::uint64_t number) { return fmt::format("{:016x}", number); }

} // namespace command
