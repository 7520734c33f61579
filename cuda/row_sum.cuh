// Sums of a row's elements by a team of threads.
#pragma once

#include <act/elementary/quotient.h>

#include "row_team.cuh"

namespace act::cuda {

// Floats are added in double: that leaves 29 digits more than the result needs, and the products of
// two are exact. Sums of doubles keep what their additions round off, and their products too.
template <class T>
struct Sum;

template <>
struct Sum<float> {
  double high;

  __device__ static Sum zero() { return {0}; }
  __device__ static Sum of(double high, double low) { return {high + low}; }
  __device__ void add(float x) { high += double(x); }
  __device__ void add_rounded(float x, float) { add(x); }
  __device__ void add_product(float x, float y) {
    high = elementary::fma(double(x), double(y), high);
  }
  __device__ Sum plus(Sum other) const { return {high + other.high}; }
  __device__ double low() const { return 0; }
};

template <>
struct Sum<double> {
  double high, lost;

  __device__ static Sum zero() { return {0, 0}; }
  __device__ static Sum of(double high, double low) { return {high, low}; }
  __device__ void add(double x) {
    const auto [sum, error] = elementary::any_sum(high, x);
    high = sum;
    lost += error;
  }
  // A number that has been rounded itself, and what it lost.
  __device__ void add_rounded(double x, double lost_before) {
    add(x);
    lost += lost_before;
  }
  __device__ void add_product(double x, double y) {
    const auto [rounded, error] = elementary::product(x, y);
    add(rounded);
    lost += error;
  }
  __device__ Sum plus(Sum other) const {
    const auto [sum, error] = elementary::any_sum(high, other.high);
    return {sum, (lost + other.lost) + error};
  }
  __device__ double low() const { return lost; }
};

template <class T>
__device__ T largest_of_lanes(T largest) {
  return combine_lanes(largest, [](T a, T b) { return b > a ? b : a; });
}

template <class T>
__device__ Sum<T> sum_of_lanes(Sum<T> sum) {
  return combine_lanes(sum, [](Sum<T> a, Sum<T> b) { return a.plus(b); });
}

}  // namespace act::cuda
