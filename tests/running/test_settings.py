"""The command line as a user meets it: every mistake one clear line and exit status 2, and nothing trained before."""

import errno
import fnmatch
import re
import shutil
import subprocess
import sys
import time
from importlib import import_module
from types import SimpleNamespace

import numpy as np
import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf

from backprop86.engines.cores import cores
from backprop86.engines.recipe import BadInput, Cases, Recipe
from backprop86.judging.brief import listed
from backprop86.problems import xor
from backprop86.report.citing import letters
from backprop86.running import runs
from backprop86.running import settings as config
from backprop86.running.cli import arguments, one_clear_line
from backprop86.running.columns import columns
from backprop86.running.experiment import Experiment
from backprop86.running.problem import validate
from backprop86.running.settings import load, stems
from backprop86.wiring import layered
from helpers import ROOT

SHORT = ["experiment.recipe.sweeps=2", "experiment.recipe.moments=[]", "experiment.drawn=null", "experiment.claims=[]"]
SHORT += ["experiment.figures=[]", "experiment.variants.two_hidden.moments=[]"]
ODD = [
    "main (1)", "ünï çødé", "RUNNER~1", "o'neil", 'q"uote', "a,b", "a=b", "c#1", "r&d", "hey!", "x[1]", "{z}", "back\\",
    "\\'", '\\\\"', "${nope}", "null", "true", "3", "*", "a+b;c", "per%20cent", "two  blanks",
]  # fmt: skip
"""Names that a folder may have."""


@pytest.fixture
def answer(monkeypatch, capsys, tmp_path):
    """Call a script's main as its command line would, from an empty folder: exit status, stdout, stderr."""

    def call(*arguments, script="run"):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", [f"{script}.py", *arguments])
        status = 0
        try:
            with one_clear_line():
                import_module(script).main()
        except SystemExit as left:
            status = left.code
        return status, *capsys.readouterr()

    return call


