"""Rows on disk: the same bytes twice, readings replaced one at a time, files that cannot be used."""

import json
import zlib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from backprop86.engines.recipe import BadInput, Recipe
from backprop86.problems import xor
from backprop86.running import runs
from backprop86.running.problem import validate
from backprop86.running.provenance import Provenance
from backprop86.running.training import run_reading

TWO = Recipe("2_hidden", 300, epsilon=0.5, alpha=0.9, criterion="right_side", moments=[250])
NONE = replace(TWO, network="1_hidden", sweeps=20, moments=[])  # cannot learn it
ORDER = ["two", "none"]
PLACES = {"two": ("", "two"), "none": ("small", "as_printed")}


def put(found, name, recipe, seeds=range(12)):
    rows = run_reading(xor, recipe, list(seeds), "reference")
    rows = rows.drop(columns=[column for column in rows if "hidden_code" in column]) if name == "none" else rows
    about = Provenance.of(PLACES[name], recipe, len(validate(xor, recipe).levels), list(seeds), "reference")
    return (found or runs.Runs("xor", {}, {})).having(name, runs.thinned(rows), about, ORDER)


@pytest.mark.slow
def test_the_same_run_gives_the_same_bytes_in_any_order(tmp_path):
    runs.write(put(put(None, "two", TWO), "none", NONE), tmp_path / "one" / "xor.parquet")
    other = tmp_path / "two" / "xor.parquet"
    runs.write(put(None, "none", NONE), other)
    runs.write(put(runs.read(other), "two", replace(TWO, epsilon=0.1)), other)
    runs.write(put(runs.read(other), "two", TWO), other)
    assert other.read_bytes() == (tmp_path / "one" / "xor.parquet").read_bytes()


def test_what_is_written_is_read(tmp_path):
    made = put(put(None, "none", NONE), "two", TWO)
    runs.write(made, tmp_path / "xor.parquet")
    found = runs.read(tmp_path / "xor.parquet")
    assert found.readings == ORDER
    assert found.recipe("none") == NONE
    first = ["variant", "reading", "seed", "learned", "diverged", "failure", "sweeps", "right_side", "stopped", "error"]
    assert list(found.rows.columns[:10]) == first
    places = found.rows[["variant", "reading"]].drop_duplicates().to_numpy().tolist()
    assert places == [["", "two"], ["small", "as_printed"]]
    assert found.rows["failure"].notna().all()
    assert (found.rows["failure"] == "").equals(found.rows["learned"].astype(bool))
    assert found.of("two")[["hidden_code@0", "hidden_code@250", "hidden_code@end"]].notna().all(axis=None)
    assert not [column for column in found.of("none") if "hidden_code" in column]
    for name in ORDER:
        for column in made.of(name):
            ours, theirs = made.of(name)[column], found.of(name)[column]
            if runs.is_large(column):
                assert ours.isna().equals(theirs.isna())
                pairs = zip(ours.dropna(), theirs.dropna(), strict=True)
                assert all(np.array_equal(a, b, equal_nan=True) for a, b in pairs), column
            else:
                pd.testing.assert_series_equal(ours, theirs, check_dtype=False)  # read as nullable
    assert found.of("two")["sweeps"].isna().equals(~found.of("two")["learned"].astype(bool))
    sweeps, error, gradient = found.curves("two")
    assert error.shape == (12, len(sweeps))
    assert gradient.shape == (12, len(sweeps), 2)


@pytest.mark.slow
def test_a_row_is_the_same_in_any_batch():
    all_of_them, one = put(None, "two", TWO), put(None, "two", TWO, [7])
    row = all_of_them.rows.iloc[[7]].reset_index(drop=True)
    pd.testing.assert_frame_equal(row, one.rows)


@pytest.mark.slow
def test_readings_that_are_no_more_are_dropped():
    found = put(put(None, "two", TWO), "none", NONE)
    assert found.having("none", found.of("none"), found.about["none"], ["none"]).readings == ["none"]


def test_small_nets_keep_more_weights(monkeypatch):
    rows = run_reading(xor, replace(TWO, sweeps=30), list(range(30)))
    monkeypatch.setattr(runs, "MOST_WEIGHTS", 9 * 25)  # nets of nine weights
    assert runs.thinned(rows.copy(), weights=20)["weights@end"].notna().tolist() == [True] * 25 + [False] * 5
    assert runs.thinned(rows.copy(), weights=27)["weights@end"].notna().tolist() == [True] * 27 + [False] * 3
    assert runs.thinned(rows.copy(), weights=0)["weights@end"].isna().all()


