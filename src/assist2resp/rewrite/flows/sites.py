"""The places that use the old API: typed call sites, and uses of a resource that are no call."""

from __future__ import annotations

import builtins
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.calls import LinePlace
from assist2resp.rewrite.syntax.nodes import code, dotted, string_value
from assist2resp.rewrite.syntax.scopes import Scope
from assist2resp.rewrite.values import sdk
from assist2resp.rewrite.values.inference import Inference
from assist2resp.rewrite.values.kinds import (
    Bottom,
    External,
    Function,
    Instance,
    Kind,
    Method,
    Plain,
    Resource,
    Unknown,
)

OLD_RESOURCES = ("beta.assistants", "beta.threads", "beta.vector_stores")
_MARK = "__here__"
_BINDS_BY_NAME = re.compile(rb"globals\(\)(?!\s*(?:\[[^\]\n]*\](?!\s*=[^=])|\.get\())")
"""Where a file does more with its own names than reading them."""
_BUILTINS = frozenset(dir(builtins))
_NO_CLIENTS = sys.stdlib_module_names | {"builtins", "openai", "mock", "pytest_mock"}
"""Packages whose objects may be spelled like a client and are certainly none."""


@dataclass(frozen=True, eq=False)
class Site:
    """One use of the old API. `path` is the SDK's dotted name below the client: `beta.threads.runs.create`.

    `call` is the call, or None where a method or a resource is used as a value. `receiver` is what the client is.
    """

    file: SourceFile
    node: cst.BaseExpression
    path: str
    receiver: Resource | Unknown
    scope: Scope
    call: cst.Call | None = None

    @property
    def is_certain(self) -> bool:
        return isinstance(self.receiver, Resource)

    @property
    def is_azure(self) -> bool:
        """Whether the client is known, and Azure's."""
        return isinstance(self.receiver, Resource) and self.receiver.is_azure

    @property
    def is_async(self) -> bool:
        """Whether the client is known, and asynchronous."""
        return isinstance(self.receiver, Resource) and self.receiver.is_async

    @property
    def plain_call(self) -> cst.Call | None:
        """The call, if it is one of a known client's own method, with no `with_raw_response` or the like between."""
        return self.call if isinstance(self.receiver, Resource) and not self.receiver.wrapper else None

    @property
    def name(self) -> str:
        """The last part of the path: `create_and_poll`."""
        return self.path.rsplit(".", 1)[-1]

    @property
    def awaited(self) -> cst.BaseExpression:
        """The call with the `await` around it, if there is one."""
        assert self.call is not None
        parent = self.file.scopes.parent_of.get(self.call)
        return parent if isinstance(parent, cst.Await) else self.call

    def statement(self) -> cst.CSTNode:
        """The statement that the site stands in."""
        return statement_of(self.node, self.file)


def statement_of(node: cst.CSTNode, file: SourceFile) -> cst.CSTNode:
    """The nearest statement (line or compound) around a node."""
    current = node
    while not isinstance(current, (cst.SimpleStatementLine, cst.BaseCompoundStatement, cst.Module)):
        current = file.scopes.parent_of[current]
    return current


def line_place(site: Site) -> LinePlace:
    """Where a site's call begins."""
    statement = site.statement()
    blocks = sum(isinstance(node, cst.IndentedBlock) for node in site.file.scopes.ancestors(statement))
    if site.call is None or not isinstance(statement, cst.SimpleStatementLine):
        return LinePlace(4 * blocks, 4 * blocks, "")
    marked = statement.deep_replace(site.call, cst.Name(_MARK))
    assert isinstance(marked, cst.SimpleStatementLine)
    before = code(marked).partition(_MARK)[0].rpartition("\n")[2]
    hang = before[: len(before) - len(before.lstrip())]
    return LinePlace(4 * blocks + len(before), 4 * blocks + len(hang), hang)


def find_sites(inference: Inference) -> list[Site]:
    """Every use of the old API in the project, file by file in the order of the text."""
    found = [site for file in inference.project.modules for site in _file_sites(file, inference)]
    through_alias = any(_starts_at_beta(site, inference) for site in found)
    return [site for site in found if site.path != "beta" or through_alias]


def _starts_at_beta(site: Site, inference: Inference) -> bool:
    """Whether the site's chain starts at what holds `client.beta` itself: a name, an attribute, a result."""
    if site.path == "beta":
        return False
    node: cst.BaseExpression | None = site.node
    while node is not None:
        kind = inference.kind(node, site.file)
        if isinstance(kind, Resource) and kind.path == "beta":
            return not goes_to_beta(node, site.file, inference)
        node = below(node)
    return False


def goes_to_beta(node: cst.BaseExpression, file: SourceFile, inference: Inference) -> bool:
    """Whether an expression goes from a client, or the SDK's module, to its `beta`, and does not hold that."""
    client = below(node)
    kind = inference.kind(client, file) if client is not None else None
    if isinstance(kind, Instance):  # of a class that derives from the client's, unless it has a `beta` of its own
        is_own = "beta" in kind.file.scopes.own[kind.node].names or kind.node in kind.file.scopes.classes_setting(
            "beta"
        )
        return isinstance(node, cst.Attribute) and node.attr.value == "beta" and not is_own
    return kind == External("openai") or (isinstance(kind, Resource) and not kind.path)


def below(node: cst.BaseExpression) -> cst.BaseExpression | None:
    """What an attribute, or a `getattr` with a literal, is taken of."""
    if isinstance(node, cst.Attribute):
        return node.value
    return node.args[0].value if isinstance(node, cst.Call) and _is_getattr(node) else None