@pytest.mark.slow
def test_a_mistake_gets_one_line_and_status_2(tmp_path):
    command = [sys.executable, ROOT / "experiments" / "run.py", "experiment=xor", "seds=3"]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr == "error: seds is not a setting; did you mean seeds?\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "line"),
    [
        ([], "experiment must be one of symmetry, family_trees, .*, was not given"),
        (["experiment=symetry"], f"experiment must be one of {', '.join(stems())}, was symetry"),
        (["experiment="], "experiment must be one of .*, was empty"),
        (["experiment=null"], "experiment must be one of .*, was null"),
        (["experiment=[xor,symmetry]"], r"experiment must be one of .*, was \[xor,symmetry\]; several run with -m"),
        (["experiment=xor,symmetry"], "experiment must be one of .*, was xor,symmetry; several run with -m"),
        (["experiment=xor", "=3"], "=3 must be written as name=value"),
        (["experiment=xor", "output"], "output must be written as name=value"),
        (
            ["experiment=xor", "experiment.title=é"],
            """experiment.title=é must be written as 'experiment.title="é"', .*""",
        ),
        (["experiment=xor", "seeds=1,2"], "seeds=1,2 must be one value; several run with -m before them"),
        (["experiment=xor", "hydra.nope=1"], "hydra.nope is not a setting"),
        (["experiment=xor", "experiment.stem=symmetry"], "experiment.stem must be xor, .*, was symmetry"),
        (["experiment=xor", "~experiment"], "experiment.stem must be a name or text, was not given"),
        (["experiment=xor", "experiment.recipe.epsilon=-0.1"], "epsilon must be a positive number, was -0.1"),
        (
            ["experiment=xor", "experiment.claims.0.column=nope"],
            "columns of claim xor-sweeps-direct must be of .* was nope",
        ),
        (
            ["experiment=xor", "+experiment.readings.mine.network=nine"],
            "network must be one_hidden_direct or, say, 2_hidden, was nine",
        ),
        (
            ["experiment=xor", "+experiment.readings.mine.network=100000_hidden"],
            "network must have at most 20,000 connections, was 400,001 in 100000_hidden",
        ),
        (
            ["-m", "experiment=symmetry,xor", "seeds=0"],
            r"seeds must be a whole number of at least 1 and below 2\^63, was 0",
        ),
        (
            ["experiment=symmetry,xor", "seeds=0", "-m"],
            r"seeds must be a whole number of at least 1 and below 2\^63, was 0",
        ),
        (
            ["experiment=xor", "output=/dev/null"],
            r"output must be a folder that can be written to, was /dev/null \(Not a directory: /dev/null/runs\)",
        ),
    ],
)
def test_one_clear_line(answer, given, line, tmp_path):
    status, out, err = answer(*given)
    assert (status, out) == (2, "")
    assert err.count("\n") == 1
    assert re.fullmatch(f"error: {line}\n", err)
    assert not list(tmp_path.rglob("*.parquet"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("override", "line"),
    [
        ("first_seed=-1", "first_seed must be a whole number from 0 to 9223372036854774808, was -1"),
        ("first_seed=9223372036854774809", "first_seed must be a whole number from 0 to 9223372036854774808, was 9"),
        (
            "seeds=9223372036854775808",
            "seeds must be a whole number of at least 1 and below 2^63, was 9223372036854775808",
        ),
        ("threads=0", f"threads must be a whole number from 1 to {cores()}, was 0"),
        (f"threads={cores() + 1}", f"threads must be a whole number from 1 to {cores()}, was {cores() + 1}"),
        ("threads=all", "threads must be a whole number or null, was all"),
        ("seeds=abc", "seeds must be a whole number or null, was abc"),
        ("seeds=1.5", "seeds must be a whole number or null, was 1.5"),
        ("experiment.seeds=0", "experiment.seeds must be a whole number of at least 1 and below 2^63, was 0"),
        ("output=", "output must be the name of a folder, was empty"),
        ("experiment.recipe.dtype=int", "dtype must be float64 or float32, was int"),
        ("experiment.recipe.biases=some", "biases must be drawn, zero, negative or none, was some"),
        ("experiment.recipe.epsilon=abc", "experiment.recipe.epsilon must be a positive number, was abc"),
        ("experiment.recipe.epsilom=1", "experiment.recipe.epsilom is not a setting; did you mean epsilon?"),
        ("+experiment.recipe.epsilom=1", "experiment.recipe.epsilom is not a setting; did you mean epsilon?"),
        ("experiment.recipe.stop=???", "experiment.recipe.stop must be learned or limit, was not given"),
        ("experiment.recipe.stop=null", "experiment.recipe.stop must be learned or limit, was null"),
        ("~experiment.recipe.stop", "experiment.recipe.stop must be learned or limit, was left out"),
        ("experiment.title=${nope}", "experiment.title must be a name or text, was nope"),
        ("experiment.recipe=3", "experiment.recipe must be settings such as network, was 3"),
        ("engine=steam", "engine must be auto, reference, fused or cuda, was steam"),
        ("reading=lips", "reading must be all, as_printed, zero_one_targets,"),
        (
            "experiment.readings=1",
            "experiment.readings must be names with settings, as in {mine: {epsilon: 0.5}}, was 1",
        ),
        ("+experiment.readings.mine=1", "experiment.readings.mine must be settings such as {epsilon: 0.5}, was 1"),
        ("+experiment.readings.mine=[1]", "experiment.readings.mine must be settings such as {epsilon: 0.5}, was [1]"),
        (
            "+experiment.readings.mine.epsilom=1",
            "experiment.readings.mine.epsilom is not a setting; did you mean epsilon?",
        ),
        ("+experiment.readings.mine.epsilon=abc", "epsilon must be a positive number, was abc"),
        ("+experiment.readings.mine.epsilon=true", "epsilon must be a positive number, was true"),
        ("+experiment.readings.mine.sweeps=0", "sweeps must be a whole number of at least 1 and below 2^63, was 0"),
        ("+experiment.readings.mine.sweeps=1.5", "sweeps must be a whole number of at least 1 and below 2^63, was 1.5"),
        ("experiment.recipe.alpha=1", "alpha must be at least 0 and below 1, was 1.0"),
        ("experiment.recipe.update=never", "update must be sweep or case, was never"),
        ("experiment.claims=3", "experiment.claims must be a list, was 3"),
        ("experiment.claims.0.kindd=a", "experiment.claims.0.kindd is not a setting; did you mean kind?"),
        ("experiment.claims.0.kind=mostly", "kind of claim xor-sweeps-direct must be one of draw,"),
        (
            "experiment.claims.0.readings=[nope]",
            "readings of claim xor-sweeps-direct must be readings such as as_printed,",
        ),
        (
            "experiment.claims.8.than=[nope]",
            "readings of claim xor-without-momentum-slower must be readings such as as",
        ),
        (
            "experiment.figures.1.claims=[xor-fig5-stays,xor-unheard,xor-unasked]",
            "claims of figure fig5 must be claims of xor, was xor-unasked, xor-unheard",
        ),
    ],
)
def test_what_settings_cannot_be(override, line):
    with pytest.raises(BadInput) as refused:
        load("xor", override)
    assert str(refused.value).startswith(line)
    assert "\n" not in str(refused.value)


@pytest.mark.slow
@pytest.mark.parametrize("device", ["abacus", "meta", "hpu", "privateuseone", "mkldnn", "cuda:x", "cuda:99", "mps"])
def test_a_device_must_compute(device):
    with pytest.raises(BadInput, match=f"^device must be cpu, or cuda, cuda:1 or mps if .*, was {device}$"):
        load("xor", f"device={device}", "engine=reference")


@pytest.fixture
def invented(monkeypatch, tmp_path):
    """A conf/ of one file, invented.yaml, and a problem of that name, both to be written by the test."""
    (tmp_path / "experiment").mkdir()
    (tmp_path / "config.yaml").write_text((ROOT / "conf" / "config.yaml").read_text("utf-8"), "utf-8")
    monkeypatch.setattr(config, "CONF", tmp_path)
    problem = SimpleNamespace(__name__="invented", wiring=xor.wiring, cases=xor.cases, measure=xor.measure)

    def written(text, encoding="utf-8", **differs):
        (tmp_path / "experiment" / "invented.yaml").write_text(text, encoding)
        if differs:
            for name, value in differs.items():
                setattr(problem, name, value)
            monkeypatch.setitem(sys.modules, "backprop86.problems.invented", problem)
        return load("invented").experiment

    return written


GOOD = "stem: invented\ntitle: Invented\nrecipe: {network: 2_hidden}\nreadings: {as_printed: {}}\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            GOOD.replace("Invented", "Invented: 5 bits"),
            ".*invented.yaml must be YAML, but line 2 cannot be read: mapping .*",
        ),
        (GOOD.replace("invented", "inventde"), "experiment.stem must be invented, .*invented.yaml, was inventde"),
        (
            GOOD.replace("network", "netwrok"),
            ".*.netwrok in conf/experiment/invented.yaml is not .*; did you mean network?",
        ),
        (
            GOOD.replace("2_hidden", "[2]"),
            r".*network in conf/experiment/invented.yaml must be a name or text, was \[2\]",
        ),
        (
            GOOD.replace("{}", "{epsilom: 1}"),
            r".*epsilom is not a setting; did you mean epsilon\? \(conf/.*invented.yaml\)",
        ),
        (GOOD.replace("title", "# title"), r"experiment.title must be .*, was not given \(conf/.*invented.yaml\)"),
        (GOOD.replace("readings", "# "), r"readings of invented must name one or more, .* \(conf/.*invented.yaml\)"),
        (
            GOOD + "clams: []\n",
            "experiment.clams in conf/experiment/invented.yaml is not a setting; did you mean claims?",
        ),
        (GOOD.replace("Invented", "é"), ".*invented.yaml must be written in UTF-8, was another from byte 22 on"),
    ],
)
def test_what_a_file_of_conf_cannot_say(invented, text, line):
    with pytest.raises(BadInput) as refused:
        invented(text, "latin-1")
    assert re.fullmatch(
        line.replace("mean network?", r"mean network\?").replace("claims?", r"claims\?"), str(refused.value)
    )


