"""Runs that the program reads as a stream: whether each can be a plain streamed response, and what then becomes of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import libcst as cst

from assist2resp.rewrite.flows.flow import Flow
from assist2resp.rewrite.flows.reaching import Reads
from assist2resp.rewrite.flows.run_sites import ACTION_TYPES, CALL_TYPES, RUN, SUBMIT_STREAM, THREAD_RUNS, is_resumed
from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.streams.events import TEXT_DELTA
from assist2resp.rewrite.streams.handler_classes import read_handler
from assist2resp.rewrite.streams.handler_readings import HandlerReading
from assist2resp.rewrite.streams.loops import read_loop
from assist2resp.rewrite.streams.reads import Edit, NotUnderstoodError
from assist2resp.rewrite.syntax.calls import attribute
from assist2resp.rewrite.syntax.names import free_name
from assist2resp.rewrite.syntax.nodes import argument, descendants
from assist2resp.rewrite.syntax.scopes import Variable
from assist2resp.rewrite.values.inference import Inference
from assist2resp.rewrite.values.kinds import Class, Sdk

MANAGED = ("beta.threads.runs.stream", "beta.threads.runs.create_and_stream", THREAD_RUNS[2])
_CREATES = ("beta.threads.runs.create", THREAD_RUNS[0])


@dataclass
class StreamedRun:
    """One run whose stream is understood: the changes to what reads it, but for the call itself."""

    site: Site
    managed: bool
    """Whether it was made by a helper that is entered with `with`."""
    edits: list[Edit] = field(default_factory=list)
    waits: list[cst.Expr] = field(default_factory=list)
    """Statements that only read the stream to its end."""
    texts: cst.For | None = None
    """The loop over the stream's texts, and the name that an event gets there."""
    event: str = ""
    readings: int = 0
    tells_failures: bool = False
    handler: HandlerReading | None = None
    needs: frozenset[str] = frozenset()
    """The functions of the support module that its loop calls."""


def is_streamed(site: Site) -> bool:
    """Whether a site creates a run as a stream, or may do so."""
    if site.path in MANAGED:
        return True
    stream = argument(site.call, "stream") if site.call is not None and site.path in _CREATES else None
    return stream is not None and not (isinstance(stream, cst.Name) and stream.value == "False")


def streamed_runs(flow: Flow, inference: Inference) -> tuple[dict[Site, StreamedRun], str]:
    """The flow's streamed runs, and the first reason why one of them cannot be plain."""
    found: dict[Site, StreamedRun] = {}
    for site in flow.sites:
        if is_streamed(site) or is_resumed(site):
            try:
                found[site] = _Reader(site, flow, inference).read()
            except NotUnderstoodError as problem:
                return {}, f"{site.path}: {problem}"
    return found, ""


