"""Type expressions of the SDK's table: `list[beta.threads.Message]`, `str | None`, `Literal['queued', 'completed']`."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache

_UNION = "Union"


@dataclass(frozen=True, slots=True)
class TypeExpr:
    """A type: a name with its arguments, or (name `Union`) its members; literals keep their base's name."""

    name: str
    args: tuple[TypeExpr, ...] = ()
    optional: bool = False
    """Whether None is possible as well."""
    members: tuple[TypeExpr, ...] = ()
    literals: tuple[str | int, ...] = ()

    def __str__(self) -> str:
        if self.members:
            text = " | ".join(map(str, self.members))
        elif self.literals:
            text = f"Literal[{', '.join(map(repr, self.literals))}]"
        else:
            text = f"{self.name}[{', '.join(map(str, self.args))}]" if self.args else self.name
        return f"{text} | None" if self.optional else text


ANY = TypeExpr("Any")
NONE = TypeExpr("None")


@cache
def parse(text: str) -> TypeExpr:
    """The type that an expression of the table stands for; ValueError if it is no such expression."""
    return _type_of(ast.parse(text, mode="eval").body)


def _type_of(node: ast.expr) -> TypeExpr:
    match node:
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return union([_type_of(left), _type_of(right)])
        case ast.Constant(value=None):
            return NONE
        case ast.Subscript(value=ast.Name(id="Literal"), slice=values):
            return _literal(ast.literal_eval(values))
        case ast.Subscript(value=base, slice=ast.Tuple(elts=elements)):
            return TypeExpr(ast.unparse(base), tuple(map(_type_of, elements)))
        case ast.Subscript(value=base, slice=argument):
            return TypeExpr(ast.unparse(base), (_type_of(argument),))
        case ast.Name() | ast.Attribute():
            return TypeExpr(ast.unparse(node))
    raise ValueError(f"not a type expression: {ast.unparse(node)}")


def _literal(values: object) -> TypeExpr:
    literals = values if isinstance(values, tuple) else (values,)
    return TypeExpr(type(literals[0]).__name__, literals=literals)


def union(types: Iterable[TypeExpr]) -> TypeExpr:
    """The type of a value that has one of these; nested unions and None are folded in."""
    flat: dict[TypeExpr, None] = {}
    optional = False
    for tp in types:
        optional = optional or tp.optional or tp == NONE
        for member in tp.members or (tp,):
            if member != NONE:
                flat[replace(member, optional=False)] = None
    if not flat:
        return NONE
    single, *others = flat
    return replace(single, optional=optional) if not others else TypeExpr(_UNION, (), optional, tuple(flat))


def substituted(tp: TypeExpr, scope: Mapping[str, TypeExpr]) -> TypeExpr:
    """The type with its variables replaced."""
    if tp.members:
        return union([*(substituted(member, scope) for member in tp.members), *([NONE] if tp.optional else [])])
    if tp.name in scope:
        return union([scope[tp.name], NONE]) if tp.optional else scope[tp.name]
    return replace(tp, args=tuple(substituted(argument, scope) for argument in tp.args)) if tp.args else tp
