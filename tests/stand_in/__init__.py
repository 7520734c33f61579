"""A second device where there is no GPU: the CPU, to torch another device of its own.

`pytest --devices stand_in` runs on it what a GPU would run. That says nothing about the CUDA
kernels, but all that lies above them meets a device that is not the CPU: autograd, vmap,
functionalization, and the tests themselves, which must not mix devices nor read results without
copying them back.
"""

import types
from pathlib import Path

import torch
from torch.utils import cpp_extension

NAME = "stand_in"


def _module():
    module = types.ModuleType("torch." + NAME)
    module.is_available = lambda: True
    module.is_initialized = lambda: True
    module.device_count = lambda: 1
    module.current_device = lambda: 0
    module._is_in_bad_fork = lambda: False
    module.manual_seed_all = lambda seed: None
    # Its generator is the CPU's.
    module.get_rng_state = lambda device=NAME: torch.get_rng_state()
    module.set_rng_state = lambda state, device=NAME: torch.set_rng_state(state)
    module.get_amp_supported_dtype = lambda: [torch.bfloat16, torch.float16]
    return module


def register():
    """Compiles the device, once, and makes torch know it."""
    folder = Path(__file__).parents[2] / "build" / NAME
    folder.mkdir(parents=True, exist_ok=True)
    cpp_extension.load(
        f"{NAME}_{torch.__version__.partition('+')[0].replace('.', '_')}",
        [str(Path(__file__).with_name("device.cpp"))],
        extra_cflags=["-std=c++20", "-O1", "-g0", "-Wno-unused-parameter"],
        build_directory=str(folder),
        is_python_module=False,
    )
    torch.utils.rename_privateuse1_backend(NAME)
    torch._register_device_module(NAME, _module())
    torch.utils.generate_methods_for_privateuse1_backend(unsupported_dtype=None)
