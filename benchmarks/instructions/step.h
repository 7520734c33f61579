// Runs a function one instruction at a time, and counts how often each address was executed.
#pragma once

#include <ucontext.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>

namespace act::instructions {

// Where each instruction lay: what a signal handler can write to.
inline constexpr std::size_t most_steps = std::size_t{1} << 20;
inline std::uint64_t steps[most_steps];
inline volatile std::size_t steps_taken = 0;

inline void record_step(int, siginfo_t*, void* context) {
  const auto& registers = static_cast<const ucontext_t*>(context)->uc_mcontext.gregs;
  if (steps_taken == most_steps) std::abort();
  steps[steps_taken] = static_cast<std::uint64_t>(registers[REG_RIP]);
  steps_taken = steps_taken + 1;
}

inline std::map<std::uint64_t, long> count_steps(const std::function<void()>& run) {
  // After each instruction with this flag the processor traps; not within the handler.
  constexpr unsigned long long trap_flag = 0x100;
  struct sigaction action = {};
  action.sa_sigaction = record_step;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGTRAP, &action, nullptr);
  run();  // whatever is done once only: pages, tables
  steps_taken = 0;
  const unsigned long long flags = __builtin_ia32_readeflags_u64();
  __builtin_ia32_writeeflags_u64(flags | trap_flag);
  run();
  __builtin_ia32_writeeflags_u64(flags);
  std::map<std::uint64_t, long> counts;
  for (std::size_t k = 0; k < steps_taken; ++k) ++counts[steps[k]];
  return counts;
}

}  // namespace act::instructions
