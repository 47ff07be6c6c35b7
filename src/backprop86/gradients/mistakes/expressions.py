"""The source text of an operation: the expression that calls it, its operands, the variable that keeps its value."""

import ast
import linecache
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType, FrameType

import torch

ROOMS = (str(Path(torch.__file__).parent), str(Path(__file__).parent))
"""The folders whose code calls operations on behalf of others: torch, and these files."""
OURS = Path(__file__).parent.parent
Span = tuple[int, int, int, int]


@dataclass(frozen=True)
class Place:
    """An expression of somebody's forward pass: the places where it begins and ends."""

    file: str
    span: Span
    operation: str

    @property
    def text(self) -> str:
        """The expression as written, on one line; the operation's name where there is no source."""
        node = self._node
        return _shortened(ast.unparse(node)) if node else self.operation

    @property
    def name(self) -> str:
        """The variable that keeps the value, or the expression."""
        return _assigned(self.file).get(self.span) or self.text

    @property
    def _node(self) -> ast.AST | None:
        return _nodes(self.file).get(self.span)

    def operand(self, place: int, n: int, reflected: bool) -> str:
        """Return the text of operand number `place` of n."""
        found = _operands(self._node, n)
        if reflected:
            found = found[::-1]
        return _shortened(ast.unparse(found[place])) if len(found) == n else f"operand {place + 1}"


def caller(operation: str) -> Place | None:
    """Return the expression outside torch that calls the running operation, an empty one if it is in this folder."""
    frame: FrameType | None = sys._getframe(1)
    while frame and frame.f_code.co_filename.startswith(ROOMS):
        frame = frame.f_back
    if frame is None or Path(frame.f_code.co_filename).parent == OURS:
        return None
    return Place(frame.f_code.co_filename, _spans(frame.f_code)[frame.f_lasti // 2], operation)


@cache
def _spans(code: CodeType) -> list[Span]:
    return [tuple(-1 if n is None else n for n in span) for span in code.co_positions()]  # type: ignore[misc]


@cache
def _tree(file: str) -> ast.AST:
    try:
        return ast.parse("".join(linecache.getlines(file)))
    except SyntaxError:
        return ast.Module([], [])


@cache
def _nodes(file: str) -> dict[Span, ast.AST]:
    nodes = [node for node in ast.walk(_tree(file)) if isinstance(node, ast.expr | ast.AugAssign)]
    return {_span(node): node for node in reversed(nodes)}


@cache
def _assigned(file: str) -> dict[Span, str]:
    return {_span(value): name for value, name in _assignments(_tree(file))}


def _assignments(tree: ast.AST) -> Iterator[tuple[ast.expr, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            target, value = node.targets[-1], node.value
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                yield from ((of, ast.unparse(to)) for to, of in zip(target.elts, value.elts, strict=False))
            elif isinstance(target, ast.Name):
                yield value, target.id


def _span(node: ast.expr | ast.AugAssign) -> Span:
    return node.lineno, node.end_lineno or 0, node.col_offset, node.end_col_offset or 0


def _operands(node: ast.AST | None, n: int) -> list[ast.expr]:
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, ast.Subscript):
        return [node.value, node.slice]
    if isinstance(node, ast.Attribute):
        return [node.value]
    if isinstance(node, ast.UnaryOp):
        return [node.operand]
    if isinstance(node, ast.Call):
        called = next(ast.iter_child_nodes(node))
        itself = [called.value] if isinstance(called, ast.Attribute) and n == len(node.args) + 1 else []
        return [*itself, *node.args]
    return []


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."
