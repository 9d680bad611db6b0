// libos/vm/policy_table.cpp - every policy has one line here.

#include "libos/vm/policy_table.hpp"
#include "libos/vm/policy_operations.hpp"

#include "libos/vm/policies/clock.hpp"
#include "libos/vm/policies/fifo.hpp"
#include "libos/vm/policies/mru.hpp"

namespace libos {

namespace {
constexpr PolicyOperations table[] = {
    operations_of<policies::Fifo>("fifo"),
    operations_of<policies::Clock>("clock", "second-chance"),
    operations_of<policies::Mru>("mru"),
};
} // namespace

std::span<const PolicyOperations> policy_table() { return table; }

const PolicyOperations* find_policy(std::string_view name) {
    for (const PolicyOperations& policy : table)
        if (policy.name == name || (!policy.alias.empty() && policy.alias == name))
            return &policy;
    return nullptr;
}

} // namespace libos
