// Stands in for libcudart in a library of compiled launchers: kernels are known by name, and each
// launch goes to a callback. There is one device, and what it says of itself is an H100's.
//
// Only what launchers may call is here. Allocation, copies and synchronisation aren't, so that a
// launcher that uses them doesn't link.
#include <stddef.h>
#include <string.h>

enum {
  cudaSuccess = 0,
  cudaErrorInvalidValue = 1,
  cudaErrorInvalidConfiguration = 9,
  cudaErrorInvalidDeviceFunction = 98,
  cudaErrorInvalidDevice = 101,
};
enum {
  default_shared = 48 * 1024,
  optional_shared = 227 * 1024,
  multiprocessor_shared = 228 * 1024
};
enum { max_kernels = 65536, max_nesting = 16 };

typedef struct {
  unsigned x, y, z;
} dim3;

typedef struct {
  const char* name;
  const unsigned *grid, *block;
  void** arguments;
  size_t dynamic_shared;
  size_t dynamic_shared_limit;
  void* stream;
} Launch;

static int (*on_launch)(const Launch*);
static int (*on_memset)(void*, int, size_t);
static int last_error;

static struct {
  const void* function;
  const char* name;
  size_t dynamic_shared_limit;
} kernels[max_kernels];
static int kernel_count;

static struct {
  dim3 grid, block;
  size_t shared;
  void* stream;
} configurations[max_nesting];
static int configuration_count;

void standin_set_callbacks(int (*launch)(const Launch*), int (*memset_device)(void*, int, size_t)) {
  on_launch = launch;
  on_memset = memset_device;
}

// As before any call: libraries that are loaded are shared by all that load them.
void standin_reset(void) {
  last_error = cudaSuccess;
  for (int i = 0; i < kernel_count; ++i) kernels[i].dynamic_shared_limit = default_shared;
}

static int result(int error) {
  if (error != cudaSuccess) last_error = error;
  return error;
}

static int index_of(const void* function) {
  for (int i = 0; i < kernel_count; ++i)
    if (kernels[i].function == function) return i;
  return -1;
}

// Called by what nvcc generates: registration at load time, and the pieces of <<<>>>.

void** __cudaRegisterFatBinary(void* binary) {
  static void* handle;
  (void)binary;
  return &handle;
}
void __cudaRegisterFatBinaryEnd(void** handle) { (void)handle; }
void __cudaUnregisterFatBinary(void** handle) { (void)handle; }
char __cudaInitModule(void** handle) {
  (void)handle;
  return 1;
}

void __cudaRegisterFunction(void** handle, const char* function, char* device_function,
                            const char* device_name, int thread_limit, void* thread_id,
                            void* block_id, void* block_dim, void* grid_dim, int* warp_size) {
  (void)handle, (void)device_function, (void)thread_limit, (void)thread_id, (void)block_id;
  (void)block_dim, (void)grid_dim, (void)warp_size;
  if (kernel_count == max_kernels) __builtin_trap();
  kernels[kernel_count].function = function;
  kernels[kernel_count].name = device_name;
  kernels[kernel_count].dynamic_shared_limit = default_shared;
  ++kernel_count;
}

void __cudaRegisterVar(void** handle, char* variable, char* address, const char* name, int external,
                       size_t size, int constant, int global) {
  (void)handle, (void)variable, (void)address, (void)name, (void)external, (void)size;
  (void)constant, (void)global;
}

unsigned __cudaPushCallConfiguration(dim3 grid, dim3 block, size_t shared, void* stream) {
  if (configuration_count == max_nesting) __builtin_trap();
  configurations[configuration_count].grid = grid;
  configurations[configuration_count].block = block;
  configurations[configuration_count].shared = shared;
  configurations[configuration_count].stream = stream;
  ++configuration_count;
  return 0;
}

int __cudaPopCallConfiguration(dim3* grid, dim3* block, size_t* shared, void** stream) {
  --configuration_count;
  *grid = configurations[configuration_count].grid;
  *block = configurations[configuration_count].block;
  *shared = configurations[configuration_count].shared;
  *stream = configurations[configuration_count].stream;
  return cudaSuccess;
}

int __cudaGetKernel(void** kernel, const void* function) {
  *kernel = (void*)function;
  return cudaSuccess;
}

