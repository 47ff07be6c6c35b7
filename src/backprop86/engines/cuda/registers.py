"""The gradient of a small net, written out line by line, as somebody with the letter in hand would write it."""

from collections.abc import Callable
from typing import Any

import numpy as np

from backprop86.engines.recipe import Cases
from backprop86.wiring import Wiring


def gradient(wiring: Wiring, cases: Cases, writes_cases: bool) -> str:
    """Return the source of `gradient`; writes_cases: unroll the loop over cases too."""
    lines = ["// Equations 1 and 2"]
    lines += [f"const real y{i} = INPUTS[c][{i - 1}];" for i in range(1, 1 + wiring.n_inputs)]
    for j in range(1 + wiring.n_inputs, wiring.n_units):
        lines += _forward(wiring, j)
    lines += ["", "// Equations 3 and 4", "const real counts = is_trained(job, s, seed, c) ? 1 : 0;", "real E_c = 0;"]
    outputs = wiring.outputs.tolist()
    lines += [f"real dE_dy{j} = output(job, s, E_c, y{j}, DESIRED[c][{o}], counts);" for o, j in enumerate(outputs)]
    lines += ["add(job, s, E_c);", "", "// Equations 7 and 5"]
    for i in range(wiring.n_units - 1, wiring.n_inputs, -1):
        lines += _backward(wiring, i, i in outputs)
    lines += ["", "// Equation 6"]
    for p, j, i in sorted(zip(wiring.parameter.tolist(), wiring.target.tolist(), wiring.source.tolist(), strict=True)):
        lines.append(f"s.dE_dw[{p}] = {_product(wiring, f's.dE_dw[{p}]', f'dE_dx{j}', i)};")
    body = "\n".join(f"    {line}" if line else "" for line in lines)
    kind = "static __device__ const" if writes_cases else "static __constant__ const"
    return f"""{kind} real INPUTS[N_CASES][N_INPUTS] = {_rows(cases.inputs, repr)};
{kind} bool DESIRED[N_CASES][N_OUTPUTS] = {_rows(cases.desired > 0.5, lambda is_on: str(is_on).lower())};

// dE/dw and E of some cases
DEVICE void gradient(const Job &job, State &s, long long seed, int first, int last) {{
  s.E = 0;
  s.meets = s.is_right = true;
  EACH(p, N_WEIGHTS) s.dE_dw[p] = -0.0;
{"#pragma unroll" if writes_cases else "#pragma unroll 1"}
  for (int c = first; c < last; ++c) {{
{body}
  }}
}}"""


def _forward(wiring: Wiring, j: int) -> list[str]:
    """Return the lines of equations 1 and 2 for unit j."""
    here = sorted((wiring.target == j).nonzero()[0].tolist(), key=lambda k: int(wiring.source[k]))
    lines = [f"real x{j} = -0.0;"]
    for k in here:
        w = f"s.w[{wiring.parameter[k]}]"
        lines.append(f"x{j} = {_product(wiring, f'x{j}', w, int(wiring.source[k]))};")
    if wiring.source[here[0]] == 0:  # -0 + w is w
        lines[:2] = [f"real x{j} = s.w[{wiring.parameter[here[0]]}];"]
    return [*lines, f"const real y{j} = logistic(x{j});"]


def _product(wiring: Wiring, total: str, factor: str, source: int) -> str:
    """Return a sum and one product more: a factor times the output of a unit."""
    if source == 0:
        return f"{total} + {factor}"
    if source <= wiring.n_inputs:
        return f"with_input({total}, {factor}, y{source})"
    return f"fma({factor}, y{source}, {total})"


def _backward(wiring: Wiring, i: int, is_output: bool) -> list[str]:
    """Return the lines of equations 7 and 5 for unit i."""
    lines = [] if is_output else [f"real dE_dy{i} = -0.0;"]
    for k in sorted((wiring.source == i).nonzero()[0].tolist(), key=lambda k: int(wiring.target[k])):
        lines.append(f"dE_dy{i} = fma(s.w[{wiring.parameter[k]}], dE_dx{wiring.target[k]}, dE_dy{i});")
    with_slope = f"dE_dy{i} * y{i} * (1 - y{i})"
    return [*lines, f"const real dE_dx{i} = {f'SLOPED ? {with_slope} : dE_dy{i}' if is_output else with_slope};"]


def _rows(array: np.ndarray, told: Callable[[Any], str]) -> str:
    return "{" + ", ".join("{" + ", ".join(told(value) for value in row) + "}" for row in array.tolist()) + "}"
