// tools/command/identity.cpp - one sum over the workload, one over everything.

#include "tools/command/identity.hpp"

#include "tools/recording_file/checksum.hpp"

namespace command {

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

} // namespace command
