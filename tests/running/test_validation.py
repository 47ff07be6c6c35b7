"""Files of runs from anybody: one line refuses each file that no run can have given."""

import json
import random
import zlib
from contextlib import suppress
from dataclasses import asdict

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from backprop86.engines.recipe import BadInput, Recipe
from backprop86.problems import xor
from backprop86.running import runs, schema, validation
from backprop86.running.provenance import Provenance
from backprop86.running.training import run_reading

TWO = Recipe("2_hidden", 300, epsilon=0.5, alpha=0.9, criterion="right_side", moments=[250])
N, FIRST, LAST = 12, 0, 11
"""Rows, the first of which learned and the last of which did not."""


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """Return the table of a file as written."""
    rows = run_reading(xor, TWO, list(range(N)), "reference").sort_values("learned", ascending=False)
    rows = rows.assign(seed=range(N))
    assert rows["learned"].iloc[FIRST] > rows["learned"].iloc[LAST]
    about = Provenance.of(("", "two"), TWO, 2, list(range(N)), "reference")
    path = tmp_path_factory.mktemp("good") / "xor.parquet"
    runs.write(runs.Runs("xor", {}, {}).having("two", runs.thinned(rows), about, ["two"]), path)
    return pq.read_table(path)


@pytest.fixture
def refused(tmp_path):
    """Return a function that writes a table, and returns the line that refuses its file."""

    def line(table):
        path = tmp_path / "xor.parquet"
        pq.write_table(table, path)
        with pytest.raises(BadInput) as told:
            runs.read(path)
        said = str(told.value)
        assert "\n" not in said
        assert str(path) in said
        return said.replace(str(path), "FILE")

    return line


def column(table, name, values, kind=None):
    place = table.schema.get_field_index(name)
    return table.set_column(place, name, pa.array(values, kind or table.schema.field(name).type))


def cell(name, row, value):
    """A change of one cell."""

    def changed(table):
        values = table[name].to_pylist()
        values[row] = value(values[row]) if callable(value) else value
        return column(table, name, values)

    return changed


