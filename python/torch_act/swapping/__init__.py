"""Ours in the place of others' activations, in models that exist: swap, unswap, active, compare.

- `correspondences`: which class and which function is which of ours. The one table.
- `replacements`: modules that a class of the table needs and `torch_act.nn` has not.
- `functions`: ours with the signatures of torch's and timm's functions.
- `finding`: what shall become of a module; `exchange`: swap and unswap; `report`: what they tell.
- `routing`: the function mode.
- `comparison`: both run, module by module; `measuring`: what is measured of a run.
"""

from torch_act.swapping.comparison import Comparison, compare
from torch_act.swapping.exchange import swap, unswap
from torch_act.swapping.report import SwapReport
from torch_act.swapping.routing import active

__all__ = ["Comparison", "SwapReport", "active", "compare", "swap", "unswap"]
