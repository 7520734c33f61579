// x + Gumbel noise, drawn as the elements are read.
#pragma once

#include <act/elementary/gumbel.h>

#include "random_numbers.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

template <class T>
void sum_loop(T* out, const T* const* inputs, std::int64_t size, const ParameterValues&,
              bool stream) {
  const T* x = inputs[0];
  const T* noise = inputs[1];
  compute_each<true>(out, size, stream,
                     [=](std::int64_t i) ACT_INLINE_LAMBDA { return x[i] + noise[i]; });
}

inline void add_gumbel(Storage storage, const Operands& o, const RandomStates& random) {
  const auto run = [&]<class T>() {
    walk<T, 2>(o, sum_loop<T>, ParameterValues{},
               tile_of_numbers<T>(random, [](std::uint32_t bits) ACT_INLINE_LAMBDA {
                 return elementary::gumbel<T>(bits);
               }));
  };
  storage == Storage::float64 ? run.template operator()<double>()
                              : run.template operator()<float>();
}

}  // namespace act::cpu::ACT_INSTRUCTION_SET
