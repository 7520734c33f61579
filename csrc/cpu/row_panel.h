// Rows side by side: a panel of adjacent rows is walked along the rows in strips, one vector lane for each
// row, so that a dim that is not the last one is read and written in the order of memory.
#pragma once

#include "row_access.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

// Rows of a panel: 256 bytes of T, so that each step along the rows uses whole cache lines.
template <class T>
inline constexpr std::int64_t panel_rows = 256 / static_cast<std::int64_t>(sizeof(T));

// Elements along the rows that are held in L1 at a time.
inline constexpr std::int64_t strip = 16;

template <class T>
using Strip = T[strip * panel_rows<T>];

// Where the rows of a panel begin in one operand, as runs of rows that lie next to each other.
template <class T>
class PanelOperand {
 public:
  PanelOperand(const Rows::Operand& operand, char* const* begins, std::int64_t rows)
      : storage_(operand.storage), step_(operand.step), rows_(rows) {
    const std::int64_t bytes = element_bytes(storage_);
    for (std::int64_t r = 0; r < rows; ++r) {
      if (r == 0 || begins[r] != begins[r - 1] + bytes) runs_[run_count_++] = {begins[r], r, 0};
      ++runs_[run_count_ - 1].rows;
    }
  }

  // Elements first … first + size - 1 of all rows; element i of row r goes to [i · panel_rows + r].
  void load(T* to, std::int64_t first, std::int64_t size) const {
    dispatch_stored<T>(storage_, [&]<class Stored>() {
      if (scattered()) {
        for (std::int64_t r = 0; r < run_count_; ++r) {
          const char* from = runs_[r].data + first * step_;
          for (std::int64_t k = 0; k < runs_[r].rows; ++k, from += sizeof(Stored)) {
            for (std::int64_t i = 0; i < size; ++i) {
              to[i * panel_rows<T> + runs_[r].first + k] =
                  to_opmath(*reinterpret_cast<const Stored*>(from + i * step_));
            }
          }
        }
        return;
      }
      for (std::int64_t i = 0; i < size; ++i) {
        for (std::int64_t r = 0; r < run_count_; ++r) {
          widen(to + i * panel_rows<T> + runs_[r].first,
                reinterpret_cast<const Stored*>(runs_[r].data + (first + i) * step_), runs_[r].rows);
        }
      }
    });
  }

  void store(const T* from, std::int64_t first, std::int64_t size) const {
    dispatch_stored<T>(storage_, [&]<class Stored>() {
      if (scattered()) {
        for (std::int64_t r = 0; r < run_count_; ++r) {
          char* to = runs_[r].data + first * step_;
          for (std::int64_t k = 0; k < runs_[r].rows; ++k, to += sizeof(Stored)) {
            for (std::int64_t i = 0; i < size; ++i) {
              *reinterpret_cast<Stored*>(to + i * step_) =
                  from_opmath<Stored>(from[i * panel_rows<T> + runs_[r].first + k]);
            }
          }
        }
        return;
      }
      for (std::int64_t i = 0; i < size; ++i) {
        for (std::int64_t r = 0; r < run_count_; ++r) {
          narrow(reinterpret_cast<Stored*>(runs_[r].data + (first + i) * step_),
                 from + i * panel_rows<T> + runs_[r].first, runs_[r].rows);
        }
      }
    });
  }

 private:
  // Short runs are read along the rows instead, where that is the denser direction.
  bool scattered() const { return run_count_ * 4 > rows_; }

  struct Run {
    char* data;
    std::int64_t first;
    std::int64_t rows;
  };
  Storage storage_;
  std::int64_t step_;
  std::int64_t rows_;
  std::int64_t run_count_ = 0;
  Run runs_[panel_rows<T>];
};

// A number for each row of a panel.
template <class T>
struct alignas(64) Lanes {
  T values[panel_rows<T>];
  T& operator[](std::int64_t row) { return values[row]; }
  const T& operator[](std::int64_t row) const { return values[row]; }
};

}  // namespace act::cpu::ACT_INSTRUCTION_SET
