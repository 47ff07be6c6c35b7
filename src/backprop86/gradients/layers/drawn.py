"""Mistakes that nobody chose: every edit of one place in the syntax tree of a layer's backward pass.

A term or a factor is dropped, a sign turned, operands exchanged, a transpose lost or added, an axis changed, a sum
averaged, one variable taken for another, a number changed.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from backprop86.gradients.layers.planting import Backward, Layer

Edits = Iterator[tuple[str, ast.expr]]
OTHER = {"sum": "mean", "mean": "sum", "sqrt": "square", "square": "sqrt", "tanh": "sigmoid", "softmax": "log_softmax"}
TURNED: dict[type[ast.operator], ast.operator] = {
    ast.Add: ast.Sub(), ast.Sub: ast.Add(), ast.Mult: ast.Div(), ast.Div: ast.Mult(),
}  # fmt: skip


@dataclass(frozen=True)
class Drawn:
    """A mistake of a layer: the expression at one place of the syntax tree, and another that takes its place."""

    layer: Layer
    kind: str
    place: int
    old: str
    new: str

    @property
    def backward(self) -> Backward:
        """The backward pass with the mistake in it."""
        tree = ast.parse(self.layer.source)
        old, new = list(ast.walk(tree))[self.place], ast.parse(self.new, mode="eval").body

        class Exchange(ast.NodeTransformer):
            def visit(self, node: ast.AST) -> ast.AST:
                return new if node is old else self.generic_visit(node)

        return self.layer.written(ast.unparse(ast.fix_missing_locations(Exchange().visit(tree))))


def mistakes(layer: Layer) -> list[Drawn]:
    """Return every edit of one place; some leave all gradients right, some run into an error."""
    tree = ast.parse(layer.source)
    stored = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return [
        Drawn(layer, kind, place, ast.unparse(node), ast.unparse(new))
        for place, node in enumerate(ast.walk(tree))
        if isinstance(node, ast.expr)
        for kind, new in _edits(node, sorted(stored))
    ]


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
                yield "another variable", ast.Name(name)
    elif isinstance(node, ast.Constant) and type(node.value) is int:
        for value in (node.value - 1, node.value + 1):
            yield "another number", ast.Constant(value)


def _of_operator(node: ast.BinOp) -> Edits:
    if isinstance(node.op, ast.MatMult):
        yield "operands exchanged", ast.BinOp(node.right, node.op, node.left)
        yield "transpose added", ast.BinOp(ast.Attribute(node.left, "mT"), node.op, node.right)
        yield "transpose added", ast.BinOp(node.left, node.op, ast.Attribute(node.right, "mT"))
    if isinstance(node.op, ast.Add | ast.Sub | ast.Mult | ast.Div | ast.Pow):
        dropped = "term dropped" if isinstance(node.op, ast.Add | ast.Sub) else "factor dropped"
        yield dropped, node.left
        if not isinstance(node.op, ast.Pow):
            yield dropped, node.right
    if turned := TURNED.get(type(node.op)):
        yield "operator turned", ast.BinOp(node.left, turned, node.right)


def _of_call(node: ast.Call) -> Edits:
    called = next(ast.iter_child_nodes(node))
    if isinstance(called, ast.Attribute):
        if called.attr in OTHER:
            yield (
                "another function",
                ast.Call(ast.Attribute(called.value, OTHER[called.attr]), node.args, node.keywords),
            )
        if called.attr in ("sqrt", "square", "flip", "transpose", "tanh", "sigmoid", "mean", "sum"):
            yield "call dropped", called.value
