"""The orders of a launch: one struct of numbers and addresses, for the kernel's language and for its caller."""

from collections.abc import Mapping

import numpy as np

WHOLE, NUMBER = "long long", "double"
TYPES = {
    "seeds": WHOLE,
    "slots": WHOLE,
    "steps": WHOLE,
    "limit": WHOLE,
    "to_limit": WHOLE,
    "n_moments": WHOLE,
    "n_checkpoints": WHOLE,
    "opening_sweeps": NUMBER,
    "late_sweep": NUMBER,
    "gain_epsilon": NUMBER,
    "case_error": NUMBER,
    "total_error": NUMBER,
    "target_on": NUMBER,
    "target_off": NUMBER,
    "zone_on": NUMBER,
    "zone_off": NUMBER,
    "on": NUMBER,
    "off": NUMBER,
    # what is known of the seeds, and what becomes of them: `in_numbers.Block`
    "w0": "const double *",
    "counted": "const double *",
    "scale": "const double *",
    "cases": "const double *",
    "rates": "const double *",
    "until": "const long long *",
    "checkpoints": "const long long *",
    "moments": "const long long *",
    "w": "double *",
    "w_learned": "double *",
    "w_at": "double *",
    "sweeps": "long long *",
    "right_side": "long long *",
    "stopped": "long long *",
    "diverged": "long long *",
    "error": "double *",
    "error_curve": "double *",
    "gradient_curve": "double *",
    # the seeds in training, from one launch to the next
    "next": "unsigned long long *",
    "work": "unsigned long long *",
    "when": "long long *",
    "state": "real *",
    "room": "real *",
    # of the weights
    "share": "const double *",
    "largest": "const double *",
    # of the wiring and the cases, where they are not written out
    "levels": "const int *",
    "into": "const int *",
    "source": "const int *",
    "target_into": "const int *",
    "parameter": "const int *",
    "out_of": "const int *",
    "target": "const int *",
    "parameter_out": "const int *",
    "of_parameter": "const int *",
    "connection": "const int *",
    "outputs": "const int *",
    "is_output": "const int *",
    "inputs": "const double *",
    "desired": "const double *",
}
"""The type of each field. All have eight bytes."""
IN_NUMPY = {"double *": "float64", "long long *": "int64", "unsigned long long *": "uint64", "int *": "int32"}
"""The types of arrays; that of `real` is the recipe's."""


def declared() -> str:
    """Return the struct in the kernel's language."""
    fields = "\n".join(f"  {kind}{'' if kind.endswith('*') else ' '}{name};" for name, kind in TYPES.items())
    return f"struct Job {{\n{fields}\n}};"


def packed(values: Mapping[str, float]) -> np.ndarray:
    """Return the struct's bytes; a field that the kernel does not use may be left out."""
    found = np.zeros(len(TYPES), np.int64)
    for k, (name, kind) in enumerate(TYPES.items()):
        value = values.get(name, 0)
        found[k] = np.float64(value).view(np.int64) if kind == NUMBER else int(value)
    return found
