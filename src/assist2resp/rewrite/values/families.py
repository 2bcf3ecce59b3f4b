"""Families of classes: which derive from which, in the project and from outside."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

import libcst as cst

from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.values.kinds import (
    Class,
    External,
    Instance,
)

if TYPE_CHECKING:
    from assist2resp.rewrite.values.inference import Inference

_HANDLERS = ("AssistantEventHandler",)


class Families:
    """The families of one project's classes."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self._bases_of: dict[cst.ClassDef, list[Class]] = {}

    def bases(self, file: SourceFile, node: cst.ClassDef) -> list[tuple[SourceFile, cst.ClassDef]]:
        """The classes of the project that a class derives from, nearest first."""
        found: dict[cst.ClassDef, SourceFile] = {}
        queue = [(file, node)]
        while queue:
            base_file, base = queue.pop(0)
            for kind in self._direct_bases(base_file, base):
                if kind.node not in found and kind.node is not node:
                    found[kind.node] = kind.file
                    queue.append((kind.file, kind.node))
        return [(base_file, base) for base, base_file in found.items()]

    def family(self, file: SourceFile, node: cst.ClassDef) -> list[tuple[SourceFile, cst.ClassDef]]:
        """A class and its bases."""
        return [(file, node), *self.bases(file, node)]

    def _direct_bases(self, file: SourceFile, node: cst.ClassDef) -> list[Class]:
        known = self._bases_of.get(node)
        if known is None:
            kinds = [self.inference.kind(without_arguments(base.value), file) for base in node.bases]
            known = self._bases_of[node] = [kind for kind in kinds if isinstance(kind, Class)]
        return known

    @cached_property
    def subclasses(self) -> dict[cst.ClassDef, list[Class]]:
        """The classes that derive from each class, at any distance."""
        found: dict[cst.ClassDef, list[Class]] = {}
        for file in self.inference.project.modules:
            for node in file.scopes.own:
                if isinstance(node, cst.ClassDef) and node.bases:
                    for _, base in self.bases(file, node):
                        found.setdefault(base, []).append(Class(file, node))
        return found

    def origin(self, owner: Instance | Class) -> cst.ClassDef:
        """The class that stands for a family when one of its attributes is named."""
        return self.family(owner.file, owner.node)[-1][1]

    def external_bases(self, file: SourceFile, node: cst.ClassDef) -> Iterator[str]:
        """The dotted names of the classes from outside that a class derives from."""
        for base_file, base in self.family(file, node):
            for arg in base.bases:
                kind = self.inference.kind(without_arguments(arg.value), base_file)
                if isinstance(kind, External):
                    yield kind.qualified

    def is_handler(self, file: SourceFile, node: cst.ClassDef) -> bool:
        """Whether a class derives from the SDK's event handlers."""
        return any(name.endswith(_HANDLERS) for name in self.external_bases(file, node))

    def is_async_handler(self, owner: Instance) -> bool:
        """Whether an instance's class derives from the asynchronous one of these."""
        return any(name.endswith("AsyncAssistantEventHandler") for name in self.external_bases(owner.file, owner.node))

    def derives(self, owner: Instance | Class, node: cst.ClassDef) -> bool:
        """Whether a class, or that of an instance, derives from another."""
        return any(base is node for _, base in self.bases(owner.file, owner.node))


def without_arguments(node: cst.BaseExpression) -> cst.BaseExpression:
    """`Base` of `Base[T]`."""
    return node.value if isinstance(node, cst.Subscript) else node
