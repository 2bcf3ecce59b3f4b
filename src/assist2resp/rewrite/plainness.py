"""Whether a flow's runs can become plain Responses: decided once per flow, for all its runs together.

Yes only if every use of every run, of its tool calls and of its messages is one that has the same meaning on a Response.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import libcst as cst

from assist2resp.rewrite import uses
from assist2resp.rewrite.chains import beta_of
from assist2resp.rewrite.flows import Flow
from assist2resp.rewrite.inference import Inference
from assist2resp.rewrite.kinds import Ident, Method, Resource, Sdk
from assist2resp.rewrite.literal_lookup import Lookup
from assist2resp.rewrite.newest import newest_texts
from assist2resp.rewrite.nodes import argument, code, descendants, has_star
from assist2resp.rewrite.outputs import output_edits
from assist2resp.rewrite.project import SourceFile
from assist2resp.rewrite.sites import Site
from assist2resp.rewrite.streams import MANAGED, StreamedRun, is_streamed, streamed_runs
from assist2resp.rewrite.waiting import Waiting, waiting_loops

CREATES = ("beta.threads.runs.create", "beta.threads.runs.create_and_poll")
RETRIEVES = ("beta.threads.runs.retrieve", "beta.threads.runs.poll")
SUBMITS = ("beta.threads.runs.submit_tool_outputs", "beta.threads.runs.submit_tool_outputs_and_poll")
MESSAGE_CREATE, MESSAGE_LIST = "beta.threads.messages.create", "beta.threads.messages.list"
THREAD_CREATE = "beta.threads.create"
_ASSISTANT_SITES = "beta.assistants."

RUN = "beta.threads.Run"
_RUN_TYPES = frozenset({RUN})
_ACTION_TYPES = frozenset({"beta.threads.run.RequiredAction", "beta.threads.run.RequiredActionSubmitToolOutputs"})
_CALL_TYPES = frozenset({"beta.threads.RequiredActionFunctionToolCall"})
_FUNCTION_TYPES = frozenset({"beta.threads.required_action_function_tool_call.Function"})
_MESSAGE_TYPES = frozenset({"beta.threads.Message"})
_THREAD_TYPES = frozenset({"beta.Thread"})
_RUN_ATTRIBUTES = frozenset(
    {
        "id",
        "status",
        "model",
        "metadata",
        "completed_at",
        "created_at",
        "thread_id",
        "required_action",
        "last_error",
        "usage",
    }
)
_CREATE_ARGUMENTS = frozenset({
    "thread_id", "assistant_id", "instructions", "additional_instructions", "model", "temperature", "top_p", "tools",
    "tool_choice", "response_format", "metadata", "parallel_tool_calls", "max_completion_tokens", "reasoning_effort",
    "poll_interval_ms", "timeout", "extra_headers", "stream",
})  # fmt: skip

_MOCK = re.compile(rb"\b(?:Magic|Async)?Mock\(|\bpatch(?:\.object)?\(|\bmonkeypatch\b|\bmocker\b")


@dataclass
class PlainRuns:
    """The answer for one flow: `obstacle` is empty when its runs can be plain, else the first reason why not."""

    flow: Flow
    inference: Inference
    obstacle: str = field(default="", init=False)

    def __post_init__(self) -> None:
        self.obstacle = self._obstacle()

    @property
    def possible(self) -> bool:
        return not self.obstacle

    @cached_property
    def creates(self) -> list[Site]:
        return [site for site in uses.sites_named(self.flow, *CREATES) if not is_streamed(site)]

    @cached_property
    def _streams(self) -> tuple[dict[Site, StreamedRun], str]:
        return streamed_runs(self.flow, self.inference)

    @property
    def streams(self) -> dict[Site, StreamedRun]:
        """The runs that the program reads as streams, all understood."""
        return self._streams[0]

    def starts(self, site: Site) -> bool:
        """Whether a site starts a run, blocking or as a stream."""
        return site in self.streams or site in self.creates

    @cached_property
    def has_tools(self) -> bool:
        """Whether the program answers function calls."""
        if any(b"requires_action" in site.file.data for site in self.flow.sites):
            return True
        return bool(uses.sites_named(self.flow, *SUBMITS)) or any(
            use.type_name == RUN
            and isinstance(use.parent, cst.Attribute)
            and use.parent.attr.value == "required_action"
            for use in self.run_uses
        )

    @cached_property
    def run_uses(self) -> list[uses.Use]:
        return list(uses.object_uses(self.flow, _RUN_TYPES))

    @cached_property
    def newest(self) -> dict[Site, list[cst.BaseExpression]]:
        """The message listings of which only the newest message's text is read, with the expressions that read it."""
        found = {}
        for site in uses.sites_named(self.flow, MESSAGE_LIST) if not self.streams else []:
            texts = newest_texts(site, self.inference)
            run = self.run_before(site)
            if texts is not None and run is not None and self._still_newest(site, run, texts):
                found[site] = texts
        return found

    def _still_newest(self, site: Site, run: cst.Name, texts: list[cst.BaseExpression]) -> bool:
        """Whether `run` holds, wherever the texts are read, the run that the listing followed in the same thread."""
        order = _order(site.file)
        made, listed, around = order[run], order[site.node], set(site.file.scopes.ancestors(site.node))
        read = [listed if text in around else order[text] for text in texts]
        near = [other for other in self.flow.sites if other.file is site.file and other.scope is site.scope]
        written = [order[other.node] for other in near if other.path == MESSAGE_CREATE]
        made_before = [
            other
            for other in near
            if other.path in CREATES
            and order[other.node] < listed
            and (name := assigned_name(other)) is not None
            and name.value == run.value
        ]
        rebound = [order[target] for target in _targets(site, run.value)]
        threads = {
            code(thread)
            for other in (site, *near)
            if (other is site or (other in made_before)) and (thread := thread_argument(other)) is not None
        }
        return (
            len(threads) == 1
            and any(_always_before(name, site) for name in self._bindings_of(run, site))
            and min(read) >= listed
            and all(site.file.scopes.scope_of.get(text) in {site.scope, None} for text in texts)
            and not any(made < place < listed for place in written)
            and not any(listed < place < max(read) for place in rebound)
        )

    def _bindings_of(self, run: cst.Name, site: Site) -> list[cst.Name]:
        """The places before `site` that give `run` its run."""
        return [name for name in self._assigned_runs(site) if name.value == run.value] or [run]

    def run_before(self, site: Site) -> cst.Name | None:
        """The variable that holds the run which ended last before `site`, in the same function."""
        runs = [
            use.node
            for use in self.run_uses
            if use.file is site.file
            and isinstance(use.node, cst.Name)
            and site.file.scopes.scope_of.get(use.node) is site.scope
        ]
        before = [node for node in self._assigned_runs(site) if node is not None]
        return before[-1] if before else (runs[0] if runs and self._is_parameter(runs[0], site) else None)

    def _assigned_runs(self, site: Site) -> list[cst.Name]:
        order = _order(site.file)
        found: list[tuple[int, cst.Name]] = []
        for other in self.flow.sites:
            if other.file is site.file and other.scope is site.scope and other.path in (*CREATES, *RETRIEVES, *SUBMITS):
                target = assigned_name(other)
                if target is not None and order[other.node] < order[site.node]:
                    found.append((order[other.node], target))
        for use in self.run_uses:
            if (
                use.file is site.file
                and isinstance(use.parent, cst.Assign)
                and isinstance(use.node, cst.Call)
                and use.node.func is not None
            ):
                target_node = use.parent.targets[0].target
                if (
                    isinstance(target_node, cst.Name)
                    and site.file.scopes.scope_of.get(use.node) is site.scope
                    and order[use.node] < order[site.node]
                ):
                    found.append((order[use.node], target_node))
        return [name for _, name in sorted(found, key=lambda pair: pair[0])]

    @staticmethod
    def _is_parameter(node: cst.Name, site: Site) -> bool:
        bindings = site.scope.names.get(node.value, [])
        return bool(bindings) and all(binding.how == "param" for binding in bindings)

    # The checks ---------------------------------------------------------------------------------------------------

    def _obstacle(self) -> str:
        if not self.creates and not any(map(is_streamed, self.flow.sites)):
            return "the flow creates no run"
        return (
            self._mock_obstacle()
            or self._download_obstacle()
            or self._site_obstacle()
            or self._loop_obstacle()
            or self._run_obstacle()
            or self._call_obstacle()
            or self._message_obstacle()
            or self._id_obstacle()
        )

    @cached_property
    def mocked(self) -> bool:
        """Whether tests of the project replace the client by a mock."""
        return bool(self._mock_obstacle())

    def _mock_obstacle(self) -> str:
        """The support module takes a mock for what it is; plain calls would ask it for methods that no test prepared."""
        for file in uses.connected_files(self.flow):
            if _MOCK.search(file.data) and b"beta" in file.data:
                return "tests of the project replace the client by a mock"
        return ""

    def _download_obstacle(self) -> str:
        """Files that the interpreter wrote are found through the run that the support module remembers."""
        for file in uses.connected_files(self.flow):
            if b"file_path" in file.data or b"image_file" in file.data:
                for call in file.scopes.calls:
                    kind = self.inference.kind(call.func, file)
                    if isinstance(kind, Method) and kind.path == "files.content":
                        return "the program downloads files that code wrote"
        return ""

    def _site_obstacle(self) -> str:
        allowed = (
            *CREATES,
            *MANAGED,
            *RETRIEVES,
            *SUBMITS,
            MESSAGE_CREATE,
            MESSAGE_LIST,
            THREAD_CREATE,
            "beta.threads.retrieve",
            "beta.threads.delete",
        )
        for site in self.flow.sites:
            if site.path.startswith((_ASSISTANT_SITES, "beta.vector_stores")):
                continue
            if site.path not in allowed:
                return f"{site.path} needs a run that the server remembers"
            if site.call is None or not isinstance(site.receiver, Resource) or site.receiver.wrapper:
                return f"{site.path} is not called plainly"
            if has_star(site.call) or beta_of(site, self.inference) is None:
                return f"the arguments of {site.path} are not all to be seen"
            obstacle = self._argument_obstacle(site)
            if obstacle:
                return obstacle
        return self._streams[1]

    @cached_property
    def waiting(self) -> list[Waiting]:
        """The loops that wait for the flow's runs."""
        return waiting_loops(uses.sites_named(self.flow, *RETRIEVES), uses.sites_named(self.flow, *SUBMITS))

    def _loop_obstacle(self) -> str:
        polled = any(site.name == "create_and_poll" for site in self.creates)
        for waiting in self.waiting:
            if waiting.obstacle:
                return waiting.obstacle
            if waiting.skipped and polled:
                return "a loop may find its run at its end, and does nothing then"
        return ""

    def origin_of(self, submit: Site) -> Site | None:
        """The one run creation in the same function whose run a submission goes on with, if its arguments can be said again."""
        found = [site for site in self.creates if site.file is submit.file and site.scope is submit.scope]
        if len(found) != 1 or found[0].call is None:
            return None
        for arg in found[0].call.args:
            name = arg.keyword.value if arg.keyword is not None else "thread_id"
            if name == "tool_choice" or not _can_be_repeated(arg.value, found[0]):
                return None
        return found[0]

    def _argument_obstacle(self, site: Site) -> str:
        assert site.call is not None
        keywords = {arg.keyword.value for arg in site.call.args if arg.keyword is not None}
        if site.path in (*CREATES, *MANAGED) and not keywords <= _CREATE_ARGUMENTS:
            return f"{site.path} is given {', '.join(sorted(keywords - _CREATE_ARGUMENTS))}"
        if site.path == MESSAGE_CREATE and keywords & {"attachments", "file_ids", "metadata"}:
            return "a message has attachments or metadata"
        if site.path == THREAD_CREATE and "tool_resources" in keywords:
            return "a thread has tool resources"
        if site.path in (*CREATES, *MANAGED) and (
            argument(site.call, "assistant_id") is None or thread_argument(site) is None
        ):
            return f"{site.path} is not given its thread and assistant by name"
        if site.path in SUBMITS:
            outputs, run_id = argument(site.call, "tool_outputs"), argument(site.call, "run_id", 0)
            if "stream" in keywords or outputs is None or output_edits(outputs, Lookup(site.file.scopes)) is None:
                return "the tool outputs are streamed, or made where they cannot be seen"
            if not (isinstance(run_id, cst.Attribute) and run_id.attr.value == "id"):
                return "tool outputs are submitted to a run that is only named"
            if self.origin_of(site) is None:
                return "tool outputs are submitted where the run's own settings are not to be seen"
        if site.path == MESSAGE_LIST and "run_id" in keywords:
            return "messages are listed by run"
        cursors = [argument(site.call, name) for name in ("before", "after") if site.path == MESSAGE_LIST]
        if any(cursor is not None and self.inference.kind(cursor, site.file) != Ident("Message") for cursor in cursors):
            return "messages are listed from a cursor that cannot be followed"
        return ""

    def _run_obstacle(self) -> str:
        for use in self.run_uses:
            if isinstance(use.parent, cst.Attribute):
                name = use.parent.attr.value
                if name not in _RUN_ATTRIBUTES:
                    return f"the program reads run.{name}"
                if name == "usage" and (self.has_tools or not self._names_tokens(use)):
                    return "the program reads the usage of a run"
                if name == "last_error" and not self._is_error_read(use):
                    return "the program reads run.last_error whole"
            elif not (
                uses.passes_on(use, self.inference)
                or uses.none_comparison(use.node, use.file) is not None
                or self._is_await(use)
            ):
                return "a run leaves the code that can be followed"
        return ""

    @staticmethod
    def _is_await(use: uses.Use) -> bool:
        return isinstance(use.file.scopes.parent_of.get(use.node), cst.Await) and isinstance(use.parent, cst.Expr)

    @staticmethod
    def _names_tokens(use: uses.Use) -> bool:
        outer = use.file.scopes.parent_of.get(use.parent)
        return isinstance(outer, cst.Attribute) and outer.attr.value in {
            "prompt_tokens",
            "completion_tokens",
            "total_tokens",
        }

    def _is_error_read(self, use: uses.Use) -> bool:
        outer = use.file.scopes.parent_of.get(use.parent)
        if isinstance(outer, cst.Attribute):
            return outer.attr.value in {"message", "code"}
        return uses.is_truth_test(use.parent, use.file) or uses.none_comparison(use.parent, use.file) is not None

    def _call_obstacle(self) -> str:
        for use in uses.object_uses(self.flow, _ACTION_TYPES):
            if isinstance(use.parent, cst.Attribute) and use.parent.attr.value in {"submit_tool_outputs", "tool_calls"}:
                continue
            tested = uses.is_truth_test(use.node, use.file) or uses.none_comparison(use.node, use.file) is not None
            if not (tested or isinstance(use.parent, (cst.Assign, cst.NamedExpr))):
                return "a required action is used whole"
        for use in uses.object_uses(self.flow, _CALL_TYPES):
            if isinstance(use.parent, cst.Attribute):
                if use.parent.attr.value not in {"id", "function", "type"}:
                    return f"the program reads {use.parent.attr.value} of a tool call"
            elif not uses.passes_on(use, self.inference):
                return "a tool call leaves the code that can be followed"
        for use in uses.object_uses(self.flow, _FUNCTION_TYPES):
            if isinstance(use.parent, cst.Attribute):
                if use.parent.attr.value not in {"name", "arguments"}:
                    return f"the program reads {use.parent.attr.value} of a function call"
            elif not uses.passes_on(use, self.inference):
                return "a function call leaves the code that can be followed"
        return self._calls_list_obstacle()

    def _calls_list_obstacle(self) -> str:
        for use in uses.object_uses(self.flow, frozenset({"list"})):
            kind = self.inference.kind(use.node, use.file)
            assert isinstance(kind, Sdk)
            if not (kind.type.args and kind.type.args[0].name in _CALL_TYPES):
                continue
            fine = isinstance(use.parent, (cst.For, cst.CompFor, cst.Assign, cst.Subscript, cst.NamedExpr))
            if not (fine or uses.passes_on(use, self.inference) or self._is_len(use)):
                return "the list of tool calls leaves the code that can be followed"
        return ""

    @staticmethod
    def _is_len(use: uses.Use) -> bool:
        call = use.file.scopes.parent_of.get(use.parent)
        return (
            isinstance(call, cst.Call)
            and isinstance(call.func, cst.Name)
            and call.func.value in {"len", "enumerate", "list"}
        )

    def _message_obstacle(self) -> str:
        for site in uses.sites_named(self.flow, MESSAGE_CREATE):
            dropped = isinstance(site.file.scopes.parent_of.get(site.awaited), cst.Expr)
            if not dropped and self.message_ids(site) is None:
                return "the program uses the message that it creates"
        for site in uses.sites_named(self.flow, MESSAGE_LIST):
            if site not in self.newest and self._page_leaves(site):
                return "listed messages leave the code that can be followed"
        for use in uses.object_uses(self.flow, _MESSAGE_TYPES):
            if isinstance(use.parent, cst.Attribute):
                if use.parent.attr.value not in {"role", "content", "id"}:
                    return f"the program reads message.{use.parent.attr.value}"
            elif not (uses.passes_on(use, self.inference) or isinstance(use.parent, (cst.ListComp, cst.GeneratorExp))):
                return "a message leaves the code that can be followed"
        return ""

    def _page_leaves(self, site: Site) -> bool:
        """Whether a listing goes where its use cannot be seen."""
        kind = self.inference.kind(site.awaited, site.file)
        if not isinstance(kind, Sdk):
            return True
        for use in uses.object_uses(self.flow, frozenset({"SyncCursorPage", "AsyncCursorPage", "AsyncPaginator"})):
            parent = use.parent
            if isinstance(parent, cst.Attribute):
                if parent.attr.value not in {"data", "has_more", "first_id", "last_id"}:
                    return True
            elif not (
                isinstance(parent, (cst.For, cst.CompFor))
                or uses.passes_on(use, self.inference)
                or self._is_sequence_call(use)
            ):
                return True
        return False

    @staticmethod
    def _is_sequence_call(use: uses.Use) -> bool:
        call = use.file.scopes.parent_of.get(use.parent)
        return (
            isinstance(call, cst.Call)
            and isinstance(call.func, cst.Name)
            and call.func.value in {"list", "reversed", "iter", "len", "next", "sorted"}
        )

    def message_ids(self, site: Site) -> list[cst.Attribute] | None:
        """Where the program reads the id of the message that `site` creates; None where it reads more of it."""
        name = assigned_name(site)
        variable = site.scope.find(name.value) if name is not None else None
        if variable is None:
            return None if name is None else []
        reads = list(uses.reads_of(variable, site.file))
        written = {other.awaited for other in uses.sites_named(self.flow, MESSAGE_CREATE)}
        if reads and not all(binding.node in written for binding in variable[0].names[variable[1]]):
            return None
        parents = [site.file.scopes.parent_of[read] for read in reads]
        ids = [parent for parent in parents if isinstance(parent, cst.Attribute) and parent.attr.value == "id"]
        return ids if len(ids) == len(parents) else None

    def _id_obstacle(self) -> str:
        """A run's id that leaves the process needs a background response."""
        for file, node, parent in uses.identifiers(self.flow, "Run"):
            if isinstance(parent, cst.Arg) and file.scopes.parent_of[parent] in self.flow.index.sites:
                continue
            moves = uses.passes_on(uses.Use(file, node, parent, ""), self.inference)
            seen = moves or uses.is_shown(node, file, self.inference) or isinstance(parent, cst.Comparison)
            if not seen or isinstance(parent, cst.Return):
                return "a run's id leaves the process"
        return ""