ROWS = {
    "a sweep below 0": (cell("sweeps", FIRST, -3), "sweeps", "numbers from 0 to the limit of the recipe, was -3"),
    "a sweep too far": (cell("sweeps", FIRST, 301), "sweeps", "numbers from 0 to the limit of the recipe, was 301"),
    "right too late": (cell("right_side", FIRST, 301), "right_side", "numbers from 0 to the limit of the recipe"),
    "stopped too late": (cell("stopped", LAST, 301), "stopped", "numbers from 0 to the limit of the recipe"),
    "sweeps unlearned": (cell("sweeps", LAST, 3), "sweeps", "a number exactly where a run learned, was 3 for seed 11"),
    "no sweeps": (cell("sweeps", FIRST, None), "sweeps", "a number exactly where a run learned, was None for seed 0"),
    "a seed twice": (cell("seed", 5, 4), "seed", "each seed of a reading once, was 4"),
    "a seed beyond": (cell("seed", 5, 12), "seed", "numbers from the first to the last of the metadata, was 12"),
    "a seed below": (cell("seed", 5, -1), "seed", "numbers from the first to the last of the metadata, was -1"),
    "no seed": (cell("seed", 5, None), "seed", "something in every row, was None"),
    "maybe learned": (cell("learned", 5, None), "learned", "something in every row"),
    "maybe diverged": (cell("diverged", 5, None), "diverged", "something in every row"),
    "no stop": (cell("stopped", 5, None), "stopped", "something in every row"),
    "no failure": (cell("failure", 5, None), "failure", "something in every row"),
    "another failure": (cell("failure", LAST, "<img src=x>"), "failure", "nothing or one of diverged, still_learning,"),
    "failed, learned": (cell("failure", FIRST, "plateau"), "failure", "nothing exactly where a run learned"),
    "not failed": (cell("failure", LAST, ""), "failure", "nothing exactly where a run learned, was '' for seed 11"),
    "infinite E": (cell("error", 5, float("inf")), "error", "a finite number where no run diverged, was inf"),
    "no E": (cell("error", 5, None), "error", "a finite number where no run diverged"),
    "few weights": (cell("weights@end", 5, [1.0]), "weights@end", "an array of the length that its recipe gives,"),
    "infinite weights": (
        cell("weights@end", 5, lambda w: [*w[:-1], float("inf")]),
        "weights@end",
        "finite numbers where no run diverged, was [",
    ),
    "a weight that is none": (cell("weights@end", 5, lambda w: [None, *w[1:]]), "weights@end", "finite numbers where"),
    "a short curve": (cell("error_curve", 5, [1.0]), "error_curve", "an array of the length that its recipe gives,"),
    "a long curve": (cell("gradient_curve", 5, lambda c: c[:-1]), "gradient_curve", "an array of the length that its"),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", ROWS)
def test_a_row_that_no_run_can_have_come_to(good, refused, what):
    change, name, line = ROWS[what]
    assert refused(change(good)).startswith(f"column {name} of FILE must hold {line}")


def test_all_that_is_infinite_may_be_of_a_run_that_diverged(good, tmp_path):
    table = cell("error", 5, None)(cell("weights@end", 5, lambda w: [float("nan")] * len(w))(good))
    pq.write_table(cell("diverged", 5, True)(table), tmp_path / "xor.parquet")
    assert runs.read(tmp_path / "xor.parquet").of("two")["diverged"].sum() == 1


COLUMNS = {
    "text for numbers": (lambda table: column(table, "seed", ["1"] * N, pa.string()), "column seed .* whole numbers,"),
    "unsigned": (lambda table: column(table, "seed", [1] * N, pa.uint64()), "column seed .* whole numbers, was uint64"),
    "one number for weights": (
        lambda table: column(table, "weights@end", [1.0] * N, pa.float32()),
        "column weights@end .* lists of real numbers, or nothing, was float",
    ),
    "texts for weights": (
        lambda table: column(table, "weights@end", [["a"]] * N, pa.list_(pa.string())),
        "column weights@end .* lists of real numbers",
    ),
    "a structure": (
        lambda table: table.append_column("mine@end", pa.array([{"a": 1}] * N)),
        "column mine@end .* numbers, text, or true or false, was struct",
    ),
    "a date": (lambda table: table.append_column("mine@end", pa.array([1] * N, pa.date32())), "column mine@end .*"),
    "twice the same": (lambda table: table.append_column("seed", table["seed"]), "FILE must have each of its columns"),
    "no weights": (lambda table: table.drop_columns(["weights@end"]), "FILE must have a column weights@end, was "),
    "no UTF-8": (
        lambda table: table.append_column("mine@end", pa.array([b"\xff"] * N).view(pa.string())),
        "column mine@end of FILE must hold text in UTF-8",
    ),
    "a name with a line's end": (
        lambda table: table.append_column("a\nb" * 99, pa.array([1] * N, pa.date32())),
        "column a ba ba",
    ),
}


@pytest.mark.parametrize("what", COLUMNS)
def test_a_column_of_another_kind(good, refused, what):
    change, line = COLUMNS[what]
    pattern = line.replace(" .* ", " of FILE must hold ")
    assert refused(change(good)).startswith(pattern.removesuffix(" .*"))


def test_measures_of_ones_own_are_kept(good, tmp_path):
    table = good.append_column("mine@end", pa.array(["<b>"] * N)).append_column("none@end", pa.nulls(N))
    table = telling(table, about(table) | {"columns": schema.columns_of(table.schema)})
    pq.write_table(table, tmp_path / "xor.parquet")
    assert runs.read(tmp_path / "xor.parquet").of("two")["mine@end"].tolist() == ["<b>"] * N


def test_a_column_of_another_name_or_type_than_was_written_is_damaged(good, refused):
    place = good.column_names.index("hidden_code@end")
    for other in (
        good.rename_columns([name.replace("code@end", "bode@end") for name in good.column_names]),
        good.set_column(place, "hidden_code@end", pa.array(range(N))),
        good.drop_columns(["hidden_code@end"]),
    ):
        other = other.replace_schema_metadata(good.schema.metadata)
        assert refused(other).startswith("FILE must have the columns that its metadata names: delete it; python ")


@pytest.mark.slow
def test_a_flipped_bit_is_refused_or_changes_nothing(good, tmp_path):
    path, generator, n_refused = tmp_path / "xor.parquet", random.Random(1986), 0
    made = runs.Runs("xor", {}, {})
    pq.write_table(good, path)
    first = runs.read(path)
    runs.write(made.having("two", first.of("two"), first.about["two"], ["two"]), path)
    content, whole = path.read_bytes(), runs.read(path)
    for _ in range(300):
        place, bit = generator.randrange(len(content)), generator.randrange(8)
        path.write_bytes(content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1 :])
        try:
            found = runs.read(path)
        except BadInput:
            n_refused += 1
            continue
        pd.testing.assert_frame_equal(found.rows, whole.rows)
        assert found.about == whole.about
    assert n_refused > 200


