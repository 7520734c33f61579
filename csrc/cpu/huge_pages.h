// Fresh outputs cost more in page faults than in arithmetic: 4 MiB of 4 KiB pages are a thousand
// faults.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace act::cpu {

// Asks for huge pages on memory of a new tensor, which nobody has touched yet. A hint: where the
// system declines, all works on.
inline void advise_huge_pages([[maybe_unused]] const at::Tensor& tensor) {
#if defined(__linux__)
  constexpr std::size_t huge_page = std::size_t{2} << 20;
  const std::size_t bytes = tensor.nbytes();
  if (bytes < 2 * huge_page) return;
  void* const data = tensor.mutable_data_ptr();
  const auto begin = (reinterpret_cast<std::uintptr_t>(data) + huge_page - 1) & ~(huge_page - 1);
  const auto end = (reinterpret_cast<std::uintptr_t>(data) + bytes) & ~(huge_page - 1);
  if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
#endif
}

}  // namespace act::cpu
