// Where a team's row lies, and how its threads read and write it.
#pragma once

#include "row_plan.h"
#include "softmax.h"

namespace act::cuda {

// The parameter of a kernel, to be marked __grid_constant__.
template <int operands>
struct RowPlaces {
  RowPlaces(const Rows& rows, const RowPlan& plan)
      : size(rows.size),
        count(rows.count()),
        dims(rows.dims),
        neighbours(plan.neighbours),
        vectors(plan.vectors) {
    for (int d = 0; d < dims; ++d) {
      sizes[d] = rows.sizes[d];
      for (int k = 0; k < operands; ++k) strides[d][k] = rows.operands[k].strides[d];
    }
    for (int k = 0; k < operands; ++k) {
      data[k] = rows.operands[k].data;
      step[k] = rows.operands[k].step;
    }
  }

  std::int64_t size, count;
  int dims;
  bool neighbours, vectors;
  char* data[operands];
  std::int64_t step[operands];
  std::int64_t sizes[max_row_dims];
  std::int64_t strides[max_row_dims][operands];
};

// 16 bytes in the widest unit that all operands have in common.
template <class A, class B>
inline constexpr int common_width =
    16 / static_cast<int>(sizeof(A) < sizeof(B) ? sizeof(A) : sizeof(B));

// A thread's view of its team's row: slots of `width` elements. Index is wide enough for the row's
// size. A team beyond the last row has one without elements.
template <int operands, int width, class Index>
class TeamRow {
 public:
  __device__ explicit TeamRow(const RowPlaces<operands>& places)
      : places_(places), size_(static_cast<Index>(places.size)) {
    std::int64_t row = (std::int64_t{blockIdx.x} * blockDim.z + threadIdx.z) * blockDim.x;
    row += threadIdx.x;
    if (row >= places.count) {
      row = 0;
      size_ = 0;
    }
#pragma unroll
    for (int k = 0; k < operands; ++k) data_[k] = places.data[k];
#pragma unroll 1
    for (int d = 0; d < places.dims; ++d) {
      std::int64_t along = row;
      if (d < places.dims - 1) along = divide(row, places.sizes[d]);
#pragma unroll
      for (int k = 0; k < operands; ++k) data_[k] += along * places.strides[d][k];
    }
    const int lane = static_cast<int>(threadIdx.y), lanes = static_cast<int>(blockDim.y);
    first_ = lane * (places.neighbours ? width : 1);
    stride_ = places.neighbours ? 1 : lanes;
    span_ = lanes * width;
  }

  // Elements that slot k of all lanes takes together begin at k times this.
  __device__ Index span() const { return span_; }
  // Whether any team has elements from here on: the same for the whole grid.
  __device__ bool reaches(Index begin) const { return begin < static_cast<Index>(places_.size); }

  // The slot whose span begins at `begin`, with `padding` beyond the row's end.
  template <class Stored>
  __device__ void load(opmath_t<Stored> (&x)[width], int operand, Index begin,
                       opmath_t<Stored> padding) const {
    const Index first = begin + first_;
    if (places_.vectors) {
      if (first < size_) {
        Vectors<Stored> stored;
        const auto* from =
            reinterpret_cast<const Vector*>(data_[operand] + first * std::int64_t{sizeof(Stored)});
#pragma unroll
        for (int v = 0; v < Vectors<Stored>::count; ++v) stored.vector[v] = from[v];
#pragma unroll
        for (int v = 0; v < width; ++v) x[v] = to_opmath(stored.element[v]);
      } else {
#pragma unroll
        for (int v = 0; v < width; ++v) x[v] = padding;
      }
      return;
    }
#pragma unroll
    for (int v = 0; v < width; ++v) {
      const Index i = first + v * stride_;
      x[v] = i < size_ ? to_opmath(*place<Stored>(operand, i)) : padding;
    }
  }

  // -inf where the mask, a byte for each element, is false.
  template <class T>
  __device__ void mask_out(T (&x)[width], int operand, Index begin) const {
#pragma unroll
    for (int v = 0; v < width; ++v) {
      const Index i = begin + first_ + v * stride_;
      if (i < size_ && *place<std::uint8_t>(operand, i) == 0) x[v] = -T(__builtin_huge_val());
    }
  }

  template <class Stored>
  __device__ void store(const opmath_t<Stored> (&y)[width], int operand, Index begin) const {
    const Index first = begin + first_;
    if (places_.vectors) {
      if (first >= size_) return;
      Vectors<Stored> stored;
#pragma unroll
      for (int v = 0; v < width; ++v) stored.element[v] = from_opmath<Stored>(y[v]);
      auto* to = reinterpret_cast<Vector*>(data_[operand] + first * std::int64_t{sizeof(Stored)});
#pragma unroll
      for (int v = 0; v < Vectors<Stored>::count; ++v) to[v] = stored.vector[v];
      return;
    }
#pragma unroll
    for (int v = 0; v < width; ++v) {
      const Index i = first + v * stride_;
      if (i < size_) *place<Stored>(operand, i) = from_opmath<Stored>(y[v]);
    }
  }

 private:
  struct alignas(16) Vector {
    std::uint32_t word[4];
  };
  template <class Stored>
  union Vectors {
    static constexpr int count = width * sizeof(Stored) / sizeof(Vector);
    Vector vector[count];
    Stored element[width];
  };

  template <class Stored>
  __device__ Stored* place(int operand, Index i) const {
    return reinterpret_cast<Stored*>(data_[operand] + std::int64_t{i} * places_.step[operand]);
  }

  // n becomes the quotient, the remainder is returned. GPUs divide 32 bits much faster than 64.
  __device__ static std::int64_t divide(std::int64_t& n, std::int64_t divisor) {
    const std::int64_t quotient =
        n >> 32 == 0 && divisor >> 32 == 0
            ? static_cast<std::int64_t>(static_cast<std::uint32_t>(n) /
                                        static_cast<std::uint32_t>(divisor))
            : n / divisor;
    const std::int64_t remainder = n - quotient * divisor;
    n = quotient;
    return remainder;
  }

  const RowPlaces<operands>& places_;
  Index size_, first_;
  int stride_, span_;
  char* data_[operands];
};

}  // namespace act::cuda