def test_only_some_runs_keep_their_weights_and_curves(monkeypatch):
    monkeypatch.setattr(runs, "MOST_WEIGHTS", 0)
    rows = run_reading(xor, replace(TWO, sweeps=1000), list(range(40)))
    median = int(rows["seed"].iloc[runs.median_run(rows)[0]])
    first = {kind: rows["failure"].tolist().index(kind) for kind in rows["failure"].unique()}
    assert first == {"": 0, "plateau": 3, "one_half": 9}
    assert median not in (0, 1, 2, 3, 9)
    kept = runs.thinned(rows.sample(frac=1, random_state=0), weights=3, curves=5)
    special = sorted([0, 3, 9, median])
    assert kept["seed"].tolist() == [*range(40)]
    assert np.flatnonzero(kept["weights@end"].notna()).tolist() == sorted({0, 1, 2, *special})
    for moment in ("250", "learned"):
        there = set(np.flatnonzero(rows[f"weights@{moment}"].notna()))
        assert set(np.flatnonzero(kept[f"weights@{moment}"].notna())) == {0, 1, 2, *special} & there
    for curve in ("error_curve", "gradient_curve"):
        assert np.flatnonzero(kept[curve].notna()).tolist() == [0, 1, 2, 3, 4, 9]  # not of the median run
    about = Provenance.of(("", "two"), replace(TWO, sweeps=1000), 2, list(range(40)), "fused")
    of_the_first = pd.concat([kept.iloc[:5], kept.iloc[5:].assign(error_curve=None, gradient_curve=None)])
    found = runs.Runs("xor", {}, {}).having("two", of_the_first, about, ["two"])
    _, error, gradient = found.curves("two")
    assert np.array_equal(error, np.stack(rows["error_curve"].iloc[:5]), equal_nan=True)
    assert gradient.shape[0] == 5
    large = [name for name in rows if runs.is_large(name)]
    assert len(large) == 5
    assert runs.thinned(rows, 0, 0)[large].isna().all(axis=None)
    assert runs.thinned(rows, 0, 2)["error_curve"].notna().tolist() == [True] * 2 + [False] * 38


def test_no_half_written_file_is_left(tmp_path, monkeypatch):
    path = tmp_path / "xor.parquet"
    runs.write(put(None, "two", TWO), path)
    before = path.read_bytes()

    def half(self, table):
        assert [other.name for other in tmp_path.iterdir() if other != path]
        raise KeyboardInterrupt

    monkeypatch.setattr(runs.pq.ParquetWriter, "write_table", half)
    with pytest.raises(KeyboardInterrupt):
        runs.write(put(None, "none", NONE), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_files_that_cannot_be_used(tmp_path):
    with pytest.raises(BadInput, match=r"does not exist: python experiments/run.py experiment=xor makes it$"):
        runs.read(tmp_path / "xor.parquet")
    (tmp_path / "xor.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(ValueError, match=r"xor.parquet is not a Parquet file"):
        runs.read(tmp_path / "xor.parquet")
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "xor.parquet")
    with pytest.raises(ValueError, match=r"xor.parquet was not written by backprop86$"):
        runs.read(tmp_path / "xor.parquet")
    table = runs.pq.read_table(tmp_path / "xor.parquet").replace_schema_metadata({runs.KEY: b"{}"})
    runs.pq.write_table(table, tmp_path / "xor.parquet")
    with pytest.raises(ValueError, match=r"xor.parquet was written by an earlier backprop86: delete it"):
        runs.read(tmp_path / "xor.parquet")


def _metadata(change):
    """Return a change of the table that changes its metadata."""

    def changed(table):
        about = change(json.loads(zlib.decompress(table.schema.metadata[runs.KEY])))
        packed = zlib.compress(about if isinstance(about, bytes) else json.dumps(about).encode())
        return table.replace_schema_metadata({runs.KEY: packed})

    return changed


def _of_two(**said):
    return _metadata(lambda about: about | {"names": {"two": about["names"]["two"] | said}})


def _column(name, values):
    return lambda table: table.set_column(table.schema.get_field_index(name), name, values(table[name]))


CANNOT_BE = {
    "a list": (_metadata(lambda about: []), r"the metadata of .* must hold stem and readings: delete it; .*"),
    "no stem": (_metadata(lambda about: {"names": about["names"]}), r"the metadata of .* must hold stem .*"),
    "no names": (_metadata(lambda about: about | {"names": {}}), r"the metadata of .* must hold stem .*"),
    "no JSON": (_metadata(lambda about: b"{"), r"the metadata of .* cannot be read: delete it; .* makes it anew"),
    "no text": (_metadata(lambda about: b"\xff"), r"the metadata of .* cannot be read: .*"),
    "deep": (_metadata(lambda about: b"[" * 20_000), r"the metadata of .* cannot be read: .*"),
    "another stem": (
        _metadata(lambda about: about | {"stem": "os.path"}),
        r".* must hold the runs of xor, was os.path",
    ),
    "no seeds": (_of_two(seeds=None), r"the metadata of .* must say how reading two was made: .*"),
    "seeds as text": (_of_two(seeds=["0", "11"]), r"the metadata of .* must say how reading two was made: .*"),
    "an unknown setting": (_of_two(recipe={"rate": 1}), r"the metadata of .* must say how reading two was made: .*"),
    "no variant": (_of_two(variant=None), r"the metadata of .* must say how reading two was made: .*"),
    "another variant": (_of_two(variant="large"), r".* must hold rows of the readings that its metadata names, .*"),
    "another reading": (_of_two(reading="three"), r".* must hold rows of the readings that its metadata names, .*"),
    "learned as text": (_column("learned", lambda values: values.cast("string")), "column learned .*false, was string"),
    "sweeps with halves": (_column("sweeps", lambda values: values.cast("float64")), "column sweeps .*, was double"),
} | {
    f"no {name}": (
        lambda table, name=name: table.drop_columns([name]),
        rf".* must have a column {name}, was without: .*",
    )
    for name in (*runs.FIRST, *runs.CURVES)
}


@pytest.fixture(scope="module")
def two():
    return put(None, "two", replace(TWO, sweeps=9))


@pytest.mark.parametrize("change", CANNOT_BE)
def test_a_file_that_was_changed_is_one_line_that_names_it(tmp_path, two, change):
    path = tmp_path / "xor.parquet"
    runs.write(two, path)
    assert runs.read(str(path)).readings == ["two"]
    changed, line = CANNOT_BE[change]
    runs.pq.write_table(changed(runs.pq.read_table(path)), path)
    with pytest.raises(BadInput, match=f"^{line}$") as told:
        runs.read(path)
    assert str(path) in str(told.value)


def test_a_footer_that_cannot_be_read_is_one_line_that_names_the_file(tmp_path, two):
    path = tmp_path / "xor.parquet"
    runs.write(two, path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-200] + b"\xff" * 192 + whole[-8:])
    with pytest.raises(BadInput, match=r"xor.parquet is not a Parquet file that can be read: "):
        runs.read(path)


