"""The reference engine: a block of seeds, trained side by side until learned or out of sweeps, in torch.

It is the definition of a run. A *sweep* is one pass through all the training cases (N p. 535). `sweeps` of a seed is
the number of sweeps after which its weights first meet the criterion; 0 if the initial weights do.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from backprop86 import desired_states
from backprop86.descent import Descent
from backprop86.engines.recipe import CRITERIA, Criterion, Job
from backprop86.network import Network, epsilon_shares, largest_weights

NEVER = -1


@dataclass(eq=False)
class Outcome:
    """The fate of S seeds. Curves have a value at each of K checkpoints, NaN after a seed has left the batch."""

    w: np.ndarray  # (S, n_parameters) when the seed stopped
    w_learned: np.ndarray  # (S, n_parameters) when it first met the criterion; NaN where it never did
    w_at: np.ndarray  # (S, M, n_parameters) after each of the recipe's moments; NaN where it had left before
    sweeps: np.ndarray  # (S,) NEVER where the criterion was never met
    right_side: np.ndarray  # (S,) when every output was first on the right side of 0.5, or NEVER
    stopped: np.ndarray  # (S,) the sweep after which w was taken
    diverged: np.ndarray  # (S,) a weight or E became NaN or infinite
    error: np.ndarray  # (S,) E of w
    error_curve: np.ndarray  # (S, K)
    gradient_curve: np.ndarray  # (S, K, n_levels) the length of dE/dw, level by level

    @classmethod
    def unknown(cls, job: Job) -> "Outcome":
        """Return an empty outcome for the seeds of a job."""
        S, P = job.w.shape
        K, M = len(checkpoints(job.recipe.sweeps)), len(job.recipe.moments)
        return cls(
            w=np.array(job.w, dtype=float, order="C"),
            w_learned=np.full((S, P), np.nan),
            w_at=np.full((S, M, P), np.nan),
            sweeps=np.full(S, NEVER),
            right_side=np.full(S, NEVER),
            stopped=np.full(S, NEVER),
            diverged=np.zeros(S, dtype=bool),
            error=np.full(S, np.nan),
            error_curve=np.full((S, K), np.nan),
            gradient_curve=np.full((S, K, len(job.wiring.levels)), np.nan),
        )


def checkpoints(sweeps: int) -> list[int]:
    """Return the sweeps at which curves are kept: 0, the last, and about 48 to a factor of ten between."""
    spaced = np.unique(np.geomspace(1, sweeps, 1 + max(1, round(48 * np.log10(sweeps)))).round().astype(int))
    return [0, *spaced.tolist()]


def train(
    job: Job,
    device: str = "cpu",
    advance: Callable[[int], None] = lambda seed_sweeps: None,
    descent: Descent | None = None,
) -> Outcome:
    """Train every seed of a job, and call `advance` with the seed-sweeps done since the last call.

    `descent` replaces the recipe's rates where every seed has its own.
    Seeds that learned leave the batch (unless the recipe or the job says to go on) and so do diverged ones, so a few
    stubborn seeds cost only their own price.
    """
    recipe = job.recipe
    run = _Run(job, device, descent or recipe.descent())
    keep = {sweep: k for k, sweep in enumerate(checkpoints(recipe.sweeps))}
    for sweep in range(recipe.sweeps + 1):
        before = run.in_batch
        run.look(sweep, keep.get(sweep))
        advance(run.in_batch + (before - run.in_batch) * (recipe.sweeps - sweep + 1))
        if not run.in_batch:
            break
        run.change(sweep + 1)
    return run.outcome


def every_sweep(job: Job) -> tuple[Tensor, Tensor]:
    """Return w (sweeps + 1, S, n_parameters) and E (sweeps + 1, S): before the first sweep and after each of them."""
    run, S = _Run(job, "cpu", job.recipe.descent()), len(job.w)
    weights, errors = [], []
    for sweep in range(job.recipe.sweeps + 1):
        run.dE_dw, E, _ = run.gradient(run.inputs, run.d, run.counted)
        weights.append(run.w[:S])
        errors.append(E[:S])
        run.change(sweep + 1)
    return torch.stack(weights), torch.stack(errors)


class _Run:
    """The seeds still in the batch, and the outcome so far of all."""

    def __init__(self, job: Job, device: str, descent: Descent) -> None:
        """Copy the job's arrays to the device."""
        wiring, cases, recipe, w, counted = job.wiring, job.cases, job.recipe, job.w, job.counted
        as_tensor: dict[str, Any] = {"dtype": getattr(torch, recipe.dtype), "device": device}
        self.recipe, self.network = recipe, Network(wiring, device)
        self.error, self.criterion = recipe.squared_error(), CRITERIA[recipe.criterion]
        self.descent = descent.columns(len(w), **as_tensor)
        self.largest = torch.tensor(largest_weights(wiring, recipe.biases), **as_tensor)
        self.share = torch.tensor(epsilon_shares(wiring, recipe.epsilon_by), **as_tensor)
        self.inputs, self.d = torch.tensor(cases.inputs, **as_tensor), torch.tensor(cases.desired, **as_tensor)
        self.levels = torch.as_tensor(wiring.parameter_level, device=device)
        self.until, self.outcome, self.stream = job.until, Outcome.unknown(job), job.stream
        self.seeds, self.copies = np.arange(len(w)), 0
        self.w = torch.tensor(w, **as_tensor)
        self.last_change = torch.zeros_like(self.w)
        self.counted = None if counted is None else torch.tensor(counted, **as_tensor)
        self._keep(self.seeds)

    @property
    def in_batch(self) -> int:
        """The number of seeds still in training."""
        return len(self.seeds) - self.copies

    def _keep(self, rows: np.ndarray) -> None:
        """Drop all other rows. A seed that is alone gets a copy: torch multiplies a batch of one by another kernel."""
        rows = rows[: len(rows) - self.copies]
        self.copies = int(len(rows) == 1)
        rows = np.concatenate([rows, rows]) if self.copies else rows
        self.seeds, self.w, self.last_change = self.seeds[rows], self.w[rows], self.last_change[rows]
        self.descent = self.descent.of(rows)
        self.counted = None if self.counted is None else self.counted[rows]

    def gradient(self, inputs: Tensor, d: Tensor, counted: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        """Return (dE/dw, E, outputs) of the seeds in the batch."""
        outputs, cache = self.network.forward(inputs, self.w)
        E, cache_error = self.error.forward(outputs, d, counted)
        dE_doutputs, _ = self.error.backward(1.0, cache_error)
        if self.recipe.procedure == "desired_states":
            _, scale = cache_error
            counts = torch.ones_like(outputs[..., 0]) if counted is None else counted
            counts = counts if scale is None else counts * scale[:, None]
            gradients = desired_states.backward(self.network, d, dE_doutputs, cache, counts)
        else:
            slope = self.recipe.output_slope == "kept"
            _, gradients = self.network.backward(dE_doutputs, cache, to_inputs=False, output_slope=slope)
        return gradients["w"], E, outputs

    def look(self, sweep: int, checkpoint: int | None) -> None:
        """Record the results of the weights after this sweep, and drop the seeds that are done."""
        if self.stream is not None:
            self.inputs, self.d = self._block(sweep)
        self.dE_dw, E, outputs = self.gradient(self.inputs, self.d, self.counted)
        out, seeds = self.outcome, self.seeds
        diverged = ~(torch.isfinite(E) & torch.isfinite(self.w).all(-1)).cpu().numpy()
        out.diverged[seeds[diverged]] = True
        learned = self._first(out.sweeps, self.criterion, outputs, diverged, sweep)
        out.w_learned[seeds[learned]] = self._weights(learned)
        self._first(out.right_side, CRITERIA["right_side"], outputs, diverged, sweep)
        if sweep in self.recipe.moments:
            out.w_at[seeds, self.recipe.moments.index(sweep)] = self._weights(slice(None))
        if checkpoint is not None:
            self._draw(E, checkpoint)
        done = diverged | (sweep == self.recipe.sweeps)
        if self.recipe.stop == "learned":
            done |= (out.sweeps[seeds] != NEVER) & (sweep >= self.until[seeds])
        if done.any():
            out.w[seeds[done]] = self._weights(done)
            out.error[seeds[done]] = E[done].double().cpu().numpy()
            out.stopped[seeds[done]] = sweep
            self.dE_dw = self.dE_dw[~done]
            self._keep(np.flatnonzero(~done))

    def _block(self, number: int) -> tuple[Tensor, Tensor]:
        """Return the inputs (S, C, n_inputs) and desired (S, C, n_outputs) of one block of every seed in the batch."""
        assert self.stream is not None
        blocks = [self.stream(int(row), number, 1) for row in self.seeds]
        inputs, desired = (torch.tensor(np.concatenate(part)).to(self.w) for part in zip(*blocks, strict=True))
        return inputs, desired

    def _first(
        self, when: np.ndarray, criterion: Criterion, outputs: Tensor, diverged: np.ndarray, sweep: int
    ) -> np.ndarray:
        """Return a mask of the seeds that meet a criterion for the first time, and note the sweep in `when`."""
        met = criterion.met(outputs, self.d, self.error, self.counted).cpu().numpy()
        first: np.ndarray = met & ~diverged & (when[self.seeds] == NEVER)
        when[self.seeds[first]] = sweep
        return first

    def _weights(self, rows: np.ndarray | slice) -> np.ndarray:
        """Return the weights of some seeds in the batch, in float64."""
        return self.w[rows].double().cpu().numpy()

    def _draw(self, E: Tensor, checkpoint: int) -> None:
        """Put a point on the curves of the seeds in the batch."""
        out = self.outcome
        out.error_curve[self.seeds, checkpoint] = E.cpu().numpy()
        for level in range(out.gradient_curve.shape[-1]):
            length = self.dE_dw[:, self.levels == level].norm(dim=-1)
            out.gradient_curve[self.seeds, checkpoint, level] = length.cpu().numpy()

    def change(self, sweep: int) -> None:
        """Change the weights: once, from the gradient of the whole sweep, or after every case in turn."""
        decays: Any = 1.0
        if self.recipe.decay_from == "learned":
            decays = torch.as_tensor(self.outcome.sweeps[self.seeds] != NEVER).to(self.w)[:, None]
        step = partial(self.descent.step, sweep=sweep, largest=self.largest, share=self.share, decays=decays)
        if self.recipe.update == "sweep":
            self.w, self.last_change = self._with_gains(step(self.w, self.last_change, self.dE_dw), self.dE_dw)
            return
        for c in range(len(self.inputs)):
            counted = None if self.counted is None else self.counted[:, c : c + 1]
            dE_dw, _, _ = self.gradient(self.inputs[c : c + 1], self.d[c : c + 1], counted)
            w, last_change = self._with_gains(step(self.w, self.last_change, dE_dw), dE_dw)
            if counted is not None:  # a case held out changes nothing, not even by momentum or decay
                w = torch.where(counted > 0, w, self.w)
                last_change = torch.where(counted > 0, last_change, self.last_change)
            self.w, self.last_change = w, last_change

    def _with_gains(self, changed: tuple[Tensor, Tensor], dE_dw: Tensor) -> tuple[Tensor, Tensor]:
        """Return the weights with their gains changed by plain descent instead: without momentum and without decay."""
        w, last_change = changed
        gains = slice(self.network.wiring.n_weights, None)
        w[:, gains] = self.w[:, gains] - self.recipe.gain_epsilon * dE_dw[:, gains]
        return w, last_change
