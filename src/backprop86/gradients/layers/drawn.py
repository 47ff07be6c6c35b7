"""Mistakes that nobody thought of: every edit of one place in the syntax tree of a layer's backward pass.

A term or a factor is dropped, a sign turned, operands exchanged, a transpose lost or added, an axis changed, a sum
averaged, one variable taken for another, a number changed.
"""

import ast
import copy
import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from backprop86.gradients.layers.planting import Backward, Layer, written

Edits = Iterator[tuple[str, ast.expr]]
OTHER = {"sum": "mean", "mean": "sum", "sqrt": "square", "square": "sqrt", "tanh": "sigmoid", "softmax": "log_softmax"}
TURNED: dict[type[ast.operator], ast.operator] = {
    ast.Add: ast.Sub(), ast.Sub: ast.Add(), ast.Mult: ast.Div(), ast.Div: ast.Mult(),
}  # fmt: skip


@dataclass(frozen=True)
class Drawn:
    """A mistake: what was done to which expression, and the backward pass with it."""

    kind: str
    old: str
    new: str
    backward: Backward


def mistakes(layer: Layer) -> list[Drawn]:
    """Return every edit of one place; some leave all gradients right, some run into an error."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(layer.backward)))
    names = sorted(
        {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    )
    found = []
    for place, node in enumerate(ast.walk(tree)):
        if isinstance(node, ast.expr):
            for kind, new in _edits(node, names):
                found.append(Drawn(kind, ast.unparse(node), ast.unparse(new), _edited(layer, tree, place, new)))
    return found


def _edited(layer: Layer, tree: ast.Module, place: int, new: ast.expr) -> Backward:
    changed = copy.deepcopy(tree)
    old = list(ast.walk(changed))[place]

    class Exchange(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            return new if node is old else self.generic_visit(node)

    return written(layer.backward, ast.unparse(ast.fix_missing_locations(Exchange().visit(changed))))


def _edits(node: ast.expr, names: list[str]) -> Edits:
    if isinstance(node, ast.BinOp):
        yield from _of_operator(node)
    elif isinstance(node, ast.Attribute) and node.attr in ("T", "mT"):
        yield "transpose lost", node.value
    elif isinstance(node, ast.Call):
        yield from _of_call(node)
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names:
        yield "sign turned", ast.UnaryOp(ast.USub(), node)
        for name in names:
            if name != node.id:
                yield "another variable", ast.Name(name, ast.Load())
    elif isinstance(node, ast.Constant) and type(node.value) is int:
        for value in (node.value - 1, node.value + 1):
            yield "another number", ast.Constant(value)


def _of_operator(node: ast.BinOp) -> Edits:
    if isinstance(node.op, ast.MatMult):
        yield "operands exchanged", ast.BinOp(node.right, node.op, node.left)
        yield "transpose added", ast.BinOp(ast.Attribute(node.left, "mT", ast.Load()), node.op, node.right)
        yield "transpose added", ast.BinOp(node.left, node.op, ast.Attribute(node.right, "mT", ast.Load()))
    if isinstance(node.op, ast.Add | ast.Sub | ast.Mult | ast.Div | ast.Pow):
        dropped = "term dropped" if isinstance(node.op, ast.Add | ast.Sub) else "factor dropped"
        yield dropped, node.left
        if not isinstance(node.op, ast.Pow):
            yield dropped, node.right
    if turned := TURNED.get(type(node.op)):
        yield "operator turned", ast.BinOp(node.left, turned, node.right)


def _of_call(node: ast.Call) -> Edits:
    if isinstance(node.func, ast.Attribute):
        if node.func.attr in OTHER:
            func = ast.Attribute(node.func.value, OTHER[node.func.attr], ast.Load())
            yield "another function", ast.Call(func, node.args, node.keywords)
        if node.func.attr in ("sqrt", "square", "flip", "transpose", "tanh", "sigmoid", "mean", "sum"):
            yield "call dropped", node.func.value
