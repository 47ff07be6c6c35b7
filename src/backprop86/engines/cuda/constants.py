"""The constants of a kernel: of the arithmetic, of the network, and of the rule by which it learns."""

from collections.abc import Mapping

import numpy as np

from backprop86.descent import RATES
from backprop86.engines import arithmetic
from backprop86.engines.recipe import CRITERIA, Job, Recipe
from backprop86.wiring import Wiring


def constants(job: Job) -> str:
    """Return the constants in the kernel's language; rates, targets and limits stand in its orders."""
    wiring, recipe = job.wiring, job.recipe
    level = wiring.parameter_level[: wiring.n_weights]
    every = {**of_arithmetic(recipe.dtype), **of_network(wiring), **of_rule(recipe)}
    every |= {"N_CASES": len(job.cases.inputs), "HAS_HELD_OUT": int(job.counted is not None)}
    return f"""typedef {"float" if recipe.dtype == "float32" else "double"} real;

{defined(every)}

static __device__ const int LEVELS[] = {{{", ".join(map(str, level.tolist()))}}};  // of each weight"""


def defined(values: Mapping[str, object]) -> str:
    """Return a line for each constant."""
    return "\n".join(f"#define {name} {value}" for name, value in values.items())


def of_arithmetic(dtype: str) -> dict[str, object]:
    """Return the numbers of arithmetic.py for a type."""
    every = {name: getattr(arithmetic, name) for name in ("LARGEST", "SHIFT", "LN_2", "LN_2_REST")}
    numbers = {name: value[dtype] for name, value in every.items()} | {"LOG2_E": arithmetic.LOG2_E}
    taylor = arithmetic.TAYLOR[dtype]
    return {
        **{name: f"((real){value!r})" for name, value in numbers.items()},
        "TAYLOR": ", ".join(f"(real){value!r}" for value in taylor),
        "DEGREE": len(taylor) - 1,
        "IS_FLOAT": int(dtype == "float32"),
    }


def of_network(wiring: Wiring) -> dict[str, object]:
    """Return the sizes of a network."""
    return {
        "N_INPUTS": wiring.n_inputs,
        "N_OUTPUTS": len(wiring.outputs),
        "N_WEIGHTS": wiring.n_weights,
        "N_PARAMETERS": wiring.n_parameters,
        "N_LEVELS": len(wiring.levels),
        "HAS_GAINS": int(wiring.has_gains),
    }


def of_rule(recipe: Recipe) -> dict[str, object]:
    """Return a recipe's choices as numbers, and the columns of `rates`."""
    return {
        "CASES_AT_ONCE": 1 if recipe.update == "case" else arithmetic.CASES_AT_ONCE,
        "BY_CASE": int(recipe.update == "case"),
        "HAS_SHARES": int(recipe.epsilon_by != "one"),
        "HAS_LIMITS": int(recipe.biases == "negative"),
        "HAS_TOTAL_ERROR": int(CRITERIA[recipe.criterion].total_error < np.inf),
        "DESIRED_STATES": int(recipe.procedure == "desired_states"),
        "SLOPED": int(recipe.output_slope == "kept"),
        "FROM_EDGE": 1,
        "DEAD_ZONE": ["none", "from_edge", "from_target"].index(recipe.dead_zone),
        "IN_WEIGHTS": 0,
        "IN_CHANGE": 1,
        "DECAY_IN": ["weights", "change", "gradient"].index(recipe.decay_in),
        "DECAY_WAITS": int(recipe.decay_from == "learned"),
        "N_RATES": len(RATES),
        **{name.upper(): k for k, name in enumerate(RATES)},
    }