int cudaLaunchKernel(const void* function, dim3 grid, dim3 block, void** arguments, size_t shared,
                     void* stream) {
  const int index = index_of(function);
  if (index < 0) return result(cudaErrorInvalidDeviceFunction);
  const unsigned g[3] = {grid.x, grid.y, grid.z}, b[3] = {block.x, block.y, block.z};
  const int valid = g[0] && g[1] && g[2] && b[0] && b[1] && b[2] && g[0] <= 0x7fffffffu &&
                    g[1] <= 65535 && g[2] <= 65535 && b[0] <= 1024 && b[1] <= 1024 && b[2] <= 64 &&
                    (size_t)b[0] * b[1] * b[2] <= 1024;
  if (!valid) return result(cudaErrorInvalidConfiguration);
  const Launch launch = {
      kernels[index].name, g, b, arguments, shared, kernels[index].dynamic_shared_limit, stream,
  };
  return result(on_launch(&launch));
}

int __cudaLaunchKernel(void* kernel, dim3 grid, dim3 block, void** arguments, size_t shared,
                       void* stream) {
  return cudaLaunchKernel(kernel, grid, block, arguments, shared, stream);
}

// Called by launchers.

int cudaGetLastError(void) {
  const int error = last_error;
  last_error = cudaSuccess;
  return error;
}
int cudaPeekAtLastError(void) { return last_error; }
const char* cudaGetErrorString(int error) {
  return error == cudaSuccess ? "no error" : "an error of the simulated device";
}
const char* cudaGetErrorName(int error) { return cudaGetErrorString(error); }

int cudaGetDevice(int* device) {
  *device = 0;
  return cudaSuccess;
}
int cudaSetDevice(int device) { return result(device == 0 ? cudaSuccess : cudaErrorInvalidDevice); }
int cudaGetDeviceCount(int* count) {
  *count = 1;
  return cudaSuccess;
}

int cudaDeviceGetAttribute(int* value, int attribute, int device) {
  // Numbered by cudaDeviceAttr.
  static const struct {
    int attribute, value;
  } h100[] = {
      {1, 1024},                    // threads of a block
      {2, 1024},                    // … along x
      {3, 1024},                    // … along y
      {4, 64},                      // … along z
      {5, 0x7fffffff},              // blocks of a grid along x
      {6, 65535},                   // … along y
      {7, 65535},                   // … along z
      {8, default_shared},          // shared memory of a block
      {10, 32},                     // threads of a warp
      {12, 65536},                  // registers of a block
      {16, 132},                    // multiprocessors
      {38, 50 * 1024 * 1024},       // L2 cache
      {39, 2048},                   // threads of a multiprocessor
      {75, 9},                      // compute capability, major
      {76, 0},                      // … and minor
      {81, multiprocessor_shared},  // shared memory of a multiprocessor
      {82, 65536},                  // registers of a multiprocessor
      {97, optional_shared},        // shared memory of a block that asks for it
      {106, 32},                    // blocks of a multiprocessor
      {111, 1024},                  // shared memory of a block that the system keeps
  };
  if (device != 0) return result(cudaErrorInvalidDevice);
  for (size_t i = 0; i < sizeof h100 / sizeof h100[0]; ++i)
    if (h100[i].attribute == attribute) {
      *value = h100[i].value;
      return cudaSuccess;
    }
  return result(cudaErrorInvalidValue);
}

int cudaFuncSetAttribute(const void* function, int attribute, int value) {
  const int index = index_of(function);
  if (index < 0) return result(cudaErrorInvalidDeviceFunction);
  const int max_dynamic_shared = 8, preferred_carveout = 9;
  if (attribute == preferred_carveout) return cudaSuccess;
  if (attribute != max_dynamic_shared || value < 0 || value > optional_shared)
    return result(cudaErrorInvalidValue);
  kernels[index].dynamic_shared_limit = (size_t)value;
  return cudaSuccess;
}

int cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks, const void* function,
                                                           int threads, size_t shared,
                                                           unsigned flags) {
  (void)flags;
  if (index_of(function) < 0) return result(cudaErrorInvalidDeviceFunction);
  if (threads <= 0 || threads > 1024) return result(cudaErrorInvalidValue);
  const int by_threads = 2048 / ((threads + 31) / 32 * 32);
  const int by_shared = (int)(multiprocessor_shared / (shared + 1024));
  *blocks = by_threads < 32 ? by_threads : 32;
  if (by_shared < *blocks) *blocks = by_shared;
  return cudaSuccess;
}
int cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, const void* function, int threads,
                                                  size_t shared) {
  return cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(blocks, function, threads, shared,
                                                                0);
}

int cudaMemsetAsync(void* address, int value, size_t size, void* stream) {
  (void)stream;
  return result(on_memset(address, value, size));
}

int cudaStreamIsCapturing(void* stream, int* status) {
  (void)stream;
  *status = 0;
  return cudaSuccess;
}
