// y = a·x over float32 in vectors of 16 bytes, with a tail and a path for pointers that aren't
// aligned, and over bfloat16: the pointwise kernels' shape, for the simulator's own tests.
#include <act/storage.h>

#include <cstdint>

__global__ void scale_vectors(const float* x, float* y, float a, std::int64_t n) {
  const std::int64_t i = blockIdx.x * std::int64_t{blockDim.x} + threadIdx.x;
  const std::int64_t stride = gridDim.x * std::int64_t{blockDim.x}, vectors = n / 4;
  for (std::int64_t v = i; v < vectors; v += stride) {
    float4 p = reinterpret_cast<const float4*>(x)[v];
    p.x *= a, p.y *= a, p.z *= a, p.w *= a;
    reinterpret_cast<float4*>(y)[v] = p;
  }
  for (std::int64_t t = vectors * 4 + i; t < n; t += stride) y[t] = a * x[t];
}

template <class Stored>
__global__ void scale_elements(const Stored* x, Stored* y, float a, std::int64_t n) {
  const std::int64_t i = blockIdx.x * std::int64_t{blockDim.x} + threadIdx.x;  // element
  if (i < n) y[i] = act::from_opmath<Stored>(a * act::to_opmath(x[i]));
}

template <class Stored>
static cudaError_t launch_elements(const Stored* x, Stored* y, float a, std::int64_t n,
                                   cudaStream_t stream) {
  const int block = 64;
  const unsigned blocks = unsigned((n + block - 1) / block);
  scale_elements<<<blocks, block, 0, stream>>>(x, y, a, n);
  return cudaGetLastError();
}

static bool aligned(const void* p) { return reinterpret_cast<std::uintptr_t>(p) % 16 == 0; }

extern "C" cudaError_t launch_scale(const float* x, float* y, float a, std::int64_t n,
                                    cudaStream_t stream) {
  if (n == 0) return cudaSuccess;
  if (!aligned(x) || !aligned(y)) return launch_elements(x, y, a, n, stream);
  const int block = 64;
  const std::int64_t needed = (n / 4 + block - 1) / block;
  const unsigned blocks = needed < 1 ? 1 : needed > 8 ? 8 : unsigned(needed);
  scale_vectors<<<blocks, block, 0, stream>>>(x, y, a, n);
  return cudaGetLastError();
}

extern "C" cudaError_t launch_scale_bfloat16(const act::BFloat16Bits* x, act::BFloat16Bits* y,
                                             float a, std::int64_t n, cudaStream_t stream) {
  return launch_elements(x, y, a, n, stream);
}
