// The softmax family with rows side by side. The sums follow row_sums.h: strip element i is partial sum i.
#pragma once

#include "row_panel.h"
#include "softmax_scale.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

static_assert(strip == partial_sums && row_block % strip == 0);

// Sixteen partial sums for each row of a panel.
template <class T, class Accumulator>
struct alignas(64) PanelSums {
  static constexpr std::int64_t rows = panel_rows<T>;
  Accumulator partial[partial_sums][rows] = {};

  void add(const T* x, std::int64_t size) {
    for (std::int64_t i = 0; i < size; ++i) {
      for (std::int64_t r = 0; r < rows; ++r) partial[i][r] += Accumulator(x[i * rows + r]);
    }
  }
  void add_products(const T* x, const T* y, std::int64_t size) {
    for (std::int64_t i = 0; i < size; ++i) {
      for (std::int64_t r = 0; r < rows; ++r) {
        partial[i][r] += Accumulator(x[i * rows + r]) * Accumulator(y[i * rows + r]);
      }
    }
  }
  // The tree of row_sums.h for all rows; leaves zeros for the next block.
  void finish(double* sums) {
    for (std::int64_t width = partial_sums / 2; width > 0; width /= 2) {
      for (std::int64_t i = 0; i < width; ++i) {
        for (std::int64_t r = 0; r < rows; ++r) partial[i][r] += partial[i + width][r];
      }
    }
    for (std::int64_t r = 0; r < rows; ++r) sums[r] = double(partial[0][r]);
    for (auto& row : partial) {
      for (std::int64_t r = 0; r < rows; ++r) row[r] = Accumulator(0);
    }
  }
};

template <class T>
void update_maxima(Lanes<T>& largest, const T* x, std::int64_t size) {
  Lanes<T> result = largest;
  for (std::int64_t i = 0; i < size; ++i, x += panel_rows<T>) {
    for (std::int64_t r = 0; r < panel_rows<T>; ++r) {
      result[r] = x[r] > result[r] ? x[r] : result[r];
    }
  }
  largest = result;
}

template <class T>
struct PanelScale {
  Lanes<T> shift, floor, exponent, to_power, top;

  void set(const Lanes<T>& largest) {
    for (std::int64_t r = 0; r < panel_rows<T>; ++r) {
      const Scale<T> scale = scale_for(largest[r]);
      shift[r] = scale.shift;
      floor[r] = scale.floor;
      exponent[r] = scale.exponent;
      to_power[r] = scale.to_power;
      top[r] = scale.top;
    }
  }
  Scale<T> of(std::int64_t r) const { return {shift[r], floor[r], exponent[r], to_power[r], top[r]}; }

  void exps(T* __restrict e, const T* __restrict x, std::int64_t size) const {
    for (std::int64_t i = 0; i < size; ++i, e += panel_rows<T>, x += panel_rows<T>) {
      for (std::int64_t r = 0; r < panel_rows<T>; ++r) {
        e[r] = scaled_exp(x[r], shift[r], floor[r], to_power[r]);
      }
    }
  }

  // Takes the exponentials that equal the largest ones of their rows out of e and counts them.
  void take_tops(T* e, std::int64_t size, Lanes<T>& tops) const {
    for (std::int64_t i = 0; i < size; ++i, e += panel_rows<T>) {
      for (std::int64_t r = 0; r < panel_rows<T>; ++r) {
        const bool is_top = e[r] == top[r];
        tops[r] += is_top ? T(1) : T(0);
        e[r] = is_top ? T(0) : e[r];
      }
    }
  }
};

