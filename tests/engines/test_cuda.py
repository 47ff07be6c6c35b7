"""The CUDA engine's kernels, built for this processor: the bits of the fused engine, for all experiments and nets."""

import io
import re
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import host
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import check_gpu
from backprop86.descent import RATES, Descent
from backprop86.engines import fused
from backprop86.engines.bits import different
from backprop86.engines.cuda import engine
from backprop86.engines.cuda.source import MOST_SHARED, fits_a_thread, source_of
from backprop86.engines.recipe import BadInput, Cases, Job
from backprop86.engines.reference import checkpoints
from backprop86.problems import symmetry, xor
from backprop86.running.kernels import kernels
from backprop86.running.ranges import size_of
from backprop86.running.rules import job_of, rules
from backprop86.running.settings import load, stems
from backprop86.wiring import layered
from counts import many
from helpers import ROOT
from nets import FEW, XOR, job_of_any, wirings
from peers.networks import EXPERIMENTS


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return the folder for built kernels: whoever asks for it builds some."""
    if host.COMPILER is None:
        pytest.skip("needs a C++ compiler")
    return tmp_path_factory.mktemp("kernels")


def trained(job, folder, descent=None, **machine):
    """Return the outcome of a job in the kernel that is made for it."""
    return engine.train(job, machine=host.Host(folder, **machine), descent=descent)


@pytest.mark.parametrize("name", FEW)
def test_the_bits_of_a_few_nets(name, folder):
    job = job_of(*FEW[name], 20)
    assert different(trained(job, folder), fused.train(job)) == {}


@pytest.mark.slow
@pytest.mark.parametrize("stem", stems())
def test_the_bits_of_every_experiment(stem, folder):
    wrong, seen = {}, 0
    for name, problem, recipe, n in list(rules(stem))[:: many(2, 1)]:
        if recipe.block:
            continue
        job, seen = job_of(problem, recipe, n), seen + 1
        if found := different(trained(job, folder), fused.train(job)):
            wrong[name] = found
    assert wrong == {}
    assert seen or stem == "signals"


@pytest.mark.slow
@settings(max_examples=many(8, 100))
@given(wirings(), st.integers(0, 2**32), st.sampled_from(["sweep", "case"]), st.sampled_from(["sum", "mean"]))
def test_the_bits_of_any_net(folder, wiring, seed, update, error):
    job = job_of_any(wiring, seed, update, error)
    assert different(trained(job, folder), fused.train(job)) == {}


@pytest.mark.parametrize("most_shared", [3_000, 100_000])
@pytest.mark.parametrize("name", ["family trees", "shared weights, gains", "shared weights, case updates"])
def test_the_bits_do_not_depend_on_the_threads_of_a_block(name, most_shared, folder):
    """They are real threads: where one does not wait for another, it reads what is not there yet."""
    job = job_of(*FEW[name], 4)
    assert different(trained(job, folder, threads=5, most_shared=most_shared), fused.train(job)) == {}


@pytest.mark.parametrize(("name", "sweeps"), [("xor, decay once learned", 250), ("shared weights, gains", 60)])
def test_a_run_goes_on_in_the_next_launch(name, sweeps, folder, monkeypatch):
    """Some of its seeds have learned by then, and go on or leave their places to others."""
    monkeypatch.setattr(engine, "SECONDS", 0.0)  # so that a launch takes its fewest sweeps
    job, done = job_of(*FEW[name], 70), []
    job = replace(job, recipe=replace(job.recipe, sweeps=sweeps))
    outcome = engine.train(job, machine=host.Host(folder, blocks=1), advance=done.append)
    assert different(outcome, fused.train(job)) == {}
    assert len(done) > 3
    assert sum(done) == 70 * sweeps  # sweeps done, and those that nobody needs any more


def test_rates_change_between_two_points_of_the_curves(folder):
    recipe = replace(XOR, stop="limit", opening_sweeps=103, opening_epsilon=0.1, late_sweep=203, late_epsilon=0.9)
    assert not {103, 203} & set(checkpoints(recipe.sweeps))
    job = job_of(xor, recipe, 5)
    assert different(trained(job, folder), fused.train(job)) == {}


def test_the_bits_where_every_seed_has_its_own_rates(folder):
    random, recipe = np.random.default_rng(0), replace(XOR, sweeps=15, opening_sweeps=4, error="mean")
    job = replace(job_of(xor, recipe, 20), counted=np.array([[1, 1, 0, 1], [0, 1, 1, 1]] * 10) * 1.0)
    descent = Descent(**{name: random.random(20) * (0.1 if name == "decay" else 1) for name in RATES}, opening_sweeps=4)
    assert different(trained(job, folder, descent), fused.train(job, descent=descent)) == {}


def test_the_bits_of_runs_that_diverge(folder):
    cases = Cases(np.array([[1e30, 0], [1, 1]]), np.array([[1.0], [0.0]]), ("huge", "one"))
    w = np.array([[0, 0, 0], [0, np.inf, 0], [-np.inf, 0, 1], [1e-320, 1e-30, -1e-44], [-700, 0, 1], [0, 1e-30, -0.0]])
    job = Job(layered(2, 1), cases, replace(XOR, epsilon=1e20, sweeps=8, moments=[1, 3], stop="limit"), w)
    ours = trained(job, folder)
    assert different(ours, fused.train(job)) == {}
    assert 0 < ours.diverged.sum() < len(w)


def test_small_nets_stay_in_registers():
    """Everything that a thread's loops touch has a place known to the compiler: no loop over weights is left."""
    job = job_of(*FEW["xor"], 1)
    assert fits_a_thread(job)
    source = source_of(job, MOST_SHARED)
    assert (source.shared, source.wide) == (0, 0)
    assert not fits_a_thread(job_of(*FEW["family trees"], 1))
    assert not fits_a_thread(job_of(*FEW["xor, gains"], 1))


