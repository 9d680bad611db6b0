// libos/sync/reader_writer_lock.hpp - one writer or any number of readers, in the order of arrival.

#pragma once

#include "libos/sync/shared_memory.hpp"

namespace libos::sync {

// Mellor-Crummey and Scott, "Scalable reader-writer synchronization for shared-memory
// multiprocessors" (PPoPP 1991), the fair lock with central counters: a ticket lock in which
// readers that follow each other are served together. Nobody starves. A word counts writers in its
// lower half and readers in its upper one; a writer waits until all before it have completed, a
// reader until all writers before it have. All spin on one line: O(waiting) messages a release.
template <class Platform = Processors> class ReaderWriterLock {
public:
    /// Cost: one fetch-and-add, then a read for each that completes meanwhile. So for writers.
    void acquire_read() {
        const std::uint64_t writers = requested_.word.fetch_add(reader) & writers_mask;
        while ((completed_.word.load() & writers_mask) != writers)
            Platform::pause();
    }
    void release_read() { completed_.word.fetch_add(reader); }

    void acquire_write() {
        wait_until<Platform>(completed_.word, requested_.word.fetch_add(writer));
    }
    void release_write() { completed_.word.fetch_add(writer); }

private:
    // What 2^32 writers carry into the readers' half is in both words, so comparing stays right.
    static constexpr std::uint64_t writer = 1, reader = 1ull << 32, writers_mask = reader - 1;
    Line<Platform> requested_, completed_;
};

} // namespace libos::sync
