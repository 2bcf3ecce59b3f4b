"""The tests that are offered with a support module: those of the template that its parts can pass."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from importlib import resources

from assist2resp.rewrite.support.regions import without_regions
from assist2resp.rewrite.support.usage import needs_of

_LIST, _RUN = "GET /threads/{}/messages", "POST /threads/{}/runs"
NEEDS: dict[str, frozenset[str]] = {
    "test_a_thread_is_a_conversation": frozenset({"POST /threads", "GET /threads/{}"}),
    "test_messages_come_newest_first": frozenset({"POST /threads/{}/messages", _LIST}),
    "test_an_old_thread_id_leads_to_its_conversation": frozenset({_LIST}),
    "test_an_unknown_thread_is_not_found": frozenset({_LIST}),
    "test_a_run_is_a_response_with_all_settings": frozenset({_RUN}),
    "test_a_run_is_found_by_its_id": frozenset({_RUN, "GET /threads/{}/runs/{}"}),
    "test_a_locked_conversation_is_waited_for": frozenset({_RUN}),
    "test_calls_of_functions_are_answered": frozenset({_RUN, "POST /threads/{}/runs/{}/submit_tool_outputs"}),
    "test_calls_that_a_dead_process_left_stop_nothing": frozenset({_RUN, "tools"}),
    "test_an_assistant_keeps_its_settings": frozenset({"POST /assistants", "GET /assistants/{}"}),
    "test_request_arguments_are_those_of_the_assistant": frozenset({"request_arguments"}),
    "test_conversation_ids_are_found": frozenset({"conversation_id"}),
    "test_a_stream_tells_the_text": frozenset({"STREAM /threads/{}/runs"}),
}
"""By test: the routes, features and functions that the module must have."""

_IMPORT = "from assist2resp.rewrite.support.offered import everything as support"


def offered_source(used: Iterable[str], module: str, *, is_sync: bool) -> str:
    """The tests for the support module of these uses, imported as `module`; empty where it has nothing to test."""
    needs = needs_of(used)
    held = needs.routes | needs.features | needs.names
    template = resources.files("assist2resp.rewrite.support.offered").joinpath("template.py").read_text("utf-8")
    source = without_regions(template, {*needs.features, "sync" if is_sync else "only_async"})
    source = source.replace(f"{_IMPORT}\n", f"{_import(module)}\n")
    body = ast.parse(source).body
    tests = [node for node in body if isinstance(node, ast.FunctionDef) and node.name in NEEDS]
    dropped = [node for node in tests if not NEEDS[node.name] <= held]
    if len(dropped) == len(tests):
        return ""
    return _without_unused(_without(source, dropped))


def _import(module: str) -> str:
    package, _, name = module.rpartition(".")
    return f"from {package} import {name} as support" if package else f"import {name} as support"


def _without(source: str, nodes: Iterable[ast.stmt]) -> str:
    """The source without these top-level statements, and the blank lines below them."""
    lines = source.splitlines()
    for node in sorted(nodes, key=lambda node: -node.lineno):
        decorators: list[ast.expr] = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(decorator.lineno for decorator in decorators)]) - 1
        assert node.end_lineno is not None
        del lines[first : node.end_lineno]
        while first < len(lines) and not lines[first].strip():
            del lines[first]
    return "\n".join(lines).rstrip() + "\n"


def _without_unused(source: str) -> str:
    """The source without helpers and imports that no kept test leads to."""
    while True:
        body = ast.parse(source).body
        text = {node: ast.get_source_segment(source, node) or "" for node in body}
        unused = [
            node
            for node in body
            if (name := _defined(node)) and not any(_names(name, other) for at, other in text.items() if at is not node)
        ]
        if not unused:
            return source
        source = _without_lines(source, unused)


def _without_lines(source: str, nodes: list[ast.stmt]) -> str:
    imports = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    lines = source.splitlines()
    for node in sorted(imports, key=lambda node: -node.lineno):
        del lines[node.lineno - 1 : node.end_lineno]
    if imports:
        return "\n".join(lines) + "\n"
    return _without(source, nodes)


def _defined(node: ast.stmt) -> str:
    """The name of a helper or of a plain import, which goes when nothing names it."""
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name) if name not in NEEDS:
            return name
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name
        case ast.Import(names=[ast.alias(name=name, asname=None)]):
            return name
        case ast.ImportFrom(module=module, names=[ast.alias(name=name, asname=local)]) if module != "__future__":
            return local or name
    return ""


def _names(name: str, text: str) -> bool:
    return re.search(rf"\b{name}\b", text) is not None
