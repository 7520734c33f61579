// Exponentials of doubles and their sums in twice the precision: what each loses when it is rounded
// is added too, so that the sum is off by no more than the exponentials' own polynomial. Element i
// belongs to partial sum i mod 16, as in row_sums.h; the coarse parts add up exactly, in any order.
#pragma once

#include "row_panel.h"
#include "softmax_scale.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

static_assert(row_block <= 4096);  // see Range<double>::coarse

struct ExponentialSum {
  double high, low, tops;
};

// `e` is added to high, and to low with what it has lost and what the sum rounds off.
template <class V>
ACT_HOST_DEVICE void add_two(V& high, V& low, V e, V lost) {
  const V total = high + e;
  const V part = total - high;
  low += ((high - (total - part)) + (e - part)) + lost;
  high = total;
}

// Sums of the two parts.
template <bool logarithm, class V>
ACT_HOST_DEVICE void add_parts(V& high, V& low, V other_high, V other_low) {
  if constexpr (logarithm) {
    add_two(high, low, other_high, other_low);
  } else {
    high += other_high;
    low += other_low;
  }
}

// Beside the largest exponential, with which its coarse part makes a sum that isn't rounded, e need
// not be added so carefully.
template <bool logarithm, class V>
ACT_HOST_DEVICE void add_exponential(V& high, V& low, V e, V lost) {
  if constexpr (logarithm) {
    add_two(high, low, e, lost);
  } else {
    const V coarse = (e + Range<double>::coarse) - Range<double>::coarse;
    high += coarse;
    low += (e - coarse) + lost;
  }
}

// The tree over partial sums, as row_sums.h does it.
template <bool logarithm, int lanes, class V>
ACT_HOST_DEVICE ExponentialSum tree(V high, V low, double tops) {
  if constexpr (lanes == 2) {
    double sum = high[0], lost = low[0];
    add_parts<logarithm>(sum, lost, high[1], low[1]);
    return {sum, lost, tops};
  } else {
    using Half = std::make_integer_sequence<int, lanes / 2>;
    auto sum = select_lanes<0>(high, Half{}), lost = select_lanes<0>(low, Half{});
    add_parts<logarithm>(sum, lost, select_lanes<lanes / 2>(high, Half{}),
                         select_lanes<lanes / 2>(low, Half{}));
    return tree<logarithm, lanes / 2>(sum, lost, tops);
  }
}

// Exponentials of a row into `e`; `size` is a multiple of 16. For log_softmax the largest ones are
// counted instead of added. Their loop and that of the sum, each of which a processor can overlap
// with itself, take a tenth less time than one loop with twice as long a chain.
template <class Elements, bool logarithm>
ACT_HOST_DEVICE ExponentialSum sum_exponentials(double* __restrict e, const double* __restrict x,
                                                std::int64_t size, const Scale<double>& scale,
                                                double largest) {
  constexpr std::int64_t at_once = 8 * partial_sums;
  constexpr int lanes = ACT_VECTOR_BYTES / static_cast<int>(sizeof(double));
  constexpr int count = static_cast<int>(partial_sums) / lanes;
  const double shift = scale.shift, floor = scale.floor, to_power = scale.to_power;
  Vector<double, lanes> high[count] = {}, low[count] = {};
  std::int64_t tops = 0;
  for (std::int64_t begin = 0; begin < size; begin += at_once) {
    const std::int64_t part = size - begin < at_once ? size - begin : at_once;
    const std::int64_t whole = part / partial_sums * partial_sums;
    alignas(64) double lost[at_once];
    for (std::int64_t i = 0; i < whole; ++i) {
      const double logit = x[begin + i];
      const RoundedExponential<double> term =
          Elements::rounded_exponential(logit, shift, floor, to_power);
      const bool is_top = logarithm && logit == largest;
      e[begin + i] = is_top ? 0 : term.value;
      lost[i] = is_top ? 0 : term.lost;
      tops += is_top ? 1 : 0;
    }
    for (std::int64_t i = 0; i < whole; i += partial_sums) {
      for (int v = 0; v < count; ++v) {
        add_exponential<logarithm>(high[v], low[v], load_vector<lanes>(e + begin + i + v * lanes),
                                   load_vector<lanes>(lost + i + v * lanes));
      }
    }
  }
  for (int width = count / 2; width > 0; width /= 2) {
    for (int v = 0; v < width; ++v) {
      add_parts<logarithm>(high[v], low[v], high[v + width], low[v + width]);
    }
  }
  return tree<logarithm, lanes>(high[0], low[0], double(tops));
}

// The same for rows side by side.
template <int rows>
class PanelExponentialSums {
 public:
  void clear() { used_ = 0; }

  // All calls but the last pass multiples of 16 elements.
  template <class Elements, bool logarithm>
  ACT_HOST_DEVICE void add(PanelView<double> e, PanelView<const double> x, std::int64_t size,
                           const Scales<double, rows>& scales, const double* largest,
                           double* __restrict tops) {
    alignas(64) double lost[rows];
    for (std::int64_t k = 0; k < size; ++k) {
      double* to = e.data + k * e.step;
      const double* from = x.data + k * x.step;
#pragma GCC ivdep
      for (int r = 0; r < rows; ++r) {
        const double logit = from[r];
        const RoundedExponential<double> term = Elements::rounded_exponential(
            logit, scales.shift[r], scales.floor[r], scales.to_power[r]);
        const bool is_top = logarithm && logit == largest[r];
        to[r] = is_top ? 0 : term.value;
        lost[r] = is_top ? 0 : term.lost;
        if constexpr (logarithm) tops[r] += is_top ? 1 : 0;
      }
      const std::int64_t p = k % partial_sums;
      p < used_ ? add_line<logarithm, false>(p, to, lost) : add_line<logarithm, true>(p, to, lost);
      if (p == used_) ++used_;
    }
  }

  template <bool logarithm>
  void finish(double* high, double* low) {
    for (std::int64_t width = partial_sums / 2; width > 0; width /= 2) {
      for (std::int64_t p = 0; p < width && p + width < used_; ++p) {
        for (int r = 0; r < rows; ++r) {
          add_parts<logarithm>(high_[p][r], low_[p][r], high_[p + width][r], low_[p + width][r]);
        }
      }
      if (used_ > width) used_ = width;
    }
    for (int r = 0; r < rows; ++r) {
      high[r] = high_[0][r];
      low[r] = low_[0][r];
    }
  }

 private:
  template <bool logarithm, bool first>
  ACT_HOST_DEVICE void add_line(std::int64_t p, const double* e, const double* lost) {
    double* __restrict high = high_[p];
    double* __restrict low = low_[p];
#pragma GCC ivdep
    for (int r = 0; r < rows; ++r) {
      double high_sum = first ? 0 : high[r], low_sum = first ? 0 : low[r];
      add_exponential<logarithm>(high_sum, low_sum, e[r], lost[r]);
      high[r] = high_sum;
      low[r] = low_sum;
    }
  }

  std::int64_t used_ = 0;
  alignas(64) double high_[partial_sums][rows], low_[partial_sums][rows];
};

}  // namespace act::cpu::ACT_INSTRUCTION_SET
