// The softmax of rows, a block for each, the row held in dynamic shared memory: shuffles, barriers
// and both kinds of shared memory, for the simulator's own tests.
#include <act/elementary/exp.h>

struct Max {
  __device__ float operator()(float a, float b) const { return a > b ? a : b; }
};
struct Sum {
  __device__ float operator()(float a, float b) const { return a + b; }
};

template <class Combine>
__device__ float of_warp(float v, Combine combine) {
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2)
    v = combine(v, __shfl_xor_sync(0xffffffffu, v, distance));
  return v;
}

template <class Combine>
__device__ float of_block(float v, float neutral, Combine combine, float* partial) {
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, warps = blockDim.x / 32;
  v = of_warp(v, combine);
  if (lane == 0) partial[warp] = v;
  __syncthreads();  // partials are there
  if (warp == 0) {
    v = of_warp(lane < warps ? partial[lane] : neutral, combine);
    if (lane == 0) partial[0] = v;
  }
  __syncthreads();  // the result is there
  v = partial[0];
  __syncthreads();  // all have it
  return v;
}

__global__ void softmax(const float* x, float* y, int columns) {
  extern __shared__ float row[];
  __shared__ float partial[32];
  const float* from = x + size_t(blockIdx.x) * columns;
  float* to = y + size_t(blockIdx.x) * columns;
  float highest = -__builtin_inff();
  for (int c = threadIdx.x; c < columns; c += blockDim.x) {
    row[c] = from[c];
    highest = Max()(highest, row[c]);
  }
  highest = of_block(highest, -__builtin_inff(), Max(), partial);
  float total = 0;
  for (int c = threadIdx.x; c < columns; c += blockDim.x) {
    row[c] = act::elementary::exp(row[c] - highest);
    total += row[c];
  }
  total = of_block(total, 0.0f, Sum(), partial);
  for (int c = threadIdx.x; c < columns; c += blockDim.x) to[c] = row[c] / total;
}

extern "C" cudaError_t launch_softmax(const float* x, float* y, int rows, int columns,
                                      cudaStream_t stream) {
  if (rows == 0) return cudaSuccess;
  const int shared = columns * int(sizeof(float));
  if (shared > 40 * 1024) {
    const cudaError_t error =
        cudaFuncSetAttribute(softmax, cudaFuncAttributeMaxDynamicSharedMemorySize, shared);
    if (error != cudaSuccess) return error;
  }
  softmax<<<rows, 128, shared, stream>>>(x, y, columns);
  return cudaGetLastError();
}
