// apps/sort/sort_records.hpp - sorts equal-sized byte records in place, in memcmp order.
//
// Quicksort with the median of three as pivot; it works through neighbouring pages, which a pager
// likes. Ranges not yet sorted wait on a list of fixed size, the larger first, so 64 places do for
// any length. A range that is split too often is sorted by heapsort instead.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace sort {

inline constexpr std::uint64_t largest_record = 4096;

class Records {
public:
    Records(std::byte* begin, std::uint64_t size) : begin_{begin}, size_{size} {}

    /// Sorts the first `count` records.
    void sort(std::uint64_t count) {
        struct Range {
            std::uint64_t first, count;
            std::uint32_t splits_left;
        };
        Range waiting[64];
        std::uint32_t waiting_count = 0;
        std::uint32_t splits = 2;
        for (std::uint64_t rest = count; rest != 0; rest >>= 1)
            splits += 2;
        Range range{0, count, splits};
        for (;;) {
            if (range.count <= insertion_limit || range.splits_left == 0) {
                if (range.count <= insertion_limit)
                    insertion_sort(range.first, range.count);
                else
                    heap_sort(range.first, range.count);
                if (waiting_count == 0)
                    return;
                range = waiting[--waiting_count];
                continue;
            }
            const std::uint64_t middle = partition(range.first, range.count);
            const std::uint32_t left = range.splits_left - 1;
            const Range low{range.first, middle - range.first, left};
            const Range high{middle, range.first + range.count - middle, left};
            const bool low_is_larger = low.count > high.count;
            waiting[waiting_count++] = low_is_larger ? low : high;
            range = low_is_larger ? high : low;
        }
    }

private:
    static constexpr std::uint64_t insertion_limit = 12;

    std::byte* at(std::uint64_t index) const { return begin_ + index * size_; }

    bool less(const std::byte* left, const std::byte* right) const {
        return std::memcmp(left, right, size_) < 0;
    }

    void swap(std::uint64_t left, std::uint64_t right) {
        if (left == right)
            return;
        std::memcpy(spare_, at(left), size_);
        std::memcpy(at(left), at(right), size_);
        std::memcpy(at(right), spare_, size_);
    }

    void insertion_sort(std::uint64_t first, std::uint64_t count) {
        for (std::uint64_t i = first + 1; i < first + count; ++i) {
            std::uint64_t place = i;
            while (place > first && less(at(i), at(place - 1)))
                --place;
            if (place == i)
                continue;
            std::memcpy(spare_, at(i), size_);
            std::memmove(at(place + 1), at(place), (i - place) * size_);
            std::memcpy(at(place), spare_, size_);
        }
    }

    /// Hoare's partition: records before the result are not above the pivot, the others not below;
    /// both parts have at least one record.
    std::uint64_t partition(std::uint64_t first, std::uint64_t count) {
        const std::uint64_t last = first + count - 1;
        const std::uint64_t middle = first + count / 2;
        if (less(at(middle), at(first)))
            swap(middle, first);
        if (less(at(last), at(middle))) {
            swap(last, middle);
            if (less(at(middle), at(first)))
                swap(middle, first);
        }
        std::memcpy(pivot_, at(middle), size_);
        std::uint64_t low = first;
        std::uint64_t high = last;
        for (;;) {
            while (less(at(low), pivot_))
                ++low;
            while (less(pivot_, at(high)))
                --high;
            if (low >= high)
                return low == first ? first + 1 : low;
            swap(low++, high--);
        }
    }

    void heap_sort(std::uint64_t first, std::uint64_t count) {
        for (std::uint64_t root = count / 2; root-- != 0;)
            sift_down(first, root, count);
        for (std::uint64_t end = count; end-- > 1;) {
            swap(first, first + end);
            sift_down(first, 0, end);
        }
    }

    void sift_down(std::uint64_t first, std::uint64_t root, std::uint64_t count) {
        for (;;) {
            std::uint64_t child = 2 * root + 1;
            if (child >= count)
                return;
            if (child + 1 < count && less(at(first + child), at(first + child + 1)))
                ++child;
            if (!less(at(first + root), at(first + child)))
                return;
            swap(first + root, first + child);
            root = child;
        }
    }

    std::byte* begin_;
    std::uint64_t size_;
    alignas(8) std::byte spare_[largest_record];
    alignas(8) std::byte pivot_[largest_record];
};

} // namespace sort
