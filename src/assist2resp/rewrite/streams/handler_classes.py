"""Event handler classes: whether a handler can do without the SDK's base class."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from assist2resp.rewrite.flows import uses
from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.streams.callbacks import CALLBACKS
from assist2resp.rewrite.streams.handler_bodies import Bodies
from assist2resp.rewrite.streams.handler_calls import Sending
from assist2resp.rewrite.streams.handler_readings import HandlerReading
from assist2resp.rewrite.streams.reads import Edit, NotUnderstoodError
from assist2resp.rewrite.syntax.names import free_name
from assist2resp.rewrite.syntax.nodes import descendants
from assist2resp.rewrite.values import sdk
from assist2resp.rewrite.values.inference import Inference
from assist2resp.rewrite.values.kinds import Class, External, Instance

_BASES = ("AssistantEventHandler", "AsyncAssistantEventHandler")
_EVENT, _DELTA, _END, _EXCEPTION = "on_event", "on_tool_call_delta", "on_end", "on_exception"
_INHERITED = frozenset({
    "close", "current_event", "current_message_snapshot", "current_run", "current_run_step_snapshot",
    "get_final_messages", "get_final_run", "get_final_run_steps", "text_deltas", "until_done",
})  # fmt: skip


def read_handler(site: Site, given: cst.BaseExpression, streamed: list[Site], inference: Inference) -> HandlerReading:
    """Read the handler that a streamed run is given; `streamed` are the runs of its flow. Raises NotUnderstoodError."""
    kind = inference.kind(given, site.file)
    if not isinstance(kind, Instance):
        raise NotUnderstoodError("its events go to a handler that cannot be seen")
    return _Class(Class(kind.file, kind.node), site, given, streamed, inference).read()


class _Class:
    def __init__(
        self, kind: Class, site: Site, given: cst.BaseExpression, streamed: list[Site], inference: Inference
    ) -> None:
        self.kind, self.site, self.given, self.streamed, self.inference = kind, site, given, streamed, inference
        self.node, self.file = kind.node, kind.file
        assert self.file.tree is not None
        self.own = {member.name.value: member for member in _methods(self.node)}
        self._sending = Sending(kind, streamed)
        self.reading = HandlerReading(kind, free_name(self.file.scopes, "event", "stream_event"))

    def read(self) -> HandlerReading:
        """Read the class as a whole."""
        self._plain_class()
        self._own_members()
        self._used_as_handler()
        self.reading.callbacks = [self.own[name] for name in self.own if name in sdk.handler_callbacks()]
        if _EVENT in self.own and len(self.own[_EVENT].params.params) == 2:
            self.reading.event = self.own[_EVENT].params.params[1].name.value
        self.reading.inline = self._fits_into_the_loop()
        bodies = Bodies(self.reading, self._sending, self.inference)
        for function in self.reading.callbacks:
            bodies.read(function)
        if not self.reading.branches and not self.reading.at_every_event:
            raise NotUnderstoodError("its handler does nothing at an event")
        return self.reading

    def _plain_class(self) -> None:
        bases = [self.inference.kind(base.value, self.file) for base in self.node.bases]
        known = len(bases) == 1 and isinstance(bases[0], External) and bases[0].qualified.endswith(_BASES)
        if not known or self.node.keywords or self.node.decorators:
            raise NotUnderstoodError("its handler is more than a class of callbacks")
        readable = {*CALLBACKS, _EVENT, _DELTA, _END, _EXCEPTION}
        other = next((name for name in self.own if name in sdk.handler_callbacks() and name not in readable), None)
        if other is not None:
            raise NotUnderstoodError(f"its handler has {other}")
        for name, function in self.own.items():
            if name in readable and any(_last(one.decorator) != "override" for one in function.decorators):
                raise NotUnderstoodError(f"{name} of its handler is decorated")

    def _used_as_handler(self) -> None:
        """Every instance is given to a streamed run of this flow, and its callbacks are called by that alone."""
        for file, node in self.inference.members.mentions.get(self.node, ()):
            if isinstance(node, cst.Attribute) and node.attr.value in sdk.handler_callbacks():
                raise NotUnderstoodError("callbacks of its handler are called by the program")
            self._use(node, file.scopes.parent_of[node], file)

    def _use(self, node: cst.BaseExpression, parent: cst.CSTNode, file: SourceFile) -> None:
        kind = self.inference.kind(node, file)
        if isinstance(kind, Class) and kind.node is self.node:
            called = isinstance(parent, cst.Call) and parent.func is node
            if isinstance(parent, cst.Arg) and isinstance(file.scopes.parent_of[parent], cst.ClassDef):
                raise NotUnderstoodError("its handler's class has subclasses")
            if not (called or isinstance(parent, (cst.Attribute, cst.ImportAlias, cst.Annotation, cst.ClassDef))):
                raise NotUnderstoodError("its handler's class is used as a value")
        elif isinstance(kind, Instance) and kind.node is self.node and not self._is_fine(node, parent, file):
            raise NotUnderstoodError("its handler goes where its use cannot be seen")

    def _is_fine(self, node: cst.BaseExpression, parent: cst.CSTNode, file: SourceFile) -> bool:
        if isinstance(node, cst.Name) and _is_stream(node, file):
            return True
        if isinstance(parent, cst.Arg) and parent.keyword is not None and parent.keyword.value == "event_handler":
            call = file.scopes.parent_of[parent]
            return any(site.call is call for site in self.streamed)
        if isinstance(parent, cst.Attribute):
            sent = self._sending.is_sent_with(parent)
            return parent.attr is node or sent or self._is_own(parent.attr.value)
        made = file.scopes.parent_of[parent] if isinstance(parent, cst.Arg) else None
        if isinstance(made, cst.Call) and self._is_base_constructor(made):
            return True
        if isinstance(parent, (cst.Param, cst.AssignTarget, cst.FunctionDef)):
            return True
        return uses.passes_on(uses.Use(file, node, parent, ""), self.inference)

    def _is_own(self, name: str) -> bool:
        return name in self.own or name not in _INHERITED

    def _own_members(self) -> None:
        """Nothing is read of the handler, or called on it, that only the base class has."""
        for node in descendants(self.node):
            if isinstance(node, cst.Attribute) and _is_self(node.value) and not self._is_own(node.attr.value):
                if self._sending.is_sent_with(node):
                    continue
                raise NotUnderstoodError(f"its handler reads self.{node.attr.value}")
            if isinstance(node, cst.Call) and (_is_super(node) or self._is_base_constructor(node)):
                statement = self._statement_of_super(node)
                if statement is None:
                    raise NotUnderstoodError("its handler goes on in the base class")
                self.reading.edits.append(Edit(statement, lambda _: cst.RemoveFromParent()))

    def _is_base_constructor(self, node: cst.Call) -> bool:
        """Whether a call is `AssistantEventHandler.__init__(self)`."""
        if not isinstance(node.func, cst.Attribute) or node.func.attr.value != "__init__":
            return False
        base = self.inference.kind(node.func.value, self.file)
        return isinstance(base, External) and base.qualified.endswith(_BASES)

    def _statement_of_super(self, node: cst.Call) -> cst.Expr | None:
        """The statement `super().__init__()` or `super().on_event(event)`, which does nothing in a plain class."""
        parents = self.file.scopes.parent_of
        if not _is_super(node):
            alone = parents.get(node)
            return alone if isinstance(alone, cst.Expr) else None
        attribute = parents.get(node)
        call = parents.get(attribute) if isinstance(attribute, cst.Attribute) else None
        statement = parents.get(call) if isinstance(call, cst.Call) and call.func is attribute else None
        if isinstance(statement, cst.Await):
            statement = parents.get(statement)
        named = isinstance(attribute, cst.Attribute) and attribute.attr.value in {"__init__", *sdk.handler_callbacks()}
        return statement if named and isinstance(statement, cst.Expr) else None

    def _fits_into_the_loop(self) -> bool:
        """Whether what the callbacks do can be said in the one loop that the class serves, with the same names."""
        made = [
            call
            for file in self.inference.project.modules
            for call in file.scopes.calls
            if self.inference.kind(call.func, file) == self.kind
        ]
        if _EVENT in self.own and self.site.scope.find(self.reading.event) is not None:
            return False
        members = [name for name in self.own if name not in sdk.handler_callbacks() and name != "__init__"]
        keeps = any(isinstance(node, cst.Name) and _is_self(node) for one in self.own.values() for node in _loads(one))
        constructor = self.own.get("__init__")
        if self.site.file is not self.file or len(made) != 1 or made[0] is not self.given or made[0].args:
            return False
        if members or keeps or (constructor is not None and len(constructor.params.params) > 1):
            return False
        return all(self._says_the_same(function) for function in self.own.values() if function is not constructor)

    def _says_the_same(self, function: cst.FunctionDef) -> bool:
        """Whether a callback's names mean the same at the site, and nothing in it ends the function."""
        scope = self.file.scopes.own[function]
        parameters = {param.name.value for param in function.params.params}
        for node in descendants(function.body):
            if isinstance(node, (cst.Return, cst.Yield, cst.Global, cst.Nonlocal, cst.FunctionDef, cst.ClassDef)):
                return False
            if isinstance(node, cst.Name) and node in self.file.scopes.scope_of and node.value not in parameters:
                inner, outer = scope.find(node.value), self.site.scope.find(node.value)
                if inner != outer and not (inner is not None and inner[0] is scope and outer is None):
                    return False
        return True


def _is_stream(node: cst.Name, file: SourceFile) -> bool:
    """Whether a name holds the handler as the stream that was entered, whose uses are read by themselves."""
    scope = file.scopes.scope_of.get(node)
    variable = scope.find(node.value) if scope is not None else None
    return variable is not None and all(binding.how == "entered" for binding in variable[0].names[variable[1]])


def _methods(node: cst.ClassDef) -> Iterator[cst.FunctionDef]:
    return (member for member in node.body.body if isinstance(member, cst.FunctionDef))


def _last(node: cst.BaseExpression) -> str:
    if isinstance(node, cst.Attribute):
        return node.attr.value
    return node.value if isinstance(node, cst.Name) else ""


def _is_self(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Name) and node.value == "self"


def _is_super(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "super"


def _loads(function: cst.FunctionDef) -> Iterator[cst.CSTNode]:
    return descendants(function.body)
