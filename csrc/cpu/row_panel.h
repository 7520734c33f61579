// Rows side by side: a panel of adjacent rows is walked along the rows, one vector lane for each
// row, so that a dim that is not the last one is read and written in the order of memory.
#pragma once

#include "row_access.h"
#include "stream.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

// Rows of a panel: 256 bytes of T, so that each step along the rows uses whole cache lines, or 512
// where so many rows are neighbours: runs of that length take a third less time to read.
template <class T>
inline constexpr int narrow_panel = 256 / static_cast<int>(sizeof(T));
template <class T>
inline constexpr int wide_panel = 512 / static_cast<int>(sizeof(T));
// Of long rows: so that a panel of them still fits a FarBlock.
template <class T>
inline constexpr int tall_panel = 128 / static_cast<int>(sizeof(T));

// Elements along the rows that are brought into L1 at a time, a multiple of the partial sums.
inline constexpr std::int64_t strip = 32;

// Whether the operands are likely to come from memory.
inline bool is_from_memory(const Rows& rows) {
  return rows.count() * rows.size * element_bytes(rows.operands[0].storage) > bytes_in_cache;
}

// Where one operand's share of a panel lies: its rows in runs that begin at equal distances.
template <int width>
class PanelRuns {
 public:
  explicit PanelRuns(const Rows::Operand& operand) : step_(operand.step) {}

  void clear() { runs_ = 0; }
  void add_run(char* data, std::int64_t stride, int rows) {
    const int first = runs_ == 0 ? 0 : run_[runs_ - 1].first + run_[runs_ - 1].rows;
    run_[runs_++] = {data, stride, first, rows};
  }

  std::int64_t step() const { return step_; }

  // Calls visit(data, stride from row to row, first row, rows) for each run.
  template <class Visit>
  void each_run(Visit visit) const {
    for (int k = 0; k < runs_; ++k)
      visit(run_[k].data, run_[k].stride, run_[k].first, run_[k].rows);
  }

 protected:
  struct Run {
    char* data;
    std::int64_t stride;
    int first;
    int rows;
  };
  std::int64_t step_;
  int runs_ = 0;
  Run run_[width];
};

// One operand's share of a panel, read and written as T.
template <class T, int width>
class PanelOperand : public PanelRuns<width> {
 public:
  PanelOperand(const Rows& rows, int k)
      : PanelRuns<width>(rows.operands[k]),
        storage_(rows.operands[k].storage),
        bytes_(element_bytes(storage_)),
        from_memory_(is_from_memory(rows)),
        stream_(rows.stream) {}

  // A whole panel of neighbouring T, which the loops read and write where it lies.
  bool direct() const {
    return is_stored_as<T>(storage_) && runs_ == 1 && run_[0].rows == width &&
           (width == 1 || run_[0].stride == bytes_) && step_ % bytes_ == 0;
  }
  // Whether its lines, whole ones, are written past the caches.
  bool streams() const {
    return stream_ && reinterpret_cast<std::uintptr_t>(run_[0].data) % 64 == 0 && step_ % 64 == 0;
  }
  T* pointer(std::int64_t element) const {
    return reinterpret_cast<T*>(run_[0].data + element * step_);
  }
  std::int64_t pointer_step() const { return step_ / bytes_; }

  // Elements first … first + size - 1 of all rows; element i of row r goes to [i · width + r].
  void load(T* to, std::int64_t first, std::int64_t size) const {
    dispatch_stored<T>(storage_, [&]<class Stored>() {
      for (int k = 0; k < runs_; ++k) {
        const Run& run = run_[k];
        const char* from = run.data + first * step_;
        T* lane = to + run.first;
        if (is_along<Stored>()) {
          load_transposed<width, Stored>(lane, from, run.stride, run.rows, size);
        } else if (run.stride == static_cast<std::int64_t>(sizeof(Stored))) {
          for (std::int64_t i = 0; i < size; ++i) {
            prefetch_next(from + i * step_);
            widen(lane + i * width, reinterpret_cast<const Stored*>(from + i * step_), run.rows);
          }
        } else {
          for (std::int64_t i = 0; i < size; ++i) {
            load_strided<Stored>(lane + i * width, from + i * step_, run.stride, run.rows);
          }
        }
      }
    });
  }

  void store(const T* from, std::int64_t first, std::int64_t size) const {
    dispatch_stored<T>(storage_, [&]<class Stored>() {
      for (int k = 0; k < runs_; ++k) {
        const Run& run = run_[k];
        char* to = run.data + first * step_;
        const T* lane = from + run.first;
        if (is_along<Stored>()) {
          store_transposed<width, Stored>(to, run.stride, lane, run.rows, size);
        } else if (run.stride == bytes_ && streams()) {
          for (std::int64_t i = 0; i < size; ++i) {
            stream_narrowed(reinterpret_cast<Stored*>(to + i * step_), lane + i * width, run.rows);
          }
        } else {
          for (std::int64_t i = 0; i < size; ++i) {
            if (run.stride == bytes_) prefetch_next(to + i * step_);
            store_strided<Stored>(to + i * step_, run.stride, lane + i * width, run.rows);
          }
        }
      }
    });
  }

