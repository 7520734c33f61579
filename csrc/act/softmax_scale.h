// The numbers that belong to one row of a softmax or log_softmax: how its exponentials are scaled,
// their sum, and what normalises them. For the host and the device alike.
//
// exp(x - max) with x - max rounded would cost digits: an error of half a unit in an exponent of 80
// is 32 ulp of the result. Instead the exponent of two is split off x itself, e^x = (1 + q)·2ⁿ, and
// the largest n of the row is taken from every n, which is exact. Only where the maximum is so
// large that an element within reach of it must be at least half as large, so that x - max is exact
// (Sterbenz), is it subtracted.
#pragma once

#include <act/elementary/exp.h>
#include <act/elementary/log.h>
#include <act/elementary/quotient.h>

namespace act::normalization {

template <class T>
struct Range;
// `lift`: exponentials are held times 2^lift, so that they stay normal down to where the result
// vanishes and a subnormal result is rounded once. `reach`: e^-reach times the largest one is 0 in
// any case.
template <>
struct Range<float> {
  static constexpr float lift = 64, reach = 130, subtract_from = 272;
  static constexpr float inverse_ln2 = 0x1.715476p+0f, round = 0x1.8p23f, bias = 127;
};
template <>
struct Range<double> {
  static constexpr double lift = 512, reach = 1050, subtract_from = 2112;
  static constexpr double inverse_ln2 = 0x1.71547652b82fep+0, round = 0x1.8p52, bias = 1023;
  // Added and subtracted again, leaves a multiple of 2^(lift - 40), so that the sum of 2¹² numbers
  // up to 2^(lift + 1/2) has no rounding error.
  static constexpr double coarse = 0x1.8p524;
};

// e^x is held as e^(x - shift)·2^(lift - exponent).
template <class T>
struct Scale {
  T shift;
  T floor;
  T exponent;
  T to_power;  // what n is rounded with; leaves the biased exponent of the scaled power of two in
               // the lowest bits
  // The largest exponential; `top_low` is what it has lost, in double.
  T top, top_low;
};

ACT_HOST_DEVICE float power_from(float shifted) {
  return elementary::from_bits(std::int32_t(std::uint32_t(elementary::to_bits(shifted)) << 23));
}
ACT_HOST_DEVICE double power_from(double shifted) {
  return elementary::from_bits(std::int64_t(std::uint64_t(elementary::to_bits(shifted)) << 52));
}

// An exponential and what it has lost: value + lost is (1 + q)·2ⁿ itself.
template <class T>
struct RoundedExponential {
  T value, lost;
};

// NaN passes.
template <class T>
ACT_HOST_DEVICE RoundedExponential<T> scaled_exp_and_lost(T x, T shift, T floor, T to_power) {
  T t = x - shift;
  t = t < floor ? floor : t;
  const auto r = elementary::exponential::reduced_for_sum(t, to_power);
  const T square = r.high * r.high;
  const T bend = elementary::exponential::polynomial(r.high, square);
  const T q = r.with_bend(square, bend);
  const T power = power_from(r.biased);
  const T value = elementary::fma(power, q, power);
  return {value, elementary::fma(power, q, power - value)};
}
template <class T>
ACT_HOST_DEVICE T scaled_exp(T x, T shift, T floor, T to_power) {
  return scaled_exp_and_lost(x, shift, floor, to_power).value;
}

template <class T>
ACT_HOST_DEVICE Scale<T> scale_for(T largest) {
  using R = Range<T>;
  // A row without a finite maximum has no result but NaN; its exponentials just have to be
  // harmless.
  const bool finite = elementary::abs(largest) < T(__builtin_huge_val());
  const T most = finite ? largest : T(0);
  const T shift = elementary::abs(most) < R::subtract_from ? T(0) : most;
  const T rest = most - shift;
  const T exponent = elementary::fma(rest, R::inverse_ln2, R::round) - R::round;
  const T floor = rest - R::reach, to_power = R::round + R::bias + R::lift - exponent;
  const auto [top, lost] = scaled_exp_and_lost(largest, shift, floor, to_power);
  // Floats are added as they are, in double.
  return {shift, floor, exponent, to_power, top, sizeof(T) == sizeof(double) ? lost : T(0)};
}

// What a row, or the blocks of it so far, sums up to: Σ e^x = (sum + low +
// tops·(top + top_low))·e^shift·2^(exponent - lift). For log_softmax, where one exponential
// outweighs the others (is_dominated), the largest one, `top`, is kept apart with all that equal
// it: in the logarithm of 1 + rest every digit of the rest counts.
struct RowSum {
  double largest, shift, exponent, top, top_low, sum, low, tops;
};

// The sum of exponentials held in `scale`, the maximum of which belongs to `largest`.
template <class T>
ACT_HOST_DEVICE RowSum row_sum(T largest, const Scale<T>& scale, double sum, double low,
                               double tops) {
  // Elements of -inf alone count nothing (their exponentials were held at the floor), but a NaN
  // shows.
  const bool empty = largest == -T(__builtin_huge_val());
  return {double(largest),   double(scale.shift),   double(scale.exponent),
          double(scale.top), double(scale.top_low), empty && sum == sum ? 0.0 : sum,
          empty ? 0.0 : low, empty ? 0.0 : tops};
}

// The factor that carries a sum over to another scale: high + low.
ACT_HOST_DEVICE elementary::Pair<double> carry(const RowSum& from, const RowSum& to) {
  if (from.largest - to.largest < -1100.0) return {0, 0};
  const double exponent = from.exponent - to.exponent;
  if (from.shift == to.shift) {
    return {elementary::scale(1.0, exponent < -2000 ? -2000 : exponent), 0};
  }
  const auto r = elementary::exponential::reduced(from.shift - to.shift);
  const double bend = r.high * r.high * elementary::exponential::polynomial(r.high);
  const auto most = elementary::ordered_sum(1.0, r.high);
  const auto e = elementary::ordered_sum(most.high, most.low + (r.low + bend));
  const double n = r.n + exponent < -2000 ? -2000 : r.n + exponent;
  return {elementary::scale(e.high, n), elementary::scale(e.low, n)};
}

// The sum of `row` and one whose maximum is at most as large.
ACT_HOST_DEVICE RowSum merged_with_lower(RowSum row, RowSum other) {
  if (other.sum != other.sum) row.sum = other.sum;
  if (other.largest == -__builtin_huge_val() || row.largest == __builtin_huge_val()) return row;
  elementary::Pair<double> added = {other.sum, other.low};
  if (other.largest == row.largest) {
    row.tops += other.tops;
  } else {
    const auto tops = elementary::product<double>(other.tops, {other.top, other.top_low});
    const auto both = elementary::any_sum(other.sum, tops.high);
    added = {both.high, both.low + (other.low + tops.low)};
  }
  const auto carried = elementary::product(added, carry(other, row));
  const auto total = elementary::any_sum(row.sum, carried.high);
  row.low += carried.low + total.low;
  row.sum = total.high;
  return row;
}

ACT_HOST_DEVICE RowSum merged(const RowSum& a, const RowSum& b) {
  return b.largest > a.largest ? merged_with_lower(b, a) : merged_with_lower(a, b);
}

// ln(1 + x), x >= 0, as in log.h; what the sum with 1 rounds off is made good in first order.
ACT_HOST_DEVICE double log_of_one_plus(elementary::Pair<double> x) {
  namespace logarithm = elementary::logarithm;
  const double y = 1.0 + x.high;
  const double lost = (x.high > 1.0 ? 1.0 - (y - x.high) : x.high - (y - 1.0)) + x.low;
  const auto [m, k] = logarithm::decomposed(y);
  const double f = m - 1.0;
  const double s = f / (2.0 + f);
  const double w = s * s;
  const double half_square = 0.5 * f * f;
  const double low = elementary::fma(k, logarithm::ln2_low<double>(), lost / y);
  const double inner =
      elementary::fma(s, elementary::fma(w, logarithm::polynomial(w), half_square), low);
  return elementary::fma(k, logarithm::ln2_high<double>(), f - (half_square - inner));
}

// softmax: y = e·high + e·low. log_softmax: y = -low - (high - x), with high the maximum and low
// the logarithm of what is left: neither difference cancels, and where low has vanished y is -0.
// NaN in rows without a finite maximum.
template <class T>
struct Normalizer {
  T high, low;
};

template <bool logarithm, class T>
ACT_HOST_DEVICE Normalizer<T> normalizer(const RowSum& row) {
  const bool finite = elementary::abs(row.largest) < __builtin_huge_val();
  const double sum = row.sum + row.low;
  if constexpr (logarithm && sizeof(T) == sizeof(double)) {
    const auto tops = elementary::product<double>(row.tops - 1, {row.top, row.top_low});
    const auto most = elementary::any_sum(row.sum, tops.high);
    const auto others = elementary::ordered_sum(most.high, most.low + (row.low + tops.low));
    const auto rest = elementary::quotient<double>(others, {row.top, row.top_low});
    return {T(row.largest), T(finite ? log_of_one_plus(rest) : __builtin_nan(""))};
  } else if constexpr (logarithm) {
    const double rest = (sum + (row.tops - 1) * row.top) / row.top;
    return {T(row.largest), T(finite ? log_of_one_plus({rest, 0.0}) : __builtin_nan(""))};
  } else {
    const double inverse = 1.0 / sum;
    const double lost = row.low - (sum - row.sum);
    const double rest = (elementary::fma(-sum, inverse, 1.0) - lost * inverse) * inverse;
    return {T(finite ? inverse : __builtin_nan("")), T((inverse - double(T(inverse))) + rest)};
  }
}

template <class T>
ACT_HOST_DEVICE T normalized(T e, T high, T low) {
  return elementary::fma(e, high, e * low);
}
template <class T>
ACT_HOST_DEVICE T log_normalized(T x, T high, T low) {
  return -low - (high - x);
}

}  // namespace act::normalization
