// tools/profiler/qemu_plugin_interface.hpp - what the plugins use of QEMU's TCG plugin interface,
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
struct PhysicalPlace;
using MemoryAccess = std::uint32_t; // what is accessed, packed; for the functions below

enum class CallbackFlags : unsigned { no_registers, reads_registers, writes_registers };
enum class InlineOperation : unsigned { add };
enum class MemoryAccesses : unsigned { reads = 1, writes, all };

using Translated = void (*)(PluginId, TranslationBlock*);
using Executed = void (*)(unsigned processor, void* data);
using Accessed = void (*)(unsigned processor, MemoryAccess, std::uint64_t address, void* data);
using Exited = void (*)(PluginId, void* data);

void qemu_plugin_register_vcpu_tb_trans_cb(PluginId, Translated);
void qemu_plugin_register_vcpu_tb_exec_cb(TranslationBlock*, Executed, CallbackFlags, void* data);
void qemu_plugin_register_vcpu_insn_exec_cb(TranslatedInstruction*, Executed, CallbackFlags,
                                            void* data);
void qemu_plugin_register_vcpu_insn_exec_inline(TranslatedInstruction*, InlineOperation,
                                                void* counter, std::uint64_t addend);
void qemu_plugin_register_vcpu_mem_cb(TranslatedInstruction*, Accessed, CallbackFlags,
                                      MemoryAccesses, void* data);
void qemu_plugin_register_atexit_cb(PluginId, Exited, void* data);

std::size_t qemu_plugin_tb_n_insns(const TranslationBlock*);
std::uint64_t qemu_plugin_tb_vaddr(const TranslationBlock*);
TranslatedInstruction* qemu_plugin_tb_get_insn(const TranslationBlock*, std::size_t index);
std::uint64_t qemu_plugin_insn_vaddr(const TranslatedInstruction*);
const void* qemu_plugin_insn_data(const TranslatedInstruction*);
std::size_t qemu_plugin_insn_size(const TranslatedInstruction*);
char* qemu_plugin_insn_disas(const TranslatedInstruction*); // to be freed

unsigned qemu_plugin_mem_size_shift(MemoryAccess); // of its bytes, as a power of two
bool qemu_plugin_mem_is_store(MemoryAccess);
PhysicalPlace* qemu_plugin_get_hwaddr(MemoryAccess, std::uint64_t address); // until the next call
bool qemu_plugin_hwaddr_is_io(const PhysicalPlace*);
std::uint64_t qemu_plugin_hwaddr_phys_addr(const PhysicalPlace*);
}
