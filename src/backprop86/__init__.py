"""The 1986 back-propagation experiments, with every backward pass written by hand."""

import os

# MKL otherwise picks its kernel by the address of a matrix, so that the last bit of seed 17's gradient would
# depend on which other seeds stand beside it. Its reproducible mode has to be asked for before its first use.
os.environ.setdefault("MKL_CBWR", "AUTO,STRICT")

__version__ = "0.1.0"
