// For ctypes, in a Python that runs under valgrind: counts the instructions between begin and end,
// in the interpreter and in whatever it calls.
#include <valgrind/callgrind.h>

extern "C" void begin() {
  CALLGRIND_ZERO_STATS;
  CALLGRIND_TOGGLE_COLLECT;
}

extern "C" void end(const char* name) {
  CALLGRIND_TOGGLE_COLLECT;
  CALLGRIND_DUMP_STATS_AT(name);
}

// What lies outside of these two takes ten times less time.
extern "C" void start() { CALLGRIND_START_INSTRUMENTATION; }
extern "C" void stop() { CALLGRIND_STOP_INSTRUMENTATION; }
