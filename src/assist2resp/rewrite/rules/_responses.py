"""The arguments of a response that does what a run did."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from assist2resp.rewrite.flows.chains import client_at
from assist2resp.rewrite.flows.run_sites import THREAD_RUNS, thread_argument
from assist2resp.rewrite.flows.sites import Site, line_place
from assist2resp.rewrite.literals import converted
from assist2resp.rewrite.literals.output_limit import output_limit
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.rules.a2r210_create_conversations import conversation_reference
from assist2resp.rewrite.runs.outputs import output_edits
from assist2resp.rewrite.runs.own_threads import own_thread
from assist2resp.rewrite.syntax.calls import Argument, LinePlace, attribute, paragraphs, rebuild_call, subscript
from assist2resp.rewrite.syntax.edits import call
from assist2resp.rewrite.syntax.nodes import argument, code, descendants, without_parentheses
from assist2resp.rewrite.turns.failed_turns import goes_on
from assist2resp.rewrite.turns.kept_turns import can_be_kept, keep_turn, only_tells
from assist2resp.rewrite.turns.named_threads import may_be_named, name_before

_NOT_TOLD = frozenset({
    "thread_id", "thread", "assistant_id", "poll_interval_ms", "stream", "event_handler", "additional_messages",
    "truncation_strategy", "max_prompt_tokens",
})  # fmt: skip
_HANDED_ON = ("timeout", "extra_headers")
_AS_GIVEN = {"max_completion_tokens": "max_output_tokens", "metadata": "metadata"}
_IN_CONFIGURATION = frozenset(
    {"instructions", "model", "tools", "temperature", "top_p", "text", "reasoning", "truncation"}
)
_INTERPRETER = "code_interpreter"
_TIGHT = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))


def response_arguments(
    plan: Plan, site: Site, given: cst.BaseExpression | None, *, thread: cst.BaseExpression | None = None
) -> list[Argument]:
    """The arguments of a response that does what the run created at `site` did, with this input, in this thread."""
    assert site.call is not None
    assistant = argument(site.call, "assistant_id")
    assert assistant is not None
    thread = thread or thread_argument(site)
    if thread is None:
        conversation, given = _begun(plan, site)
    else:
        conversation = conversation_reference(plan, site.file, thread)
    arguments = [Argument("conversation", conversation)]
    if given is not None:
        arguments.append(Argument("input", given))
    return arguments + (_configured(plan, site, assistant, thread) or _registered(plan, site, assistant, thread))


def _begun(plan: Plan, site: Site) -> tuple[cst.BaseExpression, cst.BaseExpression | None]:
    """The id of a conversation for a run that begins with a thread of its own, and the input of its response.

    Where the run has a line of its own the conversation gets a name before it. Elsewhere a failed response, which keeps
    its input nowhere, has it written first where the program may go on with the thread.
    """
    own, client = own_thread(site, plan.look(site.file)), client_at(site, plan.inference)
    assert own is not None
    assert client is not None
    given = [cst.Arg(own.metadata, cst.Name("metadata"), _TIGHT)] if own.metadata is not None else []
    written_first = plan.plain.own_threads_go_on and not (may_be_named(site) and only_tells(own.items))
    if written_first:
        given.insert(0, cst.Arg(own.items, cst.Name("items"), _TIGHT))
    made: cst.BaseExpression = cst.Call(attribute(client, "conversations", "create"), given)
    if site.is_async:
        made = cst.Await(made, lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    if may_be_named(site):
        made = name_before(plan, site, without_parentheses(made))
    return attribute(made, "id"), None if written_first else own.items


def _configured(
    plan: Plan, site: Site, assistant: cst.BaseExpression, thread: cst.BaseExpression | None
) -> list[Argument]:
    """The arguments of a run of an assistant that is configuration in code."""
    holder = plan.configurations.holder(assistant, site.file) if plan.configurations is not None else None
    if holder is None or site.call is None:
        return []
    found = converted.run_overrides(site.call, plan.look(site.file))
    assert found is not None
    for edit in found.edits:
        plan.replace(site.file, edit.node, edit.replacement)
    own = [Argument(o.name, o.node) for o in found.overrides if o.name not in _IN_CONFIGURATION]
    own += [Argument(name, node) for name, node in found.apart.items() if name in _HANDED_ON]
    merged = [Argument(o.name, o.node) for o in found.overrides if o.name in _IN_CONFIGURATION]
    if "additional_instructions" in found.apart:
        base = (
            subscript(holder, "instructions")
            if all(argument(made.call, "instructions") is not None for made in plan.configured if made.call is not None)
            else None
        )
        given = next((setting.value for setting in merged if setting.keyword == "instructions"), base)
        merged = [setting for setting in merged if setting.keyword != "instructions"]
        merged.append(Argument("instructions", paragraphs(given, found.apart["additional_instructions"])))
    settings = _merged(holder, merged)
    if plan.plain.brings_files and thread is not None:
        settings = call(plan.need(site.file, "with_thread_files"), settings, thread)
    return [*own, Argument(None, settings)]


def _registered(
    plan: Plan, site: Site, assistant: cst.BaseExpression, thread: cst.BaseExpression | None
) -> list[Argument]:
    """The arguments of a run of an assistant that is looked up by its id."""
    assert site.call is not None
    own: list[Argument] = []
    settings: list[cst.Arg] = []
    if plan.plain.threads_have_files and thread is not None:
        settings.append(cst.Arg(thread, cst.Name("thread_id"), _TIGHT))
    for arg in site.call.args:
        name = arg.keyword.value if arg.keyword is not None else ""
        if name in _HANDED_ON or name in _AS_GIVEN:
            value = output_limit(arg.value) if name == "max_completion_tokens" else arg.value
            own.append(Argument(_AS_GIVEN.get(name, name), value))
        elif name and name not in _NOT_TOLD:
            settings.append(cst.Arg(arg.value, cst.Name(name), _TIGHT))
    lookup = cst.Call(cst.Name(plan.need(site.file, "request_arguments")), [cst.Arg(assistant), *settings])
    return [*own, Argument(None, lookup)]


def keep_failed(plan: Plan, site: Site, given: cst.BaseExpression | None) -> str:
    """Keep the input of a response that may fail where the program goes on; gives what a finding says of that."""
    thread, client, named = thread_argument(site), client_at(site, plan.inference), plan.conversations.get(site)
    if given is None or client is None:
        return ""
    if named is not None and plan.plain.own_threads_go_on:
        reference = attribute(named, "id")
    elif thread is not None and goes_on(plan, site, code(thread)):
        reference = conversation_reference(plan, site.file, thread)
    else:
        return ""
    func = attribute(client, "conversations", "items", "create")
    keep_turn(plan, site, func, [Argument("conversation_id", reference), Argument("items", given)])
    return "; its input is written into the conversation if it fails"


def sent_outputs(plan: Plan, site: Site, outputs: cst.BaseExpression) -> cst.BaseExpression:
    """The outputs of tools as input; the support module makes it of what cannot be seen."""
    edits = output_edits(outputs, plan.look(site.file))
    for edit in edits or ():
        plan.replace(site.file, edit.node, edit.replacement)
    return outputs if edits is not None else call(plan.need(site.file, "output_items"), outputs)


def arguments_again(plan: Plan, site: Site, outputs: cst.BaseExpression) -> list[Argument]:
    """The arguments of a response that goes on: what the first one was told, as the code or that response says it."""
    assert site.call is not None
    origin = plan.plain.origin_of(site) if site in plan.plain.submits else None
    if origin is not None:
        apart = origin.scope is not site.scope or origin.path in THREAD_RUNS
        thread = thread_argument(site) if apart else None
        return response_arguments(plan, origin, outputs, thread=thread)
    thread, run = thread_argument(site), plan.plain.run_of(site)
    assert thread is not None
    assert run is not None
    handed_on = [Argument(name, given) for name in _HANDED_ON if (given := argument(site.call, name)) is not None]
    if code(thread) == f"{code(run)}.thread_id":
        told = Argument(None, call(plan.need(site.file, "going_on"), run))
        return [Argument("input", outputs), *handed_on, told]
    conversation = Argument("conversation", conversation_reference(plan, site.file, thread))
    told = Argument(None, call(plan.need(site.file, "same_settings"), run))
    return [conversation, Argument("input", outputs), *handed_on, told]


def may_run_code(plan: Plan, configuration: Argument) -> bool:
    """Whether a response with this configuration in code may have the code interpreter's outputs, which it has to ask for.

    `request_arguments` asks for them itself.
    """
    if isinstance(configuration.value, cst.Call):
        return False
    tools = [argument(made.call, "tools") for made in plan.configured if made.call is not None]
    return any(tool is not None and (isinstance(tool, cst.Name) or _INTERPRETER in code(tool)) for tool in tools)


def rebuild_as_response(
    plan: Plan, site: Site, client: cst.BaseExpression, arguments: list[Argument], *, method: str = "create"
) -> None:
    """Note that the call of a site becomes one of `client.responses`."""
    assert site.call is not None
    func, place = attribute(client, "responses", method), line_place(site)
    plan.change(
        site.file,
        site.call,
        lambda updated: rebuild_call(cst.ensure_type(updated, cst.Call), func, arguments, place=place),
    )


def _merged(base: cst.BaseExpression, settings: list[Argument]) -> cst.BaseExpression:
    if not settings:
        return base
    elements: list[cst.BaseDictElement] = [cst.StarredDictElement(base)]
    elements += [cst.DictElement(cst.SimpleString(f'"{new.keyword}"'), new.value) for new in settings]
    return cst.Dict(elements)


def folded_input(plan: Plan, site: Site) -> cst.BaseExpression | None:
    """The messages that are the input of a run's response: those that its thread began with, those before it, its own."""
    given = plan.folded.get(site, [])
    added = argument(site.call, "additional_messages") if site.call is not None else None
    if added is not None:
        items = converted.messages(added, plan.look(site.file))
        assert isinstance(items, cst.List)
        if not _is_missed(plan, site, items):
            return _before(given, items)
        _write_first(plan, site, items)
    if not given:
        return None
    if len(given) == 1 and isinstance(given[0], cst.List):
        return given[0]
    return _before(given, cst.List([]))