def trial(experiment):
    return experiment.trial({name: experiment.recipe_of(name) for name in experiment.every_reading})


@pytest.mark.parametrize(
    ("differs", "line"),
    [
        ({"measure": None}, r".*invented.py must have the functions wiring, cases and measure, was without measure"),
        ({"measure": lambda *_: None}, "measure of invented must return a dictionary of arrays .*, was NoneType"),
        ({"measure": lambda *_: {"x": 3}}, r"measure of invented must return .*, of 2 seeds x was of shape \(\)"),
        ({"wiring": lambda _: layered(3, 2, 1)}, "inputs of the cases of invented must have 3 columns .*, was 2"),
        ({"wiring": lambda _: layered(2, 2, 2)}, "desired of the cases of invented must have 2 columns .*, was 1"),
        (
            {"cases": lambda _: Cases(np.eye(2), np.eye(2))},
            "inputs, desired and names .*, was 2 rows, 2 rows and 0 names",
        ),
        (
            {"cases": lambda _: Cases(np.eye(2, dtype=int), np.eye(2), "ab")},
            r"inputs .* float64 .*, was int64 \(2, 2\)",
        ),
        (
            {"cases": lambda _: Cases(np.eye(2), [0, 1], "ab")},
            "desired of the cases must be a float64 array .*, was list",
        ),
    ],
)
def test_what_a_problem_must_have(invented, differs, line):
    with pytest.raises(BadInput, match=f"^{line}$"):
        trial(invented(GOOD, **differs))


