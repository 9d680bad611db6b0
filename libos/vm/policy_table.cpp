// libos/vm/policy_table.cpp - the policies of libos/vm/policies, which the build lists.

#include "libos/vm/policy_table.hpp"
#include "libos/vm/policy_operations.hpp"

#include "libos/vm/shipped_policies.hpp"

namespace libos {

namespace {
#define FAULTLINE_POLICY(name, alias, type) operations_of<policies::type>(name, alias),
constexpr PolicyOperations table[] = {FAULTLINE_POLICIES(FAULTLINE_POLICY)};
#undef FAULTLINE_POLICY
} // namespace

std::span<const PolicyOperations> policy_table() { return table; }

const PolicyOperations* find_policy(std::string_view name) {
    for (const PolicyOperations& policy : table)
        if (policy.name == name || (!policy.alias.empty() && policy.alias == name))
            return &policy;
    return nullptr;
}

} // namespace libos
