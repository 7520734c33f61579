#include "philox_state.h"

using namespace act;

extern "C" int launch_draw_philox_states(const cuda::GeneratorState* generator,
                                         elementary::PhiloxState* states, std::int64_t count) {
  return cuda::draw_philox_states(*generator, states, count, nullptr);
}
