// libos/vm/translation_batch.hpp - collects changes of translations and has them done in one call.
//
// Used by one handler at a time. Each request is for one page: the exokernel performs a few of
// those without building a frame (exokernel/memory/translation.cpp). A full batch is performed at
// once, which changes nothing for whoever looks: no thread runs meanwhile.

#pragma once

#include <cstdint>
#include <span>

#include "bindings/abi/translation.hpp"

namespace libos {

/// What the removal of a translation returns that is not there any more: its page table or its
// frame has been taken. Whether the page was dirty is not known.
inline constexpr std::uint64_t translation_gone = ~std::uint64_t{0};

class TranslationBatch {
public:
    using Perform = void (*)(void* context, std::uint32_t count);

    void init(std::span<abi::TranslationRequest> items, Perform perform, void* context) {
        items_ = items;
        perform_ = perform;
        context_ = context;
    }

    bool empty() const { return count_ == 0; }

    /// Adds `operation` (clear_accessed or clear_dirty) on the page with number `page`.
    void clear(abi::TranslationOperation operation, abi::Capability table, std::uint64_t page) {
        add(operation, table, page);
    }

    /// Adds the removal of `page`, performs everything and returns the bits it had.
    std::uint64_t remove_and_perform(abi::Capability table, std::uint64_t page) {
        const std::uint32_t last = remove_later(table, page);
        perform();
        return bits(last);
    }

    /// Adds the removal of `page`; after the next perform() `bits` of the result are those it had.
    /// Call make_room first.
    std::uint32_t remove_later(abi::Capability table, std::uint64_t page) {
        add(abi::TranslationOperation::remove, table, page);
        return count_ - 1;
    }
    std::uint64_t bits(std::uint32_t item) const {
        return items_[item].error != 0 ? translation_gone : items_[item].value;
    }
    /// So many more requests fit without any being performed.
    void make_room(std::uint32_t requests) {
        if (count_ + requests > items_.size())
            perform();
    }

    /// Performs what was collected.
    [[gnu::noinline]] void perform() {
        if (count_ == 0)
            return;
        const std::uint32_t count = count_;
        count_ = 0;
        perform_(context_, count);
    }

private:
    [[gnu::always_inline]] void add(abi::TranslationOperation operation, abi::Capability table,
                                    std::uint64_t page) {
        if (count_ == items_.size()) [[unlikely]]
            perform();
        abi::TranslationRequest& item = items_[count_++]; // `frame` and `value` say nothing here
        item.operation = operation;
        item.index = static_cast<std::uint16_t>(page % abi::entries_per_table);
        item.count = 1;
        item.error = 0;
        item.table = table;
    }

    std::span<abi::TranslationRequest> items_;
    std::uint32_t count_ = 0;
    Perform perform_ = nullptr;
    void* context_ = nullptr;
};

} // namespace libos