def test_a_problem_must_be_there(invented):
    with pytest.raises(BadInput, match=r"^src/backprop86/problems/invented.py must hold the cases .*, was not there$"):
        trial(invented(GOOD))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "column: nonsense, printed: [1], kind: draw",
            "columns of claim c must be of learned, .* in reading as_printed, was nonsense",
        ),
        ("column: weights, printed: [1], kind: draw", "columns of claim c must be of .*, was weights"),
        ("column: hidden, printed: [1], kind: draw, moment: '7'", "columns of claim c must be of .*, was hidden"),
        ("column: sweeps, kind: every", "columns of claim c must be of learned, diverged, .*is_fig5.*, was sweeps"),
        (
            "among: hidden_code, printed: [1], kind: draw, column: sweeps",
            "columns of claim c must be of .*, was hidden_code",
        ),
        ("than: [solvd], kind: commonest", "columns of claim c must be of .*, was solvd"),
    ],
)
def test_a_claim_needs_a_column_that_its_rule_can_judge(invented, text, line):
    experiment = invented(GOOD + f"claims: [{{id: c, source: ours, says: x, {text}}}]", measure=xor.measure)
    with pytest.raises(BadInput, match=f"^{line}$"):
        trial(experiment)


@pytest.mark.slow
def test_every_claim_of_ours_has_its_columns():
    for stem in stems():
        experiment = load(stem).experiment
        assert trial(experiment).keys() == experiment.every_reading.keys()


def test_a_trial_costs_what_its_networks_cost(monkeypatch):
    tried = []
    monkeypatch.setattr("backprop86.running.experiment.SHAPES", {})
    for name, whole in (("validate", validate), ("columns", columns)):
        monkeypatch.setattr(
            f"backprop86.running.experiment.{name}",
            lambda p, r, name=name, whole=whole: tried.append(name) or whole(p, r),
        )
    trial(load("family_trees_map").experiment)
    assert tried == ["validate", "columns"]  # of the one network of all its points
    trial(load("family_trees_map").experiment)
    assert len(tried) == 2  # a process finds them once


def test_a_map_is_loaded_in_no_time():
    load("family_trees_map")
    started = time.process_time()
    assert len(load("family_trees_map").chosen) == 2304
    assert time.process_time() - started < 1.5  # 0.25 s; it was 5 s


def test_faults_of_ours_keep_their_traceback():
    with pytest.raises(ValueError, match="broadcast"), one_clear_line():
        np.zeros(3) + np.zeros(4)
    with pytest.raises(FileNotFoundError), one_clear_line():
        (ROOT / "nothing").read_text("utf-8")