def _file_sites(file: SourceFile, inference: Inference) -> Iterator[Site]:
    seen: set[cst.CSTNode] = set()
    for node in file.scopes.spelled:
        if node not in seen:
            site = _site(node, file, inference)
            if site is not None:
                seen.add(site.node)
                if site.call is not None:
                    seen.add(site.call)
                yield site


def _site(node: cst.Attribute | cst.Name | cst.Call, file: SourceFile, inference: Inference) -> Site | None:
    scopes = file.scopes
    parent = scopes.parent_of.get(node)
    call = parent if type(parent) is cst.Call and parent.func is node else None
    if type(node) is cst.Name and call is None:
        return None  # aliases count where they are called
    if type(parent) is cst.Attribute and parent.value is node:
        return None  # only the top of a chain is a site
    if type(parent) in {cst.ImportFrom, cst.ImportAlias} or (type(node) is cst.Call and not _is_getattr(node)):
        return None
    kind = inference.kind(node, file)
    path = _old_path(kind)
    if isinstance(parent, cst.AssignTarget):
        return None  # a name is rewritten by what it is given
    if path is not None:
        assert isinstance(kind, (Method, Resource))
        receiver = kind.resource if isinstance(kind, Method) else kind
        return Site(file, node, path, receiver, scopes.scope_of[node], call)
    if isinstance(node, cst.Attribute):
        return _unheard_of(node, call, file, inference) or _uncertain(node, call, file, inference)
    return None


def _unheard_of(node: cst.Attribute, call: cst.Call | None, file: SourceFile, inference: Inference) -> Site | None:
    """A call of what no SDK has, on a resource of the old API: people write `client.beta.threads.list()`."""
    owner = inference.kind(node.value, file)
    if call is None or not isinstance(owner, Resource) or not owner.path.startswith(OLD_RESOURCES):
        return None
    return Site(file, node, f"{owner.path}.{node.attr.value}", owner, file.scopes.scope_of[node], call)


def _is_getattr(node: cst.Call) -> bool:
    return (
        type(node.func) is cst.Name
        and node.func.value == "getattr"
        and len(node.args) > 1
        and string_value(node.args[1].value) is not None
    )


def _old_path(kind: Kind) -> str | None:
    path = kind.path if isinstance(kind, (Method, Resource)) else None
    if path is None or not (path == "beta" or path.startswith(OLD_RESOURCES)):
        return None
    return path


def _uncertain(node: cst.Attribute, call: cst.Call | None, file: SourceFile, inference: Inference) -> Site | None:
    """A chain that is spelled like the old API on something that is not known to be a client."""
    parts: list[str] = []
    current: cst.BaseExpression = node
    while isinstance(current, cst.Attribute):
        parts.append(current.attr.value)
        if current.attr.value == "beta":
            break
        current = current.value
    spelled = ".".join(reversed(parts))
    if not spelled.startswith(OLD_RESOURCES) or not isinstance(current, cst.Attribute):
        return None
    if sdk.method(spelled) is None and not sdk.resource(spelled):
        return None
    receiver, below_it = inference.kind(current.value, file), inference.kind(current, file)
    if isinstance(below_it, Unknown) and below_it.foreign:
        receiver = below_it
    if isinstance(receiver, Instance) and below_it == Unknown() and _is_proxy(receiver, inference):
        receiver = Unknown(f"'{dotted(current.value) or 'the client'}' only hands its attributes on to a client")
    if not isinstance(receiver, (Unknown, Plain, Bottom, Function, External)):
        return None
    if _is_undefined(current.value, receiver, file):
        receiver = Unknown(f"'{code(current.value)}' is not defined in this file", undefined=True)
    unknown = _not_known(receiver, dotted(current.value) or "the client")
    return Site(file, node, spelled, unknown, file.scopes.scope_of[node], call) if unknown is not None else None


def _is_undefined(client: cst.BaseExpression, receiver: Kind, file: SourceFile) -> bool:
    """Whether a name is bound nowhere: not in its module, and no other one can bring it in."""
    brings = (
        ("*" in file.scopes.root.names) or file.notebook is not None or _BINDS_BY_NAME.search(file.data) is not None
    )
    named = isinstance(client, cst.Name) and receiver == External(f"builtins.{client.value}")
    return named and not brings and code(client) not in _BUILTINS


def _is_proxy(receiver: Instance, inference: Inference) -> bool:
    """Whether an object takes the attributes that its class has not from a client."""
    found = inference.method(receiver.file, receiver.node, "__getattr__")
    for value in found.file.scopes.returns.get(found.node, ()) if found is not None else ():
        if found is not None and isinstance(value, cst.Call) and value.args and code(value.func) == "getattr":
            kind = inference.kind(value.args[0].value, found.file)
            if isinstance(kind, Resource) and kind.is_client:
                return True
    return False


def _not_known(receiver: Kind, what: str) -> Unknown | None:
    """What to tell of a receiver that is spelled like a client; None for what is certainly none."""
    if isinstance(receiver, External):
        package, _, name = receiver.qualified.partition(".")
        if package in _NO_CLIENTS and (package != "builtins" or name.partition(".")[0].rstrip("()") in _BUILTINS):
            return None
        if package != "builtins":
            return Unknown(f"'{what}' comes from {package}, outside the project")
    if isinstance(receiver, Unknown) and receiver.reason:
        return receiver
    return Unknown(f"nothing in the project says what '{what}' is", getattr(receiver, "foreign", False))
