// Formulas computed in steps, a loop for each over a block in the L1 cache. A formula is a chain of
// operations that wait for one another, and a processor has only so many of them under way: chains
// half as long overlap with more others (measured: a quarter less time for silu's derivative, a
// third less for tanh and softplus).
#pragma once

#include <type_traits>

#include "stream.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

// What one step of a formula hands to the next, number by number, for a block in the L1 cache.
// Parts is a struct of T alone.
template <class T, class Parts>
struct StepBlock {
  static constexpr std::int64_t size = 1024 / static_cast<std::int64_t>(sizeof(T));
  static constexpr int count = sizeof(Parts) / sizeof(T);
  static_assert(count * sizeof(T) == sizeof(Parts) && std::is_trivially_copyable_v<Parts>);
  alignas(line_bytes) T block[count][size];
};

// A step's results of each element of a block.
template <class T, class Parts, class Step>
ACT_HOST_DEVICE void compute_step(StepBlock<T, Parts>& to, std::int64_t count, Step step) {
  using Block = StepBlock<T, Parts>;
  T(*block)[Block::size] = to.block;
  // Few vectors fill a block: g++ would write each of them out.
#pragma GCC unroll 1
#pragma GCC ivdep
  for (std::int64_t i = 0; i < count; ++i) {
    const Parts parts = step(i);
    const T* numbers = reinterpret_cast<const T*>(&parts);
#pragma GCC unroll 16
    for (int k = 0; k < Block::count; ++k) block[k][i] = numbers[k];
  }
}

// They as a function of the element.
template <class T, class Parts>
ACT_HOST_DEVICE auto parts_at(const StepBlock<T, Parts>& from) {
  using Block = StepBlock<T, Parts>;
  const T(*block)[Block::size] = from.block;
  return [block](std::int64_t i) ACT_INLINE_LAMBDA {
    Parts parts;
    T* numbers = reinterpret_cast<T*>(&parts);
#pragma GCC unroll 16
    for (int k = 0; k < Block::count; ++k) numbers[k] = block[k][i];
    return parts;
  };
}

// out[i] = last(i, first(i)), or last(i, begun, middle(i, begun)) with begun = first(i).
template <bool can_stream, class T, class First, class Last>
ACT_HOST_DEVICE void compute_in_steps(T* out, std::int64_t size, bool stream, First first,
                                      Last last) {
  using Begun = decltype(first(std::int64_t{0}));
  StepBlock<T, Begun> block;
  for (std::int64_t begin = 0; begin < size; begin += block.size) {
    const std::int64_t count = size - begin < block.size ? size - begin : block.size;
    compute_step(block, count, [=](std::int64_t i) ACT_INLINE_LAMBDA { return first(begin + i); });
    const auto begun = parts_at(block);
    compute_each<can_stream>(out + begin, count, stream, [=](std::int64_t i) ACT_INLINE_LAMBDA {
      return last(begin + i, begun(i));
    });
  }
}
template <bool can_stream, class T, class First, class Middle, class Last>
ACT_HOST_DEVICE void compute_in_steps(T* out, std::int64_t size, bool stream, First first,
                                      Middle middle, Last last) {
  using Begun = decltype(first(std::int64_t{0}));
  using Continued = decltype(middle(std::int64_t{0}, first(std::int64_t{0})));
  StepBlock<T, Begun> begun_block;
  StepBlock<T, Continued> continued_block;
  for (std::int64_t begin = 0; begin < size; begin += begun_block.size) {
    const std::int64_t count = size - begin < begun_block.size ? size - begin : begun_block.size;
    compute_step(begun_block, count,
                 [=](std::int64_t i) ACT_INLINE_LAMBDA { return first(begin + i); });
    const auto begun = parts_at(begun_block);
    compute_step(continued_block, count,
                 [=](std::int64_t i) ACT_INLINE_LAMBDA { return middle(begin + i, begun(i)); });
    const auto continued = parts_at(continued_block);
    compute_each<can_stream>(out + begin, count, stream, [=](std::int64_t i) ACT_INLINE_LAMBDA {
      return last(begin + i, begun(i), continued(i));
    });
  }
}

}  // namespace act::cpu::ACT_INSTRUCTION_SET