template <class T, class Accumulator>
void softmax_panel(const Rows& rows, bool logarithm, bool negate, const PanelOperand<T>& out,
                   const PanelOperand<T>& in, std::int64_t count) {
  constexpr std::int64_t width = panel_rows<T>;
  alignas(64) Strip<T> x = {};
  alignas(64) Strip<T> e;
  PanelSums<T, Accumulator> sums;
  PanelScale<T> scale;
  Lanes<T> largest, tops, high, low;
  alignas(64) double block_sum[width];
  RowSum total[width];
  const std::int64_t size = rows.size;

  const auto load = [&](std::int64_t first, std::int64_t part) {
    in.load(x, first, part);
    if (negate) negate_block(x, part * width);
  };
  const auto each_strip = [](std::int64_t begin, std::int64_t end, auto run) {
    for (std::int64_t i = begin; i < end; i += strip) run(i, end - i < strip ? end - i : strip);
  };

  for (std::int64_t begin = 0; begin < size; begin += row_block) {
    const std::int64_t end = size - begin < row_block ? size : begin + row_block;
    for (std::int64_t r = 0; r < width; ++r) largest[r] = -T(__builtin_huge_val());
    each_strip(begin, end, [&](std::int64_t i, std::int64_t part) {
      load(i, part);
      update_maxima(largest, x, part);
    });
    scale.set(largest);
    tops = {};
    each_strip(begin, end, [&](std::int64_t i, std::int64_t part) {
      load(i, part);
      scale.exps(e, x, part);
      if (logarithm) scale.take_tops(e, part, tops);
      sums.add(e, part);
    });
    sums.finish(block_sum);
    for (std::int64_t r = 0; r < count; ++r) {
      const RowSum of_block = row_sum(largest[r], scale.of(r), block_sum[r], double(tops[r]));
      total[r] = begin == 0 ? of_block : merge(total[r], of_block);
    }
  }

  for (std::int64_t r = 0; r < count; ++r) {
    const Normalizer<T> n = normalizer<T>(total[r], logarithm);
    high[r] = n.high;
    low[r] = n.low;
    largest[r] = T(total[r].largest);
  }
  for (std::int64_t r = count; r < width; ++r) high[r] = low[r] = T(0);
  if (size > row_block) scale.set(largest);
  each_strip(0, size, [&](std::int64_t i, std::int64_t part) {
    load(i, part);
    if (logarithm) {
      for (std::int64_t k = 0; k < part; ++k) {
        for (std::int64_t r = 0; r < width; ++r) {
          e[k * width + r] = log_normalized(x[k * width + r], Normalizer<T>{high[r], low[r]});
        }
      }
    } else {
      scale.exps(e, x, part);
      for (std::int64_t k = 0; k < part; ++k) {
        for (std::int64_t r = 0; r < width; ++r) {
          e[k * width + r] = normalized(e[k * width + r], Normalizer<T>{high[r], low[r]});
        }
      }
    }
    out.store(e, i, part);
  });
}

template <class T, class Accumulator>
void softmax_backward_panel(const Rows& rows, bool logarithm, bool negate, const PanelOperand<T>& out,
                            const PanelOperand<T>& g_in, const PanelOperand<T>& y_in) {
  constexpr std::int64_t width = panel_rows<T>;
  alignas(64) Strip<T> g = {};
  alignas(64) Strip<T> y = {};
  PanelSums<T, Accumulator> sums;
  Lanes<T> high, low;
  alignas(64) double block_sum[width], total[width] = {};
  const std::int64_t size = rows.size;

  for (std::int64_t begin = 0; begin < size; begin += row_block) {
    const std::int64_t end = size - begin < row_block ? size : begin + row_block;
    for (std::int64_t i = begin; i < end; i += strip) {
      const std::int64_t part = end - i < strip ? end - i : strip;
      g_in.load(g, i, part);
      if (logarithm) {
        sums.add(g, part);
      } else {
        y_in.load(y, i, part);
        sums.add_products(g, y, part);
      }
    }
    sums.finish(block_sum);
    for (std::int64_t r = 0; r < width; ++r) total[r] += block_sum[r];
  }
  for (std::int64_t r = 0; r < width; ++r) {
    high[r] = T(total[r]);
    low[r] = T(total[r] - double(high[r]));
  }

  const T sign = negate ? T(-1) : T(1);
  for (std::int64_t i = 0; i < size; i += strip) {
    const std::int64_t part = size - i < strip ? size - i : strip;
    g_in.load(g, i, part);
    y_in.load(y, i, part);
    for (std::int64_t k = 0; k < part * width; k += width) {
      if (logarithm) {
        for (std::int64_t r = 0; r < width; ++r) {
          g[k + r] = elementary::fma(elementary::exp(y[k + r]), -high[r], g[k + r]);
        }
      } else {
        for (std::int64_t r = 0; r < width; ++r) {
          g[k + r] = sign * y[k + r] * ((g[k + r] - high[r]) - low[r]);
        }
      }
    }
    out.store(g, i, part);
  }
}

}  // namespace act::cpu::ACT_INSTRUCTION_SET
