"""The certificate of what has several operands: gates, biases, learned parameters, masks, noise.

Not all 2⁶⁴ pairs can be tried. `sample` takes one of every pair of binades, the special values, and
many where a function changes or cancels; `exact` has the exact results there.
"""