def _order(file: SourceFile) -> dict[cst.CSTNode, int]:
    """Where each node stands in the order of the text."""
    return {node: index for index, node in enumerate(file.scopes.parent_of)}


def _targets(site: Site, name: str) -> Iterator[cst.CSTNode]:
    """The places of the site's scope that bind a name."""
    for binding in site.scope.names.get(name, ()):
        if binding.target is not None:
            yield binding.target


def _always_before(run: cst.Name, site: Site) -> bool:
    """Whether the statement that binds `run` has run whenever `site` is reached: its block is around the site too."""
    parents = site.file.scopes.parent_of
    if isinstance(parents.get(run), cst.Param):
        return True
    around = set(site.file.scopes.ancestors(site.node))
    statement: cst.CSTNode = run
    for node in site.file.scopes.ancestors(run):
        if isinstance(node, (cst.BaseSuite, cst.Module)):
            if node in around:
                return True
            if not _is_begun(node, statement, parents.get(node)):
                return False
        statement = node
    return False


def _is_begun(body: cst.CSTNode, statement: cst.CSTNode, loop: cst.CSTNode | None) -> bool:
    """Whether a statement is reached in the first round of a loop without a condition."""
    if (
        not isinstance(body, cst.IndentedBlock)
        or not isinstance(loop, cst.While)
        or code(loop.test) not in {"True", "1"}
    ):
        return False
    before = body.body[: list(body.body).index(cst.ensure_type(statement, cst.SimpleStatementLine))]
    return not any(isinstance(node, (cst.Break, cst.Continue)) for line in before for node in descendants(line))


