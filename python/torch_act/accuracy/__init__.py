"""How accurate the activations are, and torch's beside them: what `certify` measures.

Needs python-flint and numpy (the extra `tools`). Nothing here is imported by `import torch_act`.
"""
