// tools/profiler/qemu_plugin_interface.hpp - what this plugin uses of QEMU's TCG plugin interface,
// version 1 (QEMU 4.2 to 8.2; Debian 12 has 7.2 and ships no header).
//
// QEMU resolves the functions by name when it loads the plugin. Own declarations, only of what is
// used; the names of types are ours.

#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {

using PluginId = std::uint64_t;

struct PluginInformation {
    const char* target_name;
    struct {
        int min;
        int cur;
    } version;
    bool system_emulation;
    union {
        struct {
            int smp_vcpus;
            int max_vcpus;
        } system;
    };
};

struct TranslationBlock;
struct TranslatedInstruction;

enum class CallbackFlags : unsigned { no_registers, reads_registers, writes_registers };
enum class InlineOperation : unsigned { add };

using Translated = void (*)(PluginId, TranslationBlock*);
using Executed = void (*)(unsigned processor, void* data);
using Exited = void (*)(PluginId, void* data);

void qemu_plugin_register_vcpu_tb_trans_cb(PluginId, Translated);
void qemu_plugin_register_vcpu_tb_exec_cb(TranslationBlock*, Executed, CallbackFlags, void* data);
void qemu_plugin_register_vcpu_insn_exec_cb(TranslatedInstruction*, Executed, CallbackFlags,
                                            void* data);
void qemu_plugin_register_vcpu_insn_exec_inline(TranslatedInstruction*, InlineOperation,
                                                void* counter, std::uint64_t addend);
void qemu_plugin_register_atexit_cb(PluginId, Exited, void* data);

std::size_t qemu_plugin_tb_n_insns(const TranslationBlock*);
std::uint64_t qemu_plugin_tb_vaddr(const TranslationBlock*);
TranslatedInstruction* qemu_plugin_tb_get_insn(const TranslationBlock*, std::size_t index);
std::uint64_t qemu_plugin_insn_vaddr(const TranslatedInstruction*);
const void* qemu_plugin_insn_data(const TranslatedInstruction*);
std::size_t qemu_plugin_insn_size(const TranslatedInstruction*);
char* qemu_plugin_insn_disas(const TranslatedInstruction*); // to be freed
}
