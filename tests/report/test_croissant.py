"""croissant.json: every file, every column with its meaning and type, digests that fit, paths that can be followed."""

import hashlib
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from backprop86.engines.recipe import BadInput
from backprop86.report.croissant import KEY, TYPES, croissant
from backprop86.running.rows_page import meanings
from backprop86.running.run import run
from backprop86.running.settings import load, stems
from helpers import ROOT

TITLES = {"negation": "Negation", "xor": "XOR"}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The rows of a few seeds of two experiments."""
    folder = tmp_path_factory.mktemp("rows")
    for stem in TITLES:
        run(load(stem, "reading=as_printed", "seeds=3", f"output={folder}"))
    return {stem: folder / "runs" / f"{stem}.parquet" for stem in TITLES}


def test_every_file_has_its_place_its_length_and_its_digest(files):
    said = {one["@id"]: one for one in json.loads(croissant(files, TITLES))["distribution"]}
    assert said.keys() == {"negation.parquet", "xor.parquet"}
    for stem, path in files.items():
        one, content = said[f"{stem}.parquet"], path.read_bytes()
        assert (path.parents[1] / one["contentUrl"]).read_bytes() == content
        assert one["contentSize"] == f"{len(content)} B"
        assert one["sha256"] == hashlib.sha256(content).hexdigest()


def test_every_column_is_a_field_with_its_meaning_and_its_type(files):
    told = {one["@id"]: one for one in json.loads(croissant(files, TITLES))["recordSet"]}
    for stem, path in files.items():
        schema, fields = pq.read_schema(path), {one["name"]: one for one in told[stem]["field"]}
        assert list(fields) == schema.names
        for column in schema:
            one, is_list = fields[column.name], pa.types.is_list(column.type)
            name, _, moment = column.name.partition("@")
            assert one["source"] == {"fileObject": {"@id": f"{stem}.parquet"}, "extract": {"column": column.name}}
            assert one["dataType"] == TYPES[column.type.value_type if is_list else column.type]
            assert one.get("isArray", False) == is_list
            assert one["description"].startswith(meanings(stem)[name])
            assert (one["description"] != meanings(stem)[name]) == bool(moment)
        assert [key["@id"] for key in told[stem]["key"]] == [f"{stem}/{name}" for name in KEY]
    types = {one["name"]: one["dataType"] for one in told["xor"]["field"]}
    by_hand = {"reading": "sc:Text", "learned": "sc:Boolean", "seed": "cr:Int64", "error": "cr:Float32"}
    assert types.items() >= (by_hand | {"weights@end": "cr:Float32"}).items()
    fields = {one["@id"]: one["description"] for one in told["xor"]["field"]}
    assert fields["xor/hidden@558"].endswith("; after sweep 558")
    assert fields["xor/hidden@learned"].endswith("; when the net first met the criterion")


def test_it_is_the_same_twice_and_counts_the_runs(files):
    said = croissant(files, TITLES)
    assert said == croissant(files, TITLES)
    assert "6 training runs of 2 experiments" in json.loads(said)["description"]


def test_every_identifier_is_there_once(files):
    told = json.loads(croissant(files, TITLES))
    named = [one["@id"] for one in told["distribution"] + told["recordSet"]]
    named += [one["@id"] for part in told["recordSet"] for one in part["field"]]
    assert len(set(named)) == len(named) > 60


def test_a_column_that_nothing_explains_gets_one_line(files, tmp_path):
    table = pq.read_table(files["xor"])
    for column in (pa.field("unheard_of@end", pa.bool_()), pa.field("seed@end", pa.date32())):
        strange = table.append_column(column, pa.nulls(len(table), column.type))
        pq.write_table(strange, tmp_path / "xor.parquet")
        with pytest.raises(BadInput, match=rf"^column {column.name} of xor must have a meaning and a known type, was "):
            croissant({"xor": tmp_path / "xor.parquet"}, TITLES)


@pytest.mark.results
def test_the_committed_file_describes_the_committed_rows():
    told = json.loads((ROOT / "results" / "croissant.json").read_text("utf-8"))
    there = {stem: ROOT / "results" / "runs" / f"{stem}.parquet" for stem in stems()}
    assert {one["@id"] for one in told["recordSet"]} == {stem for stem, path in there.items() if path.is_file()}
    for one in told["distribution"]:
        content = (ROOT / "results" / one["contentUrl"]).read_bytes()
        assert one["sha256"] == hashlib.sha256(content).hexdigest()