def test_rows_of_another_recipe_are_not_reported():
    found = put(None, "two", TWO)
    runs.same_recipes(found, {"two": TWO})
    with pytest.raises(
        ValueError, match=r"^the runs of xor, reading two, were made with epsilon 0.5, its file now says 1"
    ):
        runs.same_recipes(found, {"two": replace(TWO, epsilon=1)})
    with pytest.raises(ValueError, match=r"^there are no runs of xor, reading none: python experiments/run.py"):
        runs.same_recipes(found, {"two": TWO, "none": NONE})
    with pytest.raises(BadInput, match=r"^the runs of xor have a reading two, its file has none: "):
        runs.same_recipes(found, {})
    with pytest.raises(ValueError, match=r"^xor has no runs of reading three, only of two$"):
        found.of("three")


@pytest.fixture(scope="module")
def forty():
    return put(None, "two", replace(TWO, sweeps=1000), range(40))


@pytest.mark.slow
def test_typical_is_the_median_of_those_that_learned(forty):
    learned = forty.rows[forty.rows["learned"]].sort_values("sweeps", kind="stable")
    middle = learned.iloc[(len(learned) - 1) // 2]
    for moment in ("250", "learned", "end"):
        seed, w = forty.typical("two", moment)
        assert seed == middle["seed"]
        assert np.array_equal(w, middle[f"weights@{moment}"])
    assert middle["sweeps"] > 250  # it had not learned by then, and is the typical run all the same
    assert np.array_equal(forty.typical("two")[1], middle["weights@learned"])
    with pytest.raises(BadInput, match=r"^no seed of reading none has learned"):
        put(None, "none", NONE).typical("none")


def test_rows_at_a_moment(forty):
    rows = forty.of("two")
    for moment in ("0", "250", "learned", "end"):
        found = forty.at("two", moment)
        assert not [column for column in found if "@" in column]
        for measure in ("is_fig5", "hidden_off", "hidden_code"):
            assert found[measure].equals(rows[f"{measure}@{moment}"])
        assert moment == "0" or found["weights"].equals(rows[f"weights@{moment}"])
        assert found["sweeps"].equals(rows["sweeps"])
    assert forty.at("two", "learned")["learned"].equals(rows["learned"])
    assert forty.at("two", "end")["learned"].equals(rows["learned"])
    by_then = [sweeps is not pd.NA and sweeps <= 250 for sweeps in rows["sweeps"]]
    assert forty.at("two", "250")["learned"].tolist() == by_then
    assert 0 < sum(by_then) < rows["learned"].sum()
    assert not forty.at("two", "0")["learned"].any()
    line = r"^xor was measured at the moments 0, 250, learned, end, not at 7$"
    with pytest.raises(BadInput, match=line):
        forty.at("two", "7")


def test_the_same_after_it_was_written_and_read(forty, tmp_path):
    runs.write(forty, tmp_path / "xor.parquet")
    found = runs.read(tmp_path / "xor.parquet")
    assert found.at("two", "250")["learned"].equals(forty.at("two", "250")["learned"])
    assert found.typical("two")[0] == forty.typical("two")[0]
    assert np.array_equal(found.typical("two")[1], forty.typical("two")[1])
    runs.write(found, tmp_path / "again.parquet")
    assert (tmp_path / "again.parquet").read_bytes() == (tmp_path / "xor.parquet").read_bytes()
