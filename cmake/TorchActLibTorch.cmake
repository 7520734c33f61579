# TorchAct::libtorch: torch's headers and libraries, of the Python package or of LibTorch.
#
# After find_package(Torch) it is what that found. Otherwise it is taken from where TorchConfig.cmake
# lies, without running it: that of a torch with CUDA ends in an error wherever the machine lacks a
# part of the CUDA toolkit, and nothing of the toolkit is needed here.
#
# TorchAct_TORCH_VERSION: the version of the torch that was found.
# TorchAct_TORCH_CUDA: the major version of its CUDA, empty without CUDA.

if(NOT TARGET TorchAct::libtorch)
  find_path(TorchAct_TORCH_CONFIG TorchConfig.cmake
    HINTS ${Torch_DIR} $ENV{Torch_DIR}
    PATHS ${CMAKE_PREFIX_PATH} "${CMAKE_CURRENT_LIST_DIR}/../../../../torch"
    PATH_SUFFIXES Torch share/cmake/Torch
    NO_CMAKE_FIND_ROOT_PATH
    DOC "The folder of torch's TorchConfig.cmake")
  if(TorchAct_TORCH_CONFIG)
    get_filename_component(_torch "${TorchAct_TORCH_CONFIG}/../../.." ABSOLUTE)
    file(STRINGS "${TorchAct_TORCH_CONFIG}/TorchConfigVersion.cmake" _version
      REGEX "set\\(PACKAGE_VERSION ")
    string(REGEX REPLACE ".*\"([0-9.]+).*" "\\1" TorchAct_TORCH_VERSION "${_version}")

    # The runtime that its libraries load says it; LibTorch has the version in no file of text.
    set(TorchAct_TORCH_CUDA "")
    if(EXISTS "${_torch}/lib/libc10_cuda.so")
      file(STRINGS "${_torch}/lib/libc10_cuda.so" _runtime LIMIT_COUNT 1
        REGEX "libcudart[-.0-9a-f]*\\.so\\.[0-9]+")
      string(REGEX REPLACE ".*libcudart[-.0-9a-f]*\\.so\\.([0-9]+).*" "\\1"
        TorchAct_TORCH_CUDA "${_runtime}")
    endif()

    add_library(TorchAct::libtorch INTERFACE IMPORTED)
    if(TARGET torch)
      target_link_libraries(TorchAct::libtorch INTERFACE ${TORCH_LIBRARIES})
    else()
      target_include_directories(TorchAct::libtorch SYSTEM INTERFACE
        "${_torch}/include" "${_torch}/include/torch/csrc/api/include")
      target_link_libraries(TorchAct::libtorch INTERFACE
        "${_torch}/lib/libtorch.so" "${_torch}/lib/libtorch_cpu.so" "${_torch}/lib/libc10.so")
      # libtorch.so holds nothing and loads all parts of torch, CUDA's among them.
      target_link_options(TorchAct::libtorch INTERFACE
        "LINKER:--push-state,--no-as-needed,${_torch}/lib/libtorch.so,--pop-state")
    endif()
  endif()
  unset(_torch)
  unset(_version)
  unset(_runtime)
endif()