@pytest.mark.parametrize(
    ("error", "line", "status"),
    [
        (BadInput("x must be 1, was 2"), "error: x must be 1, was 2", 2),
        (
            OSError(errno.ENOSPC, "No space left on device", "/tmp/x"),
            "error: /tmp/x cannot be used: No space left .*",
            2,
        ),
        (OSError(errno.ENOSPC, "No space left on device"), "error: No space left on device", 2),
        (PermissionError(errno.EACCES, "Permission denied", "/x"), "error: /x cannot be used: Permission denied", 2),
        (KeyboardInterrupt(), "stopped", 130),
        (KeyboardInterrupt("nothing was saved"), "stopped; nothing was saved", 130),
    ],
)
def test_a_user_gets_one_line(capsys, error, line, status):
    with pytest.raises(SystemExit) as left, one_clear_line():
        raise error
    assert left.value.code == status
    assert re.fullmatch(line + "\n", capsys.readouterr().err)


def test_words_come_through_a_pipe_of_another_encoding(monkeypatch, tmp_path):
    with (tmp_path / "out").open("w", encoding="cp1252") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        with one_clear_line():
            print("∞ ∂E/∂w")
    assert (tmp_path / "out").read_text("utf-8") == "∞ ∂E/∂w\n"


@pytest.mark.parametrize("name", ODD)
def test_any_folder_can_be_named_on_the_command_line(name):
    (argument,) = arguments([f"output={name}"])
    override = OverridesParser.create().parse_override(argument)
    assert OmegaConf.create({"output": override.value()}).output == name


def test_what_is_quoted_already_stays_as_it_is(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    assert arguments(["output='a (1)'", 'output="b"', "seeds=3"]) == ["output='a (1)'", 'output="b"', "seeds=3"]
    assert arguments(["output=~/x"]) == ['output="/home/me/x"']
    assert arguments(["output=a,b", "-m"]) == ["-m", "output=a,b"]  # two folders
    assert arguments(["output=a,b"]) == ['output="a,b"']


def test_load_takes_any_folder_and_makes_none(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    odd = tmp_path / "main (1), ü='#~&![{${x}"
    assert load("negation", output=odd).runs_file == odd / "runs" / "negation.parquet"
    assert load("negation", output="~").output == "~"
    assert load("negation").output == "results"
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(BadInput, match=r"^output must be the name of a folder, was empty$"):
        load("negation", output="")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "learned", "median"),
    [
        (["reading=fig5_rate_0.25"], "0 of 9 seeds", r"never  \(never: fewer than .*\)"),
        (["reading=two_hidden_rate_0.5"], "9 of 9 seeds", r"\d{3}"),
        (
            SHORT,
            r"from 0 of 9 seeds \(as printed\) to \d of 9 seeds \(.*\), 18 readings",
            r"from [\d,]+ \(.*\) to never \(.*\), 18 readings  \(never: fewer .*\)",
        ),
    ],
)
def test_a_run_ends_with_three_lines(answer, tmp_path, given, learned, median):
    name = "main (1), ü='#"
    status, out, err = answer("experiment=xor", "seeds=9", f"output={name}", *given)
    assert (status, err) == (0, "")
    *_, first, second, third = out.splitlines()
    assert re.fullmatch(f"learned: {learned}", first)
    assert re.fullmatch(f"half had learned by sweep: {median}", second)
    assert third == f"rows: {name}/runs/xor.parquet"
    found = runs.read(tmp_path / name / "runs" / "xor.parquet")
    assert set(found.rows["seed"]) == set(range(9))


def test_a_few_readings_are_told_one_by_one():
    told = listed
    assert told({"a": "3 of 9"}, {"a": 3}) == "3 of 9"
    assert told({"a": "2", "b": "never"}, {"a": 2, "b": 9}) == "2 (a), never (b)"
    assert told(dict.fromkeys("abcdef", "never"), dict.fromkeys("abcdef", 3)) == "never in each of 6 readings"
    many = {name: f"{k} of 9" for k, name in enumerate("cabdef")}
    assert told(many, {name: -k for k, name in enumerate("cabdef")}) == "from 5 of 9 (f) to 0 of 9 (c), 6 readings"