def about(table):
    return json.loads(zlib.decompress(table.schema.metadata[schema.KEY]))


def telling(table, said):
    packed = zlib.compress(said if isinstance(said, bytes) else json.dumps(said).encode(), 9)
    return table.replace_schema_metadata({schema.KEY: packed})


SAID = {
    "seeds": ([0, 10**400], [-1, 11], [11, 0], [0.0, 11.0], [False, 11], [0, 2**63], [0]),
    "checkpoints": ([0, 1], [], [0.0], "0"),
    "levels": (2.0, True, None),
    "engine": ("<b>", 1, None),
    "versions": ({"torch": ["2"]}, {"torch": "<b>"}, {"<b>": "1"}, []),
    "variant": ("<b>", None),
    "reading": ("a|b", "a" * 999, ["two"]),
    "recipe": ([], {}),
}
SETTINGS = {
    "sweeps": (0, -1, 1e400, 10**300, 300.0, True, "300", None),
    "epsilon": (float("nan"), float("inf"), "0.5", 0, -1, [], None),
    "moments": ([[1]], [0], [2, 1], 1, "1", [1.0], [True]),
    "network": ("<b>", "=cmd|", "a b", 2, None),
    "held_out": ("a\nb", None),
    "criterion": ("mine", None),
}


@pytest.mark.parametrize(
    ("place", "name", "value"),
    [("", name, value) for name, values in SAID.items() for value in values]
    + [("recipe", name, value) for name, values in SETTINGS.items() for value in values],
)
def test_a_provenance_that_cannot_be(good, refused, place, name, value):
    said = about(good)
    (said["names"]["two"][place] if place else said["names"]["two"])[name] = value
    assert refused(telling(good, said)).startswith("the metadata of FILE must say how reading two was made: delete it;")


@pytest.mark.parametrize("name", asdict(TWO))
def test_a_recipe_has_every_setting(good, refused, name):
    said = about(good)
    del said["names"]["two"]["recipe"][name]
    assert refused(telling(good, said)).startswith("the metadata of FILE must say how reading two was made: delete it;")


def of_two(**changes):
    return lambda said: said | {"names": {"two": said["names"]["two"] | changes}}


TOLD = {
    "UTF-16": (lambda said: json.dumps(said).encode("utf-16"), "the metadata of FILE cannot be read: "),
    "a number of 5,000 digits": (lambda said: b"9" * 5000, "the metadata of FILE cannot be read: "),
    "a stem with a line's end": (lambda said: said | {"stem": "a\n\x1b[2J"}, "FILE must hold the runs of xor, was a "),
    "a stem that is none": (lambda said: said | {"stem": ["xor"]}, "the metadata of FILE must hold stem and readings"),
    "HTML for a name": (
        lambda said: said | {"names": {"<img>": said["names"]["two"]}},
        "readings in the metadata of FILE must have names of letters, digits and . / + - _, was <img>",
    ),
    "a reading twice": (
        lambda said: said | {"names": said["names"] | {"again": said["names"]["two"]}},
        "the metadata of FILE must name each reading of a variant once: ",
    ),
    "another network": (of_two(recipe=asdict(TWO) | {"network": "x"}), "the recipe of reading two in FILE cannot be: "),
    "a large network": (
        of_two(recipe=asdict(TWO) | {"network": "99999999999_hidden"}),
        "the recipe of reading two in FILE cannot be: network must have at most 20,000 connections",
    ),
    "other levels": (of_two(levels=3), "the metadata of FILE must say that reading two has 2 levels"),
}


@pytest.mark.parametrize("what", TOLD)
def test_metadata_that_cannot_be(good, refused, what):
    change, line = TOLD[what]
    assert refused(telling(good, change(about(good)))).startswith(line)


