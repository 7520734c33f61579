// A table of what a formula gives at all numbers of a half type (look_up.h), made when so many
// elements have been computed that it would have been worth it, and kept with the parameters last
// asked for.
#pragma once

#include <act/storage.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

namespace act::cpu {

// By their bits: of two zeros, 1/x differs, and NaN is not itself.
using ParameterBits = std::array<std::uint64_t, 4>;

class KeptTable {
 public:
  // Smaller calls leave the tables alone, which are shared and locked.
  static constexpr std::int64_t smallest_call = 4096;

  // tabulate(memory) fills so many bytes. Null where a call of so many elements does without.
  template <class Tabulate>
  std::shared_ptr<const void> find(const ParameterBits& parameters, std::int64_t size,
                                   std::size_t bytes, Tabulate tabulate) {
    const std::lock_guard lock(mutex_);
    if (parameters_ != parameters) {
      parameters_ = parameters;
      computed_ = 0;
      table_ = nullptr;
    }
    if (table_ == nullptr && (computed_ += size) >= worth_a_table) {
      const std::shared_ptr<std::byte[]> table(new std::byte[bytes]);
      tabulate(table.get());
      table_ = table;
    }
    return table_;
  }

 private:
  // Computing the table takes as long as computing half as many elements.
  static constexpr std::int64_t worth_a_table = 2 * half_numbers;

  std::mutex mutex_;
  ParameterBits parameters_{};
  std::int64_t computed_ = 0;
  std::shared_ptr<const void> table_;
};

}  // namespace act::cpu