@pytest.mark.slow
def test_rows_made_with_other_settings_need_a_folder_of_their_own(answer, monkeypatch, tmp_path):
    monkeypatch.setattr(config, "PUBLISHED", tmp_path / "results")
    given = ["experiment=xor", "reading=as_printed", "seeds=2", "experiment.recipe.epsilon=0.25"]
    for output in ([], [f"output={tmp_path / 'results'}"], ["output=../" + tmp_path.name + "/results"]):
        status, out, err = answer(*given, *output)
        assert (status, out) == (2, "")
        assert re.fullmatch("error: output must be another folder than .*, and experiment.recipe.epsilon is .*\n", err)
    assert answer("experiment=xor", "+experiment.readings.mine={}", "seeds=2")[0] == 2
    assert list(tmp_path.iterdir()) == []
    assert answer(*given, "output=elsewhere")[0] == 0
    assert runs.read(tmp_path / "elsewhere" / "runs" / "xor.parquet").recipe("as_printed").epsilon == 0.25
    assert answer(*given[:3])[0] == 0  # fewer seeds are no other settings
    assert (tmp_path / "results" / "runs" / "xor.parquet").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("place", ["runs", "runs/xor.parquet"])
def test_a_place_that_cannot_be_used_is_told_before_training(answer, monkeypatch, tmp_path, place):
    if place == "runs":
        (tmp_path / place).touch()
    else:
        (tmp_path / place).mkdir(parents=True)
    monkeypatch.setattr("backprop86.running.plan.run_together", None)
    status, out, err = answer("experiment=xor", f"output={tmp_path}")
    assert (status, out) == (2, "")
    assert re.fullmatch(f"error: .*{tmp_path}/{place}.*\n", err)


@pytest.mark.parametrize("stem", stems())
def test_every_experiment_file(stem, tmp_path):
    settings = load(stem, output=tmp_path)
    experiment = settings.experiment
    assert experiment.stem == stem
    recipes = {reading: experiment.recipe_of(reading) for reading in experiment.every_reading}
    assert experiment.recipe in recipes.values()  # the literal reading, which changes nothing
    assert len({str(recipe) for recipe in recipes.values()}) == len(recipes)
    assert len({claim.id for claim in experiment.claims}) == len(experiment.claims)
    for claim in experiment.claims:
        assert claim.id.startswith(stem.replace("_", "-"))
        assert all(fnmatch.filter(experiment.every_reading, form) for form in claim.readings), claim.id
        assert bool(letters([claim.source])) == (claim.source != "ours"), claim.id


@pytest.mark.slow
def test_one_reading_and_its_seeds(tmp_path):
    settings = load("symmetry", "seeds=3", "first_seed=7", "reading=zero_one_targets", f"output={tmp_path}")
    assert settings.seed_range == range(7, 10)
    assert settings.chosen == ["zero_one_targets"]
    assert settings.experiment.recipe_of("zero_one_targets").target_on == 1
    assert load("symmetry", output=tmp_path).seed_range == range(1000)


@pytest.mark.slow
def test_threads_are_as_many_as_the_process_may_use(monkeypatch):
    assert load("xor").threads is None
    monkeypatch.setattr(config, "cores", lambda: 3)
    assert load("xor", "threads=3", "first_seed=1").threads == 3
    with pytest.raises(BadInput, match=r"^threads must be a whole number from 1 to 3, was 4$"):
        load("xor", "threads=4")


def test_axes():
    rate = {"fast": {"epsilon": 0.5, "alpha": 0.5}, "slow": {"epsilon": 0.1}}
    momentum = {"as_it_is": None, "none": {"alpha": 0.0}}
    experiment = Experiment(recipe=Recipe("2_hidden", alpha=0.9), axes={"rate": rate, "momentum": momentum})
    assert experiment.every_reading == {
        "fast/as_it_is": {"epsilon": 0.5, "alpha": 0.5},
        "fast/none": {"epsilon": 0.5, "alpha": 0.0},  # the later axis has the last word
        "slow/as_it_is": {"epsilon": 0.1},
        "slow/none": {"epsilon": 0.1, "alpha": 0.0},
    }
    assert experiment.recipe_of("fast/none") == Recipe("2_hidden", epsilon=0.5, alpha=0.0)
    assert experiment.recipe_of("slow/as_it_is") == Recipe("2_hidden", epsilon=0.1, alpha=0.9)
    for reading in ("fast", "none/fast", "as_printed"):
        with pytest.raises(ValueError, match=rf"^reading must be all, fast/as_it_is, .* or slow/none, was {reading}$"):
            experiment.recipe_of(reading)
    rate["fast"]["epsilom"] = 1
    with pytest.raises(ValueError, match=r"^experiment.readings.fast/none.epsilom is not a .* mean epsilon\?$"):
        Experiment(axes={"rate": rate, "momentum": momentum}).recipe_of("fast/none")


