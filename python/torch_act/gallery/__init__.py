"""Pictures of every activation: its curves, ours over torch's, and the errors of both.

- `axis`: all float32 numbers on one axis.
- `curves`: value, derivative and second derivative; `errors`: how far off they are, along the axis.
- `edges`: what comes out at ±∞, ±0, the largest numbers and NaN.
- `studies`, `heat`: what has several operands: a curve for each of several values, a surface.
- `colours`, `figures`, `overview`: one op as a picture, and all of them as one.
- `page`: all of it as one HTML file.
"""