  // The rows of a panel are more streams than processors follow by themselves, and each is a step
  // apart: the next panel's part of this line is asked for by hand.
  ACT_HOST_DEVICE void prefetch_next(const char* line) const {
    if (!from_memory_) return;
    for (std::int64_t byte = 0; byte < width * bytes_; byte += 64) {
      __builtin_prefetch(line + width * bytes_ + byte);
    }
  }
  void prefetch_next(std::int64_t first, std::int64_t size) const {
    for (std::int64_t i = first; i < first + size; ++i) prefetch_next(run_[0].data + i * step_);
  }

 private:
  using typename PanelRuns<width>::Run;
  using PanelRuns<width>::run_;
  using PanelRuns<width>::runs_;
  using PanelRuns<width>::step_;

  template <class Stored>
  static void stream_narrowed(Stored* to, const T* from, int rows) {
    if constexpr (std::is_same_v<Stored, T>) {
      stream_bytes(reinterpret_cast<char*>(to), reinterpret_cast<const char*>(from),
                   rows * std::int64_t{sizeof(T)});
    } else {
      alignas(64) Stored narrowed[width];
      narrow(narrowed, from, rows);
      stream_bytes(reinterpret_cast<char*>(to), reinterpret_cast<const char*>(narrowed),
                   rows * std::int64_t{sizeof(Stored)});
    }
  }

  // Whether the rows are dense along themselves, and not side by side.
  template <class Stored>
  bool is_along() const {
    constexpr std::int64_t bytes = sizeof(Stored);
    return step_ == bytes && run_[0].stride != bytes;
  }

  Storage storage_;
  std::int64_t bytes_;
  bool from_memory_;
  bool stream_;
};

// Elements of a panel as the loops see them: rows in adjacent lanes, `step` from one element to the
// next.
template <class T>
struct PanelView {
  T* data;
  std::int64_t step;
};

// Sixteen partial sums for each row of a panel, added in the order of row_sums.h.
template <class T, class Accumulator, int rows>
class PanelSums {
 public:
  void clear() { used_ = 0; }

  // vector(i, r) is elements i of rows r … r + lanes - 1; all calls but the last pass multiples
  // of 16.
  static constexpr int lanes = ACT_VECTOR_BYTES / static_cast<int>(sizeof(Accumulator));
  template <class Elements>
  ACT_HOST_DEVICE void add(std::int64_t size, Elements vector) {
    // A number of additions that the compiler knows leaves no loop around two of them.
    if (size == strip) {
      add_lines(std::integral_constant<std::int64_t, strip>{}, vector);
    } else {
      add_lines(size, vector);
    }
  }
  ACT_HOST_DEVICE static Vector<Accumulator, lanes> widened(const T* from) {
    return convert<Accumulator, lanes, T>(load_vector<lanes>(from));
  }

  // The tree over the partial sums; those that nothing was added to count as zeros.
  void finish(double* sums) {
    for (std::int64_t width = partial_sums / 2; width > 0; width /= 2) {
      for (std::int64_t p = 0; p < width && p + width < used_; ++p) {
        for (int r = 0; r < rows; ++r) partial_[p][r] += partial_[p + width][r];
      }
      if (used_ > width) used_ = width;
    }
    for (int r = 0; r < rows; ++r) sums[r] = double(partial_[0][r]);
    used_ = 0;
  }

 private:
  template <class Size, class Elements>
  ACT_HOST_DEVICE void add_lines(Size size, Elements vector) {
    const std::int64_t lines = size < partial_sums ? size : partial_sums;
    for (std::int64_t p = 0; p < lines; ++p) {
      const bool fresh = p >= used_;
      for (int r = 0; r < rows; r += lanes) {
        Accumulator* partial = partial_[p] + r;
        Vector<Accumulator, lanes> sum = {};
        if (!fresh) sum = load_vector<lanes>(partial);
        for (std::int64_t i = p; i < size; i += partial_sums) sum += vector(i, r);
        __builtin_memcpy(partial, &sum, sizeof(sum));
      }
    }
    if (lines > used_) used_ = lines;
  }

  std::int64_t used_ = 0;
  alignas(64) Accumulator partial_[partial_sums][rows];
};

// Lanes beyond the panel's rows are computed like the others, from zeros: whatever else the block
// holds could be a NaN, or a subnormal number, which is slow. Only as many elements as the rows
// fill: to clear 64 KiB takes longer than a small tensor's softmax.
template <int width, class T>
void clear_missing_lanes(T* block, std::int64_t elements, int count) {
  if (count == width) return;
  for (std::int64_t k = 0; k < elements * width; ++k) block[k] = T(0);
}

}  // namespace act::cpu::ACT_INSTRUCTION_SET