class _Reader:
    def __init__(self, site: Site, flow: Flow, inference: Inference) -> None:
        self.site, self.file, self.flow, self.inference = site, site.file, flow, inference
        self.run = StreamedRun(site, site.path in (*MANAGED, SUBMIT_STREAM))

    def read(self) -> StreamedRun:
        """Follow the stream to what reads it."""
        if self.site.call is None:
            raise NotUnderstoodError("it is not called here")
        stream = argument(self.site.call, "stream")
        if stream is not None and not (isinstance(stream, cst.Name) and stream.value == "True"):
            raise NotUnderstoodError("it is a stream at some times only")
        parent = self.file.scopes.parent_of[self.site.awaited]
        match parent:
            case cst.WithItem(asname=cst.AsName(name=cst.Name() as name)):
                self._entered(name, parent)
            case cst.Assign(targets=[cst.AssignTarget(target=cst.Name() as name)]) if not self.run.managed:
                self._named(name, None)
            case cst.For() if not self.run.managed and parent.iter is self.site.awaited:
                self._loop(parent)
            case _:
                raise NotUnderstoodError("what reads the stream cannot be seen")
        if not self.run.readings and not self.run.waits:
            raise NotUnderstoodError("nothing reads the stream")
        self._handled(argument(self.site.call, "event_handler"))
        return self.run

    def _handled(self, given: cst.BaseExpression | None) -> None:
        """Read the handler that the events go to, where one waits for their end alone."""
        if given is None:
            return
        beside = self.run.texts is not None and self.run.readings == 1 and not self.run.waits
        if not beside and (self.run.readings or len(self.run.waits) != 1):
            raise NotUnderstoodError("its events go to a handler, and the program reads them as well")
        streamed = [site for site in self.flow.sites if is_streamed(site) or is_resumed(site)]
        self.run.handler = read_handler(self.site, given, streamed, self.inference)
        self._follows_calls(self.run.handler.kind)
        if beside and self.run.handler.inline:
            raise NotUnderstoodError("its events go to a handler, and the program reads them as well")

    def _follows_calls(self, kind: Class) -> None:
        """The runs and calls that a handler's class reads are all of this flow, so that they are read of responses."""
        inside = set(descendants(kind.node))
        for node in kind.file.scopes.loads:
            found = self.inference.kind(node, kind.file) if node in inside else None
            read = isinstance(found, Sdk) and found.type.name in {RUN, *ACTION_TYPES, *CALL_TYPES}
            if read and not self.flow.owns(node, kind.file):
                raise NotUnderstoodError("its handler reads calls of tools where they cannot be followed")

    def _entered(self, name: cst.Name, item: cst.WithItem) -> None:
        block = self.file.scopes.parent_of[item]
        assert isinstance(block, cst.With)
        if len(block.items) != 1:
            raise NotUnderstoodError("it is entered together with something else")
        self._named(name, block)

    def _named(self, name: cst.Name, block: cst.With | None) -> None:
        """Read every use of the variable that holds the stream."""
        variable = self.site.scope.find(name.value)
        if variable is None or variable[0] is not self.site.scope:
            raise NotUnderstoodError("the stream is a global variable")
        inside = set(descendants(block.body)) if block is not None else set()
        own = self._loads(name.value, variable)
        if block is None and len(variable[0].names[name.value]) != 1:
            own = self._reads_alone(own, variable)
        for node in own:
            if block is not None and node not in inside:
                if self._belongs_to_another(node, block):
                    continue
                raise NotUnderstoodError("the stream is read after its end")
            self._use(node)
        if self.run.readings > 1:
            raise NotUnderstoodError("the stream is read more than once")

    def _loads(self, name: str, variable: Variable) -> list[cst.Name]:
        return [
            node
            for node in self.file.scopes.names_loaded.get(name, ())
            if (scope := self.file.scopes.scope_of.get(node)) is not None and scope.find(name) == variable
        ]

    def _reads_alone(self, loads: list[cst.Name], variable: Variable) -> list[cst.Name]:
        """Where a variable that holds other things as well is read, and can hold nothing but the stream."""
        reads, found = Reads(self.file), []
        for node in loads:
            held = [binding.node for binding in reads.reaching(node, variable)]
            if self.site.awaited in held and len(held) != 1:
                raise NotUnderstoodError("the stream's variable holds other things as well")
            found += [node] if self.site.awaited in held else []
        return found

    def _belongs_to_another(self, node: cst.Name, own: cst.With) -> bool:
        """Whether a use stands in another `with` that enters a stream of the same name."""
        for outer in self.file.scopes.ancestors(node):
            if isinstance(outer, cst.With) and outer is not own:
                names = [item.asname.name for item in outer.items if item.asname is not None]
                if any(isinstance(name, cst.Name) and name.value == node.value for name in names):
                    return True
        return False

    def _use(self, node: cst.Name) -> None:
        parent = self.file.scopes.parent_of[node]
        if isinstance(parent, cst.For) and parent.iter is node:
            self._loop(parent)
            return
        if not isinstance(parent, cst.Attribute):
            raise NotUnderstoodError("the stream leaves the code that can be followed")
        outer = self.file.scopes.parent_of[parent]
        match parent.attr.value:
            case "text_deltas" if isinstance(outer, cst.For) and outer.iter is parent:
                self._text_loop(outer, node)
            case "text_deltas":
                self._texts(parent, node, outer)
            case "until_done" if self.run.managed:
                self._wait(outer)
            case "close":
                pass
            case name:
                raise NotUnderstoodError(f"the program reads {name} of the stream")

    def _loop(self, loop: cst.For) -> None:
        reading = read_loop(loop, self.file, self.inference)
        self.run.readings += 1
        self.run.edits += reading.edits
        self.run.tells_failures = self.run.tells_failures or reading.tells_failures
        self.run.needs |= reading.needs

    def _wait(self, call: cst.CSTNode) -> None:
        statement = self.file.scopes.parent_of[call]
        if isinstance(statement, cst.Await):
            statement = self.file.scopes.parent_of[statement]
        if not isinstance(statement, cst.Expr):
            raise NotUnderstoodError("the program uses what until_done gives")
        self.run.waits.append(statement)

    def _event(self) -> str:
        assert self.file.tree is not None
        return free_name(self.file.scopes, "event", "stream_event")

    def _texts(self, node: cst.Attribute, stream: cst.Name, parent: cst.CSTNode) -> None:
        """`stream.text_deltas` as a value becomes a generator of the same texts."""
        event, loop = self._event(), "async for" if self.site.is_async else "for"
        new = cst.parse_expression(
            f'({event}.delta {loop} {event} in {stream.value} if {event}.type == "{TEXT_DELTA}")'
        )
        call = self.file.scopes.parent_of[parent]
        if (
            isinstance(parent, cst.Arg)
            and isinstance(call, cst.Call)
            and len(call.args) == 1
            and parent.keyword is None
        ):
            new = new.with_changes(lpar=[], rpar=[])
        self.run.readings += 1
        self.run.edits.append(Edit(node, lambda _: new))

    def _text_loop(self, loop: cst.For, stream: cst.Name) -> None:
        """`for text in stream.text_deltas` becomes a loop over the events with a branch for text."""
        if not isinstance(loop.target, cst.Name) or loop.orelse is not None:
            raise NotUnderstoodError("texts are not taken one by one")
        if any(isinstance(part, (cst.Break, cst.Return)) for part in descendants(loop.body)):
            raise NotUnderstoodError("the stream is left early")
        event = self._event()
        delta = attribute(cst.Name(event), "delta")
        reads = self._reads_of(loop.target, loop)
        if reads is not None and len(reads) <= 2:
            self.run.edits += [Edit(node, lambda _: delta) for node in reads]
            first = None
        else:
            first = cst.Assign([cst.AssignTarget(loop.target)], delta)
        self.run.readings += 1
        self.run.texts, self.run.event = loop, event
        self.run.edits.append(Edit(loop, lambda updated: _over_events(updated, event, stream, first)))

    def _reads_of(self, target: cst.Name, loop: cst.For) -> list[cst.Name] | None:
        """Where the loop's variable is read; None where it lives on or changes."""
        variable = self.file.scopes.scope_of[target].find(target.value)
        if variable is None:
            return None
        loads = self._loads(target.value, variable)
        inside = set(descendants(loop.body))
        own = variable[0].names[target.value]
        scopes = self.file.scopes.scope_of
        fine = len(own) == 1 and all(node in inside and scopes[node] is scopes[target] for node in loads)
        return loads if fine else None


def _over_events(updated: cst.CSTNode, event: str, stream: cst.Name, first: cst.Assign | None) -> cst.For:
    loop = cst.ensure_type(updated, cst.For)
    body = loop.body
    if first is not None:
        line = cst.SimpleStatementLine([first])
        rest = [body] if isinstance(body, cst.SimpleStatementSuite) else body.body
        body = cst.IndentedBlock([line, *(_line(part) for part in rest)])
    test = cst.parse_expression(f'{event}.type == "{TEXT_DELTA}"')
    return loop.with_changes(
        target=cst.Name(event), iter=cst.Name(stream.value), body=cst.IndentedBlock([cst.If(test, body)])
    )


def _line(part: cst.CSTNode) -> cst.BaseStatement:
    if isinstance(part, cst.SimpleStatementSuite):
        return cst.SimpleStatementLine(part.body)
    assert isinstance(part, cst.BaseStatement)
    return part