def _can_be_repeated(node: cst.BaseExpression, site: Site) -> bool:
    """Whether an expression means the same when it is evaluated again later in the function."""
    for part in descendants(node):
        if isinstance(part, (cst.Call, cst.Await, cst.Yield, cst.NamedExpr, cst.Lambda)):
            return False
        if isinstance(part, cst.Name):
            variable = site.scope.find(part.value)
            if variable is not None and variable[0] is site.scope and len(variable[0].names[variable[1]]) > 1:
                return False
    return True


def assigned_name(site: Site) -> cst.Name | None:
    """The one name that a site's result is assigned to."""
    parent = site.file.scopes.parent_of.get(site.awaited)
    if isinstance(parent, cst.Assign) and len(parent.targets) == 1 and isinstance(parent.targets[0].target, cst.Name):
        return parent.targets[0].target
    if isinstance(parent, cst.AnnAssign) and isinstance(parent.target, cst.Name):
        return parent.target
    return None


def thread_argument(site: Site) -> cst.BaseExpression | None:
    """The thread id that a site is given."""
    assert site.call is not None
    first = (
        "beta.threads.runs.create",
        MESSAGE_CREATE,
        MESSAGE_LIST,
        "beta.threads.retrieve",
        "beta.threads.delete",
        "beta.threads.update",
    )
    position = 0 if site.path in first else None
    if site.path == "beta.threads.runs.poll":
        position = 1
    return argument(site.call, "thread_id", position)
