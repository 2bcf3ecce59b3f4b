"""Which sites belong together: connected uses of the same threads, runs and assistants form a flow.

Sites are connected when a value passes between them: through a variable, an attribute, a parameter or a result.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator

import libcst as cst

from assist2resp.rewrite.flows.flow import Flow, FlowIndex, Union
from assist2resp.rewrite.flows.keys import Keys, carries
from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.nodes import positional, string_value
from assist2resp.rewrite.syntax.scopes import Binding, all_params
from assist2resp.rewrite.values import sdk
from assist2resp.rewrite.values.inference import Inference
from assist2resp.rewrite.values.kinds import Class, Function, Instance, Unknown

_IDENTITIES = frozenset({"thread_id", "run_id", "message_id", "step_id", "vector_store_id", "batch_id"})
"""Arguments that name what a call works on: equal ones join, whatever gives them."""
_OBJECTS = frozenset({"file_id", "run", "event_handler"})
_ASSISTANTS = "beta.assistants."


def find_flows(sites: list[Site], inference: Inference) -> list[Flow]:
    """Group the sites into flows."""
    connections = _Connections(
        inference, {site.call for site in sites if site.call is not None and not _never_worked(site)}
    )
    for file in inference.project.modules:
        connections.add_bindings(file)
        connections.add_calls(file)
        connections.add_returns(file)
    connections.add_holders()
    for site in sites:
        connections.note_assistant(site)
    for site in sites:
        connections.add_site(site)
    return _grouped(sites, connections)


def _grouped(sites: list[Site], connections: _Connections) -> list[Flow]:
    union = connections.union
    groups: dict[Hashable, list[Site]] = {}
    for site in sites:
        groups.setdefault(union.find(site), []).append(site)
    index = FlowIndex(union, connections.keys, {}, {site.call: site for site in sites if site.call is not None})
    flows = []
    for number, (root, group) in enumerate(groups.items(), 1):
        flow = Flow(number, tuple(group), index)
        index.flow_of_root[root] = flow
        flows.append(flow)
    return flows


class _Connections:
    """Joins the places that a value passes between."""

    def __init__(self, inference: Inference, calls: Collection[cst.CSTNode]) -> None:
        self.inference = inference
        self.keys = Keys(inference, calls)
        self.union = Union()
        self._assistants: set[Hashable] = set()
        """The places of ids by which assistants themselves are read or changed."""

    def _join(self, place: Hashable, node: cst.CSTNode | None, file: SourceFile) -> None:
        for key in self.keys.of(node, file):
            self.union.join(place, key)

    def add_bindings(self, file: SourceFile) -> None:
        """Connect variables and attributes with what is assigned to them."""
        for scope in file.scopes.own.values():
            for name, bindings in scope.names.items():
                for binding in bindings:
                    if binding.how == "import":
                        self._add_import(file, binding, (scope, name))
                    elif binding.how in {"value", "element", "entered", "item", "rest"}:
                        self._join((scope, name), binding.node, file)
        for target, binding in file.scopes.attribute_targets:
            for key in self.keys.of(target, file):
                self._join(key, binding.node, file)

    def _add_import(self, file: SourceFile, binding: Binding, variable: Hashable) -> None:
        found = self.inference.project.resolve(binding.origin, file)
        if found is not None and found[0].tree is not None and found[1]:
            defined = self.inference.imports.defined(found[0].scopes.root, found[1])
            if defined is not None:
                self.union.join(variable, defined)

    def add_calls(self, file: SourceFile) -> None:
        """Connect the parameters of the project's functions with what calls pass."""
        for call in file.scopes.calls:
            callee = self.inference.kind(call.func, file)
            if isinstance(callee, Class):
                callee = self.inference.method(callee.file, callee.node, "__init__") or callee
            if isinstance(callee, Function):
                for found in (callee, *self.inference.members.overrides(callee)):
                    self._add_arguments(call, found, file)
            for chosen in self.inference.passes.dispatch.functions(call, file):
                self._add_arguments(call, chosen, file)
            self._add_handed(call, file)

    def _add_handed(self, call: cst.Call, file: SourceFile) -> None:
        """Connect what a call gives a function that it is to run with that function's parameters."""
        for arg in call.args:
            handed = self.inference.passes.handed_to(call, arg, file)
            if handed is not None:
                scope = handed[0].file.scopes.own[handed[0].node]
                self._join((scope, handed[1].name.value), arg.value, file)

    def _add_arguments(self, call: cst.Call, callee: Function, file: SourceFile) -> None:
        if not isinstance(callee.node, cst.FunctionDef):
            return
        scope = callee.file.scopes.own[callee.node]
        params = all_params(callee.node.params)
        names = {param.name.value for param in params}
        skip = 1 if callee.owner is not None and params else 0
        ordered = [*callee.node.params.posonly_params, *callee.node.params.params][skip:]
        for param, value in zip(ordered, positional(call), strict=False):
            self._join((scope, param.name.value), value, file)
        for arg in call.args:
            if arg.keyword is not None and arg.keyword.value in names:
                self._join((scope, arg.keyword.value), arg.value, file)

    def add_returns(self, file: SourceFile) -> None:
        """Connect the results of the project's functions with what they return or yield."""
        for given in (file.scopes.returns, file.scopes.yields):
            for function, values in given.items():
                for value in values:
                    self._join(("result", function), value, file)

    def add_holders(self) -> None:
        """Connect the slots of holders with what is put into them."""
        for write, place in self.inference.holders.writes():
            value = write.value.node if isinstance(write.value, Binding) else write.value
            self._join(("slot", place, write.key), value, write.file)

    def note_assistant(self, site: Site) -> None:
        """Note which assistant a site reads or changes; runs of others do not join by sharing its name."""
        if site.path.startswith(_ASSISTANTS):
            for name, value in _arguments(site):
                if name == "assistant_id":
                    self._assistants.update(self._identity(value, site.file))

    def add_site(self, site: Site) -> None:
        """Connect a site with what names the objects that it works on, and with its result."""
        self.union.join(site, ("site", site.call) if site.call is not None else site)
        if _never_worked(site):
            return  # it fails with and without the others
        self._add_handler_class(site)
        for name, value in _arguments(site):
            kind = self.inference.kind(value, site.file)
            if name in _IDENTITIES:
                for key in self._identity(value, site.file):
                    self.union.join(site, key)
            elif name == "assistant_id":
                self._join(site, value, site.file)
                for key in self._assistants.intersection(self._identity(value, site.file)):
                    self.union.join(site, key)
            elif name in _OBJECTS or name == "" or carries(kind):
                self._join(site, value, site.file)
            if name == "event_handler" and isinstance(kind, Instance):
                self.union.join(site, ("handler", self.inference.families.origin(kind)))
                self._add_events(kind.file, kind.node)

    def _identity(self, value: cst.BaseExpression, file: SourceFile) -> Iterator[Hashable]:
        """The places of an id, also of one whose origin is not known."""
        yield from self.keys.of(value, file)
        literal = string_value(value)
        if literal is not None:
            yield ("id", literal)
        if isinstance(value, cst.Name):
            variable = self.keys.variable(value, file)
            if variable is not None and not isinstance(self.inference.variable(variable), (Function, Class)):
                yield variable

    def _add_handler_class(self, site: Site) -> None:
        """A site in an event handler works on the runs that the handler is given to."""
        function = site.scope.enclosing_function()
        owner = self.inference.members.owner_of.get(function) if function is not None else None
        if owner is not None and self.inference.is_handler(*owner):
            self.union.join(site, ("handler", self.inference.families.origin(Class(*owner))))
            self._add_events(*owner)

    def _add_events(self, file: SourceFile, handler: cst.ClassDef) -> None:
        """The events that such a handler is told of are of its runs."""
        told = self.inference.method(file, handler, "on_event")
        if told is not None and isinstance(told.node, cst.FunctionDef):
            for param in told.node.params.params[1:2]:
                place = (told.file.scopes.own[told.node], param.name.value)
                self.union.join(("handler", self.inference.families.origin(Class(file, handler))), place)


def _never_worked(site: Site) -> bool:
    """Whether a site asks for a method that no SDK has, or a client that its file binds nowhere."""
    if isinstance(site.receiver, Unknown):
        return site.receiver.undefined
    return site.call is not None and sdk.method(site.path) is None


def _arguments(site: Site) -> Iterator[tuple[str, cst.BaseExpression]]:
    """The arguments of a site with their names; the empty name for one that is spread or not known."""
    if site.call is None:
        return
    found = sdk.method(site.path)
    names = list(found.positional) if found is not None else []
    for position, arg in enumerate(site.call.args):
        if arg.keyword is not None:
            yield arg.keyword.value, arg.value
        else:
            yield ("" if arg.star or position >= len(names) else names[position]), arg.value