def test_what_does_not_fit_is_on_the_card():
    job = job_of(*FEW["family trees"], 1)
    few, many = source_of(job, 3_000), source_of(job, MOST_SHARED)
    assert many.wide == 0 < few.wide
    assert few.shared <= 3_000 < many.shared <= MOST_SHARED


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ("engine=cuda", "device must be cuda or cuda:1 for the cuda engine, was cpu"),
        ("engine=fused device=cuda", "device must be cpu for the fused engine, was cuda"),
    ],
)
def test_the_wrong_device_gets_one_line(settings, line):
    with pytest.raises(BadInput) as caught:
        load("xor", *settings.split())
    assert str(caught.value) == line


def test_what_cannot_run_gets_one_line(monkeypatch):
    (_, problem, recipe, _), *_ = rules("signals")
    monkeypatch.setattr(engine, "is_installed", lambda: False)
    with pytest.raises(BadInput, match=r"^engine must be fused or reference where cuda-core .*backprop86\[cuda\]"):
        engine.train(job_of(xor, XOR, 1))
    monkeypatch.setattr(engine, "is_installed", lambda: True)
    with pytest.raises(BadInput, match=r"^block must be 0 for the cuda engine, was 25: .*; device=cpu trains it$"):
        engine.train(job_of(problem, recipe, 1))
    with pytest.raises(BadInput, match=r"^block must be 0 for the cuda engine, was 25: "):
        kernels(load("signals"))


def test_auto_takes_the_card(monkeypatch):
    """It does not fall back to another engine in silence."""
    monkeypatch.setattr(engine, "is_installed", lambda: False)
    monkeypatch.setattr("backprop86.running.settings._computes", lambda device: True)
    with pytest.raises(BadInput, match=r"^engine must be fused or reference where cuda-core "):
        load("xor", "device=cuda:1")
    monkeypatch.setattr("backprop86.running.settings.refuse", lambda recipe: None)
    assert load("xor", "device=cuda:1").device == "cuda:1"


def test_a_card_gets_more_seeds_at_once():
    (_, problem, recipe, _), *_ = rules("sequence")
    net = replace(recipe, sweeps=1_000), problem.wiring(recipe), problem.cases(recipe)
    assert size_of(*net, "cuda") >= 64 * size_of(*net, "fused")


def test_readings_with_one_kernel_print_it_once():
    found = kernels(load("symmetry"))
    assert len(found) < len(load("symmetry").chosen)
    assert len({text.split("\n", 1)[1] for text in found}) == len(found)
    assert found[0].startswith("// symmetry: as_printed")


def test_the_kernel_in_the_docs_is_that_of_the_command():
    (told,) = re.findall(r"<!-- kernel -->\n```c\n(.*?)```", (ROOT / "docs" / "gpu.md").read_text("utf-8"), re.DOTALL)
    (kernel,) = kernels(load("xor", "reading=as_printed"))
    assert told in kernel
    assert told.startswith("DEVICE void gradient(")
    assert told.endswith("\n}\n")
    assert told.count("\n") < 50


