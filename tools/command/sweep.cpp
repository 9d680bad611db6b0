// tools/command/sweep.cpp - `exo sweep`: policies x frames, as jobs that are independent of each
// other; then all of them as one table and one page.

#include <algorithm>
#include <fcntl.h>
#include <fmt/format.h>
#include <sstream>
#include <sys/file.h>
#include <thread>
#include <unistd.h>

#include "tools/command/child.hpp"
#include "tools/command/command.hpp"
#include "tools/command/disk_image.hpp"
#include "tools/command/experiment.hpp"
#include "tools/command/progress.hpp"
#include "tools/command/sweep_plan.hpp"
#include "tools/command/wrap.hpp"
#include "tools/comparison/page.hpp"
#include "tools/comparison/table.hpp"

namespace command {

namespace fs = std::filesystem;

namespace {

std::string line_of(const Project& project, const Job& job) {
    std::vector<std::string> words{(project.build() / "exo").string()};
    words.insert(words.end(), job.words.begin(), job.words.end());
    return shell_line(words);
}

std::string lines_of(const Project& project, const SweepPlan& plan) {
    std::string text;
    for (const Job& job : plan.jobs)
        text += line_of(project, job) + "\n";
    return text;
}

// The directory is one sweep's at a time.
class Claim {
public:
    static Outcome<Claim> on(const fs::path& directory) {
        std::error_code error;
        fs::create_directories(directory, error);
        if (error || !fs::is_directory(directory))
            return usage_error(
                fmt::format("-o {}: is no directory and cannot be made one", shown(directory)));
        if (!fs::is_empty(directory) && !fs::exists(directory / "jobs"))
            return usage_error(fmt::format("-o {}: holds other files; name an empty directory or "
                                           "that of an earlier sweep",
                                           shown(directory)));
        const int file = open((directory / ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
        if (file < 0)
            return host_error(fmt::format("-o {}: cannot be written", shown(directory)));
        if (flock(file, LOCK_EX | LOCK_NB) == 0)
            return Claim(file);
        close(file);
        return usage_error(fmt::format("-o {}: another sweep works there; wait for it, or name "
                                       "another directory",
                                       shown(directory)));
    }
    Claim(Claim&& other) noexcept : file_{std::exchange(other.file_, -1)} {}
    Claim& operator=(Claim&&) = delete;
    ~Claim() {
        if (file_ >= 0)
            close(file_);
    }

private:
    explicit Claim(int file) : file_{file} {}
    int file_;
};

fs::path log_of(const SweepPlan& plan, const Job& job) {
    return plan.directory / (job.name + ".log");
}

// What is large, and can be made again, is not kept.
void slim(const Job& job) {
    std::error_code ignored;
    for (const char* const name : {"disk.img", "archive.tar", "region.bin"})
        fs::remove(job.result.parent_path() / name, ignored);
}

// The first thing that exo said of it, apart from how long it has run.
std::string complaint_in(const std::string& log) {
    std::istringstream lines(log);
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with("exo: ") && line.find(" runs for ") == std::string::npos)
            return line.substr(5);
    return "it does not say why";
}

struct Tally {
    std::size_t before = 0, good = 0, bad = 0;
};

void report(const SweepPlan& plan, const Job& job, const ChildEnd& end, Tally& tally) {
    if (end.how == Ended::exited && end.status == 0 && done(job)) {
        ++tally.good;
        std::error_code ignored;
        fs::remove(log_of(plan, job), ignored);
        if (!plan.simulated)
            slim(job);
        return;
    }
    ++tally.bad;
    const std::string how =
        fmt::format("{} {}", end.how == Ended::exited ? "exit" : "signal", end.status);
    tell(fmt::format("{} failed ({}): {}; {} has all that it said", job.name, how,
                     end.how == Ended::exited && end.status == 0
                         ? "its result is of another experiment; a file or program has changed "
                           "meanwhile"
                         : complaint_in(read_whole(log_of(plan, job)).value_or("")),
                     shown(log_of(plan, job))));
}

// Runs what is not done yet; true if the user has ended it.
Outcome<bool> run_jobs(const Project& project, const SweepPlan& plan, std::size_t at_once,
                       Tally& tally) {
    std::vector<const Job*> left;
    std::vector<ChildPlan> children;
    std::error_code ignored;
    for (const Job& job : plan.jobs) {
        if (done(job)) {
            ++tally.before;
            continue;
        }
        // What a job that was ended has left would be in the way of the next.
        fs::remove_all(plan.simulated ? job.result : job.result.parent_path(), ignored);
        left.push_back(&job);
        ChildPlan child{{(project.build() / "exo").string()}, log_of(plan, job)};
        child.words.insert(child.words.end(), job.words.begin(), job.words.end());
        children.push_back(std::move(child));
    }
    Progress progress;
    const auto ended = [&](std::size_t index, const ChildEnd& end) {
        progress.clear();
        report(plan, *left[index], end, tally);
    };
    return run_children(children, at_once, ended, [&] {
        progress.moment(fmt::format(
            "{} of {} jobs done{} ({} s)", tally.before + tally.good, plan.jobs.size(),
            tally.bad == 0 ? "" : fmt::format(", {} failed", tally.bad), progress.seconds()));
    });
}

void print_rows(const std::vector<comparison::Row>& rows, const Parsed& parsed) {
    if (parsed.has("--json"))
        fmt::print("{}\n", comparison::as_json(rows));
    else
        fmt::print("{}", parsed.has("--csv") ? comparison::as_csv(rows)
                                             : comparison::as_text(rows, false));
}

Outcome<ExitCode> perform(const Project& project, const Parsed& parsed) {
    if (parsed.has("--json") && parsed.has("--csv"))
        return usage_error("--json and --csv: choose one");
    const std::uint64_t at_once =
        TRY(number_in("-j",
                      parsed.value("-j").value_or(
                          std::to_string(std::max(1u, std::thread::hardware_concurrency()))),
                      1, 1024));
    const SweepPlan plan = TRY(plan_sweep(project, parsed));
    if (parsed.has("--dry-run")) {
        fmt::print("{}", lines_of(project, plan));
        return ExitCode::done;
    }
    const Claim claim = TRY(Claim::on(plan.directory));
    TRY(replace_whole(plan.directory / "jobs", lines_of(project, plan)));
    Tally tally;
    const bool interrupted = TRY(run_jobs(project, plan, at_once, tally));
    if (interrupted) {
        tell(fmt::format("interrupted; {} of {} jobs are done, and the same command goes on from "
                         "there",
                         tally.before + tally.good, plan.jobs.size()));
        return ExitCode::interrupted;
    }
    std::vector<comparison::Row> rows;
    for (const Job& job : plan.jobs)
        if (auto row = done(job))
            rows.push_back(*row);
    tell(fmt::format("{} jobs: {} run, {} done before, {} failed", plan.jobs.size(), tally.good,
                     tally.before, tally.bad));
    if (!rows.empty()) {
        const fs::path page = plan.directory / "sweep.html";
        TRY(replace_whole(page, comparison::page({plan.title, plan.about}, rows)));
        print_rows(rows, parsed);
        if (!parsed.has("--json") && !parsed.has("--csv"))
            fmt::print("page: {}\n", shown(page));
    }
    return rows.size() == plan.jobs.size() ? ExitCode::done : ExitCode::check_failed;
}

} // namespace

Command sweep_command() {
    std::vector<Option> options = sweep_options();
    const std::vector<Option> own{
        {"-o", "DIR", "where jobs and results are (default build/runs/sweep-APP)"},
        {"-j", "N", "so many jobs at a time"},
        {"--dry-run", "", "prints the jobs, one command a line, and runs none"},
        {"--csv", "", "the table comma-separated"},
        {"--json", "", "the table as one JSON object"}};
    options.insert(options.end(), own.begin(), own.end());
    return {"sweep",
            "[APP]",
            "policies x numbers of frames: a table, and a page with curves",
            std::move(options),
            0,
            1,
            "APP-ARGUMENTS",
            perform};
}

} // namespace command
