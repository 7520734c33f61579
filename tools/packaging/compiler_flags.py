"""The flags that decide a kernel's arithmetic, wherever one is compiled on the host."""

# Contraction and reassociation stay off: a formula's operations are the ones written, in every
# instruction set and on every device. The two flags that are set let loops vectorise and change no
# result.
EXACT = ("-O3", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off")
