"""The hook that makes the site of the same files that people read in the repository.

A page of docs/ links to the README, to code, settings and results by their places in the repository. On the site the
README is the first page, and every other file that is linked becomes part of it: a Markdown file a page, a text file a
page that shows it, anything else a file to open. So the site is whole without a network, and nothing is said twice.
"""

import json
import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from yaml import safe_load

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"(\]\()(?!https?:|#)([^)#\s]+)")
"""A link in Markdown to another file."""
SHOWN = {"py": "python", "yaml": "yaml", "cff": "yaml", "tex": "latex", "lock": "text", "toml": "toml", "": "text"}
"""The kinds of text that a page shows, each with the language that it is coloured in."""
NOTEBOOK = "ipynb"
ROWS = re.compile(r"\[([^\]]*)\]\([^)\s]*?(results/runs/\w+\.parquet)\)")
"""A link to rows, which stay in the repository: they are half of it."""
OF_PAGE = re.compile(r"`site/page/(\w+\.html[^`\s]*)`")
"""The address, in code, of a moment on the page that trains runs again, which only `make page` adds to the site."""
CHAPTERS = {1: "The letter", 2: "The chapter", 3: "Depth", 4: "Reports of 1986 and 1987"}
"""The groups of experiments, by the hundreds of their number `told`; the last has those without."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Add the page of each experiment to the findings, in the order of the numbers `told`."""
    groups: dict[str, list[str]] = {title: [] for title in CHAPTERS.values()}
    recipes = [safe_load(path.read_text("utf-8")) for path in (ROOT / "conf/experiment").glob("*.yaml")]
    for told, stem in sorted((recipe.get("told", 999), recipe["stem"]) for recipe in recipes):
        if (ROOT / f"docs/findings/{stem}.md").is_file():
            groups[CHAPTERS[min(told // 100, max(CHAPTERS))]].append(f"findings/{stem}.md")
    (findings,) = [entry["Findings"] for entry in config.nav if "Findings" in entry]
    findings[1:1] = [{title: pages} for title, pages in groups.items()]
    return config


def place(path: str) -> str:
    """Return the place on the site of a file of the repository."""
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    if path == "README.md":
        return "index.md"
    return f"{path}.md" if _kind(path) in (*SHOWN, NOTEBOOK) else path


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the README, and every file that a page links to, and that these link to."""
    paths = {f"docs/{file.src_uri}": file for file in files}
    todo = ["README.md", *(path for path, file in paths.items() if file.is_documentation_page())]
    while todo:
        path = todo.pop()
        if path not in paths:
            paths[path] = _added(path, config)
            files.append(paths[path])
        if _kind(path) in ("md", NOTEBOOK):
            linked = _targets(path, ROWS.sub("", (ROOT / path).read_text("utf-8")))
            todo += sorted(linked - paths.keys() - {*todo})
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead every link to the place that its file has on the site, and addresses of the page to the page."""
    path = getattr(page.file, "path", f"docs/{page.file.src_uri}")
    page.meta["search"] = {"exclude": not path.startswith(("docs/", "README"))}  # code and tables hide what people seek
    if _kind(path) not in ("md", NOTEBOOK):
        return markdown

    def led(found: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), found[2]))
        return found[1] + posixpath.relpath(place(target), posixpath.dirname(page.file.src_uri))

    if config.extra["with_page"]:
        of_page = posixpath.relpath("page", posixpath.dirname(page.file.src_uri))
        markdown = OF_PAGE.sub(rf'<a href="{of_page}/\1"><code>site/page/\1</code></a>', markdown)
    return LINK.sub(led, ROWS.sub(r"\1 (`\2`)", markdown))


def _added(path: str, config: MkDocsConfig) -> File:
    """Return a file of the repository as a file of the site."""
    if place(path) == f"{path}.md":
        added = File.generated(config, place(path), content=_shown(path))
    else:
        added = File.generated(config, place(path), abs_src_path=str(ROOT / path))
    added.path = path
    return added


def _shown(path: str) -> str:
    """Return the page that shows a text file, or a notebook with its outputs."""
    text = (ROOT / path).read_text("utf-8")
    if _kind(path) != NOTEBOOK:
        return f"# {posixpath.basename(path)}\n\n````{SHOWN[_kind(path)]}\n{text}````\n"
    parts = []
    for cell in json.loads(text)["cells"]:
        source = "".join(cell["source"])
        parts.append(source if cell["cell_type"] == "markdown" else f"```python\n{source}\n```")
        for output in cell.get("outputs", []):
            data = output.get("data", {"text/plain": output.get("text", "")})
            shown = "".join(data["text/plain"]).rstrip("\n")
            image = "".join(data.get("image/png", "")).strip()
            parts.append(
                f"![what the cell draws](data:image/png;base64,{image})" if image else f"```text\n{shown}\n```"
            )
    return "\n\n".join(parts)


def _targets(path: str, text: str) -> set[str]:
    return {posixpath.normpath(posixpath.join(posixpath.dirname(path), link)) for _, link in LINK.findall(text)}


def _kind(path: str) -> str:
    return posixpath.splitext(path)[1].removeprefix(".")