def test_the_network_of_the_metadata_is_that_of_the_weights(good, refused):
    said = about(good)
    said["names"]["two"]["recipe"]["network"] = "3_hidden"
    assert "must hold an array of the length that its recipe gives" in refused(telling(good, said))


def test_a_file_with_the_name_of_no_problem(good, tmp_path):
    for name in ("os.path", "nothing_like_it", "__init__", "people"):
        path = tmp_path / f"{name}.parquet"
        pq.write_table(telling(good, about(good) | {"stem": name}), path)
        with pytest.raises(BadInput) as told:
            runs.read(path)
        assert str(path) in str(told.value)


@pytest.fixture
def nothing_is_unpacked(monkeypatch):
    def read(*about, **how):
        raise AssertionError("it was unpacked before its size was looked at")

    monkeypatch.setattr(pq.ParquetFile, "read", read)


def repeated(table, n):
    """Return a table of n equal rows, which takes no room on a disk."""
    kinds = {field.name: field.type for field in table.schema}
    cells = {name: table[name][LAST].as_py() for name in kinds}
    empty = [name for name, kind in kinds.items() if pa.types.is_list(kind)]
    columns = {name: pa.nulls(n, kinds[name]) for name in empty}
    columns |= {name: pa.repeat(pa.scalar(cells[name], kinds[name]), n) for name in kinds if name not in empty}
    return pa.table({name: columns[name] for name in kinds}).replace_schema_metadata(table.schema.metadata)


@pytest.mark.slow
@pytest.mark.usefixtures("nothing_is_unpacked")
def test_bombs_of_rows_are_refused_by_the_footer(good, refused):
    many = repeated(good, 500_000)
    assert refused(many) == "FILE must hold at most 12 rows, one for each seed, was 500,000"
    said = of_two(seeds=[0, 499_999])(about(good))
    assert refused(telling(many, said)).startswith("FILE must unpack to at most 67,108,864 bytes, as its size is, was ")


@pytest.mark.slow
@pytest.mark.usefixtures("nothing_is_unpacked")
def test_bombs_of_numbers_are_refused_by_the_footer(good, refused):
    large = column(good, "weights@end", [[0.0] * 500_000] * N)
    assert refused(large) == "column weights@end of FILE must hold at most 108 numbers, was 6,000,000"
    curves = column(good, "gradient_curve", [[0.0] * 500_000] * N)
    assert refused(curves).startswith("column gradient_curve of FILE must hold at most ")


@pytest.mark.slow
@pytest.mark.usefixtures("nothing_is_unpacked")
def test_bombs_of_metadata_are_refused_before_they_are_objects(good, refused, monkeypatch):
    bomb = "the metadata of FILE must unpack to at most 8,000,000 bytes, of at most 5,000 readings: delete it; "
    assert refused(telling(good, b"1" * 50_000_000)).startswith(bomb)
    assert refused(telling(good, b"[" + b"{}," * 2_000_000 + b"{}]")).startswith(bomb)
    one = about(good)["names"]["two"]
    short = {"names": {f"r{k}": {} for k in range(20_000)}, "stem": "xor"}
    line = "the metadata of FILE must name at most 5,000 readings, was 20,000"
    assert refused(telling(good, short)) == line
    monkeypatch.setattr(validation, "MOST_TABLES", 100)
    some = {f"r{k}": one | {"reading": f"r{k}"} for k in range(9)}
    assert refused(telling(good, {"names": some, "stem": "xor"})).startswith("FILE must have at most 100 columns of a ")


def test_a_bomb_of_text_is_never_written_out(good, refused, monkeypatch):
    monkeypatch.setattr(validation, "UNPACKED", 1)
    monkeypatch.setattr(validation, "ANYWAY", 500_000)
    long = pa.repeat(pa.scalar("x" * 50_000), N)
    line = "FILE must unpack to at most 500,000 bytes, as its size is, was 600,000"
    assert refused(good.append_column("mine@end", long)) == line


@pytest.mark.slow
def test_a_column_that_the_footer_garbles_does_not_end_the_process(good, tmp_path):
    path = tmp_path / "xor.parquet"
    pq.write_table(good, path)
    whole = path.read_bytes()
    length = int.from_bytes(whole[-8:-4], "little")
    for place in range(len(whole) - 8 - length, len(whole) - 8, 97):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with suppress(BadInput):
            runs.read(path)