@pytest.mark.slow
def test_one_reading_of_many(tmp_path):
    settings = load("chauvin", "reading=8_hidden/no_momentum/rate_4", f"output={tmp_path}")
    assert settings.chosen == ["8_hidden/no_momentum/rate_4"]
    recipe = settings.experiment.recipe_of(*settings.chosen)
    assert (recipe.network, recipe.epsilon, recipe.alpha) == ("8_hidden", 4, 0)
    assert len(load("chauvin", output=tmp_path).chosen) == 150
    names = "reading must be all, a name such as 2_hidden/as_printed/rate_0.25, was 8_hidden"
    with pytest.raises(ValueError, match=f"^{names}$"):
        load("chauvin", "reading=8_hidden", f"output={tmp_path}")


@pytest.mark.slow
def test_the_literal_recipes_are_the_printed_ones(tmp_path):
    symmetry, trees, xor = (
        load(stem, output=tmp_path).experiment.recipe for stem in ("symmetry", "family_trees", "xor")
    )
    assert (symmetry.epsilon, symmetry.alpha, symmetry.initial_range, symmetry.error) == (0.1, 0.9, 0.3, "sum")
    assert (xor.epsilon, xor.network) == (0.5, "one_hidden_direct")
    assert (trees.sweeps, trees.decay, trees.epsilon, trees.alpha) == (1500, 0.002, 0.01, 0.9)
    assert (trees.opening_sweeps, trees.opening_epsilon, trees.opening_alpha) == (20, 0.005, 0.5)


@pytest.mark.parametrize("rate", [float("nan"), -0.1, 0.0, float("inf")])
def test_a_rate_must_be_positive(rate):
    with pytest.raises(BadInput, match=rf"^epsilon must be a positive number, was {rate}$"):
        Recipe(epsilon=rate).check()


def test_a_reading_is_typed():
    recipe = Recipe().changed({"epsilon": 1, "sweeps": "7", "alpha": "5e-1"}, "here")
    assert (recipe.epsilon, recipe.sweeps, recipe.alpha) == (1.0, 7, 0.5)
    assert [type(value) for value in (recipe.epsilon, recipe.sweeps, recipe.alpha)] == [float, int, float]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("told: 205", ["xor", "invented", "chauvin"]),
        ("told: 200", ["extra_connections", "invented", "xor"]),
        ("", [stems()[-1], "invented"]),
        ("told: 205\ntitle: two: colons", ["xor", "invented", "chauvin"]),
    ],
)
def test_an_experiment_stands_where_its_file_says(monkeypatch, tmp_path, line, told):
    shutil.copytree(ROOT / "conf", tmp_path, dirs_exist_ok=True)
    (tmp_path / "experiment" / "invented.yaml").write_text(f"stem: invented\n{line}\n", "utf-8")
    without = stems()
    monkeypatch.setattr(config, "CONF", tmp_path)
    assert [stem for stem in stems() if stem != "invented"] == without
    assert " ".join(told) in " ".join(stems())
    assert stems()[-1] == ("invented" if told[-1] == "invented" else without[-1])


@pytest.mark.parametrize(
    ("followed", "line"),
    [
        ("{printed: 5}", "followed of invented must name readings such as as_printed, was printed"),
        ("{as_printed: 0}", "followed.as_printed must be a whole number of at least 1, was 0"),
    ],
)
def test_what_is_followed_is_a_reading(invented, followed, line):
    with pytest.raises(BadInput, match=f"^{line} "):
        invented(GOOD + f"followed: {followed}\n")
    assert invented(GOOD + "followed: {as_printed: 5}\n").followed == {"as_printed": 5}