def _is_missed(plan: Plan, site: Site, items: cst.List) -> bool:
    """Whether messages that a run adds would be missed where it failed, and cannot be written then."""
    thread = thread_argument(site)
    if thread is None or not goes_on(plan, site, code(thread)):
        return False
    return not can_be_kept(site) or any(isinstance(node, (cst.Call, cst.Await)) for node in descendants(items))


def _write_first(plan: Plan, site: Site, items: cst.List) -> None:
    """Write messages into the conversation before the response is asked for."""
    thread, client = thread_argument(site), client_at(site, plan.inference)
    assert thread is not None
    assert client is not None
    func = attribute(client, "conversations", "items", "create")
    given = [Argument("conversation_id", conversation_reference(plan, site.file, thread)), Argument("items", items)]
    write: cst.BaseExpression = rebuild_call(
        cst.Call(func), func, given, place=LinePlace(line_place(site).indent, 0, "")
    )
    if site.is_async:
        write = cst.Await(write)
    line = cst.SimpleStatementLine([cst.Expr(write)])

    def build(updated: cst.CSTNode) -> cst.FlattenSentinel[cst.CSTNode]:
        assert isinstance(updated, (cst.SimpleStatementLine, cst.With))
        first = line.with_changes(leading_lines=updated.leading_lines)
        return cst.FlattenSentinel([first, updated.with_changes(leading_lines=[])])

    plan.change(site.file, site.statement(), build)


def _before(given: Sequence[cst.BaseExpression], items: cst.List) -> cst.List:
    """A list of messages with others before them, laid out as the list is."""
    parts = [part for one in given for part in (one.elements if isinstance(one, cst.List) else [cst.Element(one)])]
    if not items.elements:
        return cst.List([cst.Element(part.value) for part in parts])
    comma = items.elements[0].comma if len(items.elements) > 1 else cst.MaybeSentinel.DEFAULT
    return items.with_changes(elements=[*(cst.Element(part.value, comma) for part in parts), *items.elements])