@pytest.mark.slow
def test_print_kernel_trains_nothing(tmp_path):
    command = [sys.executable, ROOT / "experiments" / "run.py", "experiment=xor", "reading=as_printed"]
    printed = subprocess.run(
        [*command, "print_kernel=true", f"output={tmp_path / 'rows'}"], capture_output=True, text=True, check=True
    ).stdout
    assert printed.startswith("// xor: as_printed\n")
    assert 'extern "C" __global__ void train' in printed
    assert not (tmp_path / "rows").exists()


@pytest.mark.slow
def test_the_check_of_a_card_needs_no_extra_but_cuda():
    others = "('PIL', 'filelock', 'matplotlib', 'pyarrow', 'rich', 'scipy', 'seaborn')"
    code = f"import sys; sys.modules |= dict.fromkeys({others}); sys.path.insert(0, 'experiments'); import check_gpu"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.fixture
def a_card(folder, monkeypatch, tmp_path):
    """Let this processor play the card of check_gpu.py, with a few seeds of XOR alone."""
    on_host = partial(engine.train, machine=host.Host(folder))
    monkeypatch.setattr(check_gpu.cuda, "train", on_host)
    monkeypatch.setattr(check_gpu.reference, "train", lambda job, device: fused.train(job))
    monkeypatch.setattr(check_gpu, "load", lambda *settings: None)
    monkeypatch.setattr(check_gpu.torch.cuda, "get_device_name", lambda: "a card")
    monkeypatch.setattr(check_gpu, "EXPERIMENTS", {"XOR 2-2-1": EXPERIMENTS["XOR 2-2-1"]})
    monkeypatch.setattr(check_gpu, "SEEDS", {"XOR 2-2-1": 50})
    monkeypatch.setattr(check_gpu, "FEW", ("xor", "signals"))
    monkeypatch.setattr("sys.argv", ["check_gpu.py", "--quick"])
    monkeypatch.chdir(tmp_path)
    return on_host


@pytest.mark.slow
def test_the_check_of_a_card(a_card, capsys):
    check_gpu.main()
    printed = capsys.readouterr().out
    assert re.search(r"^\d+ ways to train compared bit by bit in \d+ s$", printed, re.MULTILINE)
    assert "signals, as_printed: not for the CUDA engine" in printed
    table = pd.read_csv("quick/tables/benchmark_gpu.csv").set_index("trainer")
    assert table.loc["CUDA engine", ["seeds", "cuda_is_times_faster", "card"]].tolist() == [50, 1, "a card"]
    assert "reference engine, GPU" in table.index
    assert Path("quick/tables/benchmark_gpu.md").read_text("utf-8") in printed


@pytest.mark.slow
def test_the_check_of_a_card_names_a_wrong_bit(a_card, monkeypatch):
    def nearly(job, **where):
        outcome = a_card(job, **where)
        outcome.w[3, 0] = np.nextafter(outcome.w[3, 0], 1)
        return outcome

    monkeypatch.setattr(check_gpu.cuda, "train", nearly)
    assert next(check_gpu.compared(["xor"])) == "xor, as_printed: w of 1 seeds, first 3"


@pytest.mark.slow
def test_the_compiler_of_the_cards_takes_every_kernel_and_keeps_it_in_registers():
    """For an H100: the compiler needs no card."""
    why = "needs the extra `cuda` and nvidia-cuda-nvrtc"
    cuda_core = pytest.importorskip("cuda.core", reason=why, exc_type=ImportError)
    options = cuda_core.ProgramOptions(std="c++17", arch="sm_90", fma=False, ptxas_options=["-v"])
    for name, (problem, recipe) in FEW.items():
        said = io.StringIO()
        source = source_of(job_of(problem, recipe, 1), MOST_SHARED)
        cuda_core.Program(source.text, "c++", options).compile("cubin", logs=said)
        assert "0 bytes stack frame, 0 bytes spill stores" in said.getvalue(), name
        assert "warning" not in said.getvalue(), name


def test_every_fma_of_the_gradient_is_in_the_arithmetic():
    """One for each product of equations 1, 3, 6 and 7; with the unit that is always 1 a sum is enough."""
    job = job_of(*FEW["symmetry"], 1)
    text = source_of(job, MOST_SHARED).text
    gradient = text[text.index("void gradient") :].split("\n}\n")[0]
    wiring = job.wiring
    products = int((wiring.source > 0).sum())
    hidden = int((wiring.source > wiring.n_inputs).sum())
    assert len(re.findall(r"with_input\(|fma\(", gradient)) == 2 * products + hidden
    assert symmetry.wiring(job.recipe).n_inputs == 6
