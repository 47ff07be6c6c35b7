"""croissant.json: the rows of every experiment in words that a machine reads (MLCommons Croissant 1.1)."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from backprop86.engines.recipe import BadInput
from backprop86.report.chapters import digest
from backprop86.report.citing import cited
from backprop86.running.rows_page import MOMENTS, meanings

LICENCE = "https://creativecommons.org/licenses/by/4.0/"
KEY = ("variant", "reading", "seed")
"""The columns that name a row."""
TYPES = {pa.string(): "sc:Text", pa.bool_(): "sc:Boolean", pa.int64(): "cr:Int64", pa.float32(): "cr:Float32"}
LETTER = "https://doi.org/10.1038/323533a0"
KEYWORDS = [
    "back-propagation", "neural networks", "reproduction", "learning curves", "random seeds", "XOR", "symmetry",
    "family trees", "vanishing gradient", "momentum",
]  # fmt: skip
ABOUT = (
    "The back-propagation experiments of 1986, trained anew with backward passes written by hand: {runs} training runs "
    "of {n} experiments, a row for each. The seed of a row decides the first weights, so that every run can be made "
    "again, to the same bits. A run that never learned is a row like any other. Nothing was collected, and the rows "
    "hold no personal data: `make reproduce` and `make map` make all of them from the code."
)
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "citeAs": "cr:citeAs",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
} | {
    name: f"cr:{name}"
    for name in (
        "annotation", "arrayShape", "column", "containedIn", "equivalentProperty", "extract", "field", "fileObject",
        "fileProperty", "fileSet", "format", "includes", "isArray", "isLiveDataset", "jsonPath", "key", "md5",
        "parentField", "path", "recordSet", "references", "regex", "repeated", "replace", "samplingRate", "separator",
        "source", "subField", "transform",
    )
}  # fmt: skip
"""The context that the specification asks for, word for word."""


def croissant(files: dict[str, Path], titles: dict[str, str]) -> str:
    """Return croissant.json for the files of rows, by experiment; its paths count from the folder above runs/."""
    about = cited()
    rows = {stem: pq.read_metadata(path).num_rows for stem, path in files.items()}
    told = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "name": "backprop86-rows",
        "description": ABOUT.format(runs=f"{sum(rows.values()):,}", n=len(files)),
        "conformsTo": "http://mlcommons.org/croissant/1.1",
        "version": str(about.version),
        "datePublished": str(about["date-released"]),
        "license": LICENCE,
        "creator": [{"@type": "sc:Organization", "name": author.name} for author in about.authors],
        "citation": [LETTER],
        "citeAs": cite_as(),
        "keywords": KEYWORDS,
        "isLiveDataset": False,
        "distribution": [file_object(stem, path, titles[stem]) for stem, path in files.items()],
        "recordSet": [record_set(stem, path, titles[stem], rows[stem]) for stem, path in files.items()],
    }
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def cite_as() -> str:
    """Return the entry for BibTeX of all rows."""
    about = cited()
    return (
        f"@misc{{backprop86, author = {{{{{about.authors[0].name}}}}}, title = {{{{{about.title}}}}}, "
        f"year = {{{str(about['date-released'])[:4]}}}, note = {{Version {about.version}, rows, CC BY 4.0}}}}"
    )


def file_object(stem: str, path: Path, title: str) -> dict[str, Any]:
    """Return the description of a file: where it is, how long it is, and its digest."""
    return {
        "@type": "cr:FileObject",
        "@id": f"{stem}.parquet",
        "name": f"{stem}.parquet",
        "description": f"The rows of {title}.",
        "contentUrl": f"runs/{stem}.parquet",
        "contentSize": f"{path.stat().st_size} B",
        "encodingFormat": "application/x-parquet",
        "sha256": digest(path),
    }


def record_set(stem: str, path: Path, title: str, rows: int) -> dict[str, Any]:
    """Return the description of the rows of an experiment, column by column."""
    said = meanings(stem)
    return {
        "@type": "cr:RecordSet",
        "@id": stem,
        "name": stem,
        "description": f"{title}: {rows:,} training runs, one in each row.",
        "key": [{"@id": f"{stem}/{name}"} for name in KEY],
        "field": [field(stem, column, said) for column in pq.read_schema(path)],
    }


def field(stem: str, column: pa.Field, said: dict[str, str]) -> dict[str, Any]:
    """Return the description of a column; BadInput, in one line, if nothing says what it means or holds."""
    name, at, moment = column.name.partition("@")
    is_array = pa.types.is_list(column.type) or pa.types.is_large_list(column.type)
    kind = column.type.value_type if is_array else column.type
    kind = pa.string() if kind == pa.large_string() else kind
    if name not in said or kind not in TYPES:
        raise BadInput(f"column {column.name} of {stem} must have a meaning and a known type, was {column.type}")
    when = MOMENTS.get(moment, f"after sweep {moment}") if at else ""
    arrays = {"isArray": True, "arrayShape": "-1"} if is_array else {}
    return {
        "@type": "cr:Field",
        "@id": f"{stem}/{column.name}",
        "name": column.name,
        "description": f"{said[name]}; {when}" if when else said[name],
        "dataType": TYPES[kind],
        **arrays,
        "source": {"fileObject": {"@id": f"{stem}.parquet"}, "extract": {"column": column.name}},
    }
