# The CUDA kernels, as part of torch_act: cuda/*.cu by nvcc, the adapters cuda/*.cpp by g++.
#
#   -DTORCH_ACT_CUDA=ON|OFF            by default ON where torch has CUDA and there is an nvcc
#   -DCMAKE_CUDA_COMPILER=nvcc         where it is neither in CUDA_HOME nor on PATH
#   -DCMAKE_CUDA_ARCHITECTURES=90;120  others than those below
#
# TORCH_ACT_CUDA_VERSION: the release of the toolkit, empty without the kernels. What is decided here
# is decided for Python by tools/packaging/cuda_toolkit.py; a test holds flags and architectures to it.

set(TORCH_ACT_CUDA_VERSION "")
set(possible OFF)
if(TorchAct_TORCH_CUDA)
  if(NOT "$ENV{CUDACXX}" STREQUAL "")
    set(CMAKE_CUDA_COMPILER $ENV{CUDACXX} CACHE FILEPATH "nvcc")
  endif()
  find_program(CMAKE_CUDA_COMPILER nvcc
    HINTS $ENV{CUDA_HOME} $ENV{CUDA_PATH} PATHS /usr/local/cuda PATH_SUFFIXES bin DOC "nvcc")
  set(missing "The torch in ${TorchAct_TORCH_CONFIG} has CUDA ${TorchAct_TORCH_CUDA}, but there is no \
nvcc: neither on PATH, nor in CUDA_HOME, nor in /usr/local/cuda.")
  if(CMAKE_CUDA_COMPILER)
    set(possible ON)
  elseif(NOT TORCH_ACT_CUDA)
    message(STATUS "${missing} Building the CPU kernels alone.")
  endif()
endif()
option(TORCH_ACT_CUDA "Build the CUDA kernels" ${possible})
if(NOT TORCH_ACT_CUDA)
  return()
elseif(NOT TorchAct_TORCH_CUDA)
  message(FATAL_ERROR "TORCH_ACT_CUDA=ON asks for the CUDA kernels, but the torch in "
    "${TorchAct_TORCH_CONFIG} has no CUDA.")
elseif(NOT CMAKE_CUDA_COMPILER)
  message(FATAL_ERROR "${missing} TORCH_ACT_CUDA=ON asks for the CUDA kernels, which need it.")
endif()

execute_process(COMMAND ${CMAKE_CUDA_COMPILER} --version OUTPUT_VARIABLE version)
string(REGEX REPLACE ".*release ([0-9]+)\\.([0-9]+).*" "\\1.\\2" TORCH_ACT_CUDA_VERSION "${version}")
string(REGEX MATCH "^[0-9]+" major "${TORCH_ACT_CUDA_VERSION}")
if(NOT major STREQUAL TorchAct_TORCH_CUDA)
  message(FATAL_ERROR "The torch in ${TorchAct_TORCH_CONFIG} was built with CUDA "
    "${TorchAct_TORCH_CUDA}, but ${CMAKE_CUDA_COMPILER} is of ${TORCH_ACT_CUDA_VERSION}: their major "
    "versions must be the same. Name another nvcc by CMAKE_CUDA_COMPILER, or build the CPU kernels "
    "alone by -DTORCH_ACT_CUDA=OFF.")
endif()

# The kernels use nothing that is newer than the oldest architecture. So nvcc compiles to PTX once,
# and only the assembler runs for each; by CMake's own list the compiler would run for each.
set(architectures 80 90 100 120)
set(generate "")
if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES AND "$ENV{CUDAARCHS}" STREQUAL "")
  list(GET architectures 0 oldest)
  list(TRANSFORM architectures PREPEND sm_ OUTPUT_VARIABLE code)
  list(APPEND code compute_${oldest})
  string(REPLACE ";" " " names "${code}")
  string(REPLACE ";" "," code "${code}")
  set(generate -gencode arch=compute_${oldest},code=[${code}])
  set(CMAKE_CUDA_ARCHITECTURES OFF)
endif()
enable_language(CUDA)
if(NOT generate)
  string(REPLACE ";" " " names "${CMAKE_CUDA_ARCHITECTURES}")
endif()
# CMake before 3.26 does not know that nvcc has C++20.
set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
message(STATUS "CUDA kernels by nvcc ${TORCH_ACT_CUDA_VERSION} for ${names}")

file(GLOB kernels CONFIGURE_DEPENDS cuda/*.cu)
file(GLOB adapters CONFIGURE_DEPENDS cuda/*.cpp)
target_sources(torch_act PRIVATE ${kernels} ${adapters})
target_compile_definitions(torch_act PRIVATE TORCH_ACT_CUDA)
set_source_files_properties(cuda/build_information.cu PROPERTIES
  COMPILE_DEFINITIONS "TORCH_ACT_ARCHITECTURES=\"${names}\"")
set(exact_on_device -O3 -fmad=false -prec-div=true -prec-sqrt=true -ftz=false)
set(nvcc ${exact_on_device} --expt-relaxed-constexpr ${generate} -Werror=all-warnings -Xcompiler=-Wall,-Wextra,-Werror)
target_compile_options(torch_act PRIVATE "$<$<COMPILE_LANGUAGE:CUDA>:${nvcc}>")
target_include_directories(torch_act SYSTEM PRIVATE
  "$<$<COMPILE_LANGUAGE:CXX>:${CMAKE_CUDA_TOOLKIT_INCLUDE_DIRECTORIES}>")
# No code for the device has yet to be linked: g++ links, as it does for Python.
set_target_properties(torch_act PROPERTIES
  CUDA_ARCHITECTURES "${CMAKE_CUDA_ARCHITECTURES}"
  CUDA_STANDARD 20 CUDA_STANDARD_REQUIRED ON CUDA_EXTENSIONS OFF CUDA_VISIBILITY_PRESET hidden
  CUDA_RUNTIME_LIBRARY None LINKER_LANGUAGE CXX)

# One runtime in a process, that of torch: it lies in LibTorch, or in a package beside torch's; or else
# both take the toolkit's.
get_filename_component(torch "${TorchAct_TORCH_CONFIG}/../../.." ABSOLUTE)
get_filename_component(beside "${torch}/../nvidia" ABSOLUTE)
file(GLOB runtimes "${torch}/lib/libcudart*.so.${major}*" "${beside}/*/lib/libcudart.so.${major}")
if(runtimes)
  list(GET runtimes 0 TORCH_ACT_CUDART)
else()
  find_library(TORCH_ACT_CUDART cudart HINTS ${CMAKE_CUDA_IMPLICIT_LINK_DIRECTORIES} REQUIRED)
endif()
target_link_libraries(torch_act PRIVATE
  "${torch}/lib/libc10_cuda.so" "${torch}/lib/libtorch_cuda.so" "${TORCH_ACT_CUDART}")
