// How a block of results becomes a row of a half type: rounded as computed in float32, or with what
// float32 leaves undecided (is_near_middle) computed in double. That is one element of some
// thousand: they are put aside until they fill the vectors of the double loop.
#pragma once

#include <act/gradient.h>

#include <cstdint>

#include "conversion.h"
#include "stream.h"
#include "undecided.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

template <class T>
using DenseLoop = void (*)(T* out, const T* const* inputs, std::int64_t size,
                           const ParameterValues& parameters, bool stream);

// 4 KiB for each operand: four of them fit every L1 beside the streams.
template <class T>
inline constexpr std::int64_t block_elements = 4096 / static_cast<std::int64_t>(sizeof(T));

template <class Stored>
struct RoundedAsComputed {
  using T = opmath_t<Stored>;

  void computed_from(const T* const*) {}
  template <class Place>
  void round(Stored* to, const T* results, std::int64_t size, std::int64_t, Place) {
    narrow(to, results, size);
  }
  void finish() {}
};

template <class Stored, int inputs>
class RoundedExactly {
 public:
  RoundedExactly(DenseLoop<double> loop, const ParameterValues& parameters, std::uint32_t distance)
      : loop_(loop), parameters_(rounded_to_float(parameters)), distance_(distance) {}

  // The operands of the block whose results come next; those of the blocks before are written.
  void computed_from(const float* const* block) {
    block_ = block;
    make_room();
  }

  // For a block, when what was put aside before has been written.
  void make_room() {
    if (count_ >= enough) finish();
  }

  // What is to be computed again from these operands.
  void put_aside(Stored* place, const double (&operands)[inputs]) {
    for (int k = 0; k < inputs; ++k) in_[k][count_] = operands[k];
    place_[count_++] = place;
  }

  // Results from the `first` one of the block on, result k to be found at place(k) when all is
  // written.
  template <class Place>
  void round(Stored* to, const float* results, std::int64_t size, std::int64_t first, Place place) {
    Undecided<block_elements<float>> undecided;
    narrow_marking(to, results, size, distance_, undecided);
    undecided.for_each(size, [&](std::int64_t i) ACT_INLINE_LAMBDA {
      double operands[inputs];
      for (int k = 0; k < inputs; ++k) operands[k] = double(block_[k][first + i]);
      put_aside(place(first + i), operands);
    });
  }

  void finish() {
    if (count_ == 0) return;
    const double* in[inputs];
    for (int k = 0; k < inputs; ++k) in[k] = in_[k];
    alignas(line_bytes) double out[capacity];
    loop_(out, in, count_, parameters_, /*stream=*/false);
    finish_streaming();  // or a line on its way would overwrite these
    for (std::int64_t i = 0; i < count_; ++i) *place_[i] = round_once<Stored>(out[i]);
    count_ = 0;
  }

 private:
  // Room for all of one more block.
  static constexpr std::int64_t enough = 64, capacity = enough + block_elements<float>;

  DenseLoop<double> loop_;
  ParameterValues parameters_;
  std::uint32_t distance_;
  const float* const* block_ = nullptr;
  std::int64_t count_ = 0;
  alignas(line_bytes) double in_[inputs][capacity];
  Stored* place_[capacity];
};

}  // namespace act::cpu::ACT_INSTRUCTION_SET
