"""Where frameworks keep what a program gives them: places that many functions reach by different expressions."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING

import libcst as cst

from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.nodes import dotted
from assist2resp.rewrite.syntax.scopes import Scope
from assist2resp.rewrite.values.decorators import has_decorator
from assist2resp.rewrite.values.kinds import External, Function, Kind

if TYPE_CHECKING:
    from assist2resp.rewrite.values.inference import Inference

_REQUESTS = frozenset({"request", "req", "websocket", "ws", "self.request"})
_FLASK = ("flask.", "quart.")
_DISCORD = ("discord.", "nextcord.", "disnake.")
_TELEGRAM = frozenset({"bot_data", "user_data", "chat_data"})
_CONTEXTS = frozenset({"click.Context", "typer.Context"})
COMMAND = ("command",)
"""The context that click and typer pass to every command."""
REQUEST = ("state", "request")
"""`request.state`, which begins as what a lifespan yields."""


def shared_place(holder: cst.Attribute, owner: Kind) -> Hashable | None:
    """What stands for a place of a framework: `app.state`, `request.state`, `app.config`, `context.bot_data`."""
    name, of = holder.attr.value, dotted(holder.value)
    if name == "state" and of is not None:
        return REQUEST if of in _REQUESTS else ("state", "app")
    if name in _TELEGRAM and of is not None:
        return ("telegram", name)
    if name in {"config", "extensions"} and isinstance(owner, External) and owner.qualified.startswith(_FLASK):
        return ("flask", name)
    if (of, name) in {("ctx", "bot"), ("interaction", "client")}:
        return ("discord", "bot")
    return None


def bot_place(kind: Kind) -> Hashable | None:
    """What stands for a bot that a library for Discord made; None for anything else."""
    if isinstance(kind, External) and kind.qualified.startswith(_DISCORD):
        return ("discord", "bot") if kind.qualified.endswith(("Bot()", "Client()")) else None
    return None


def command_place(node: cst.Name, file: SourceFile) -> Hashable | None:
    """What stands for the context of a command; None for what is no such parameter."""
    scope = file.scopes.scope_of.get(node)
    variable = scope.find(node.value) if scope is not None else None
    bindings = variable[0].names.get(variable[1], ()) if variable is not None else ()
    for binding in bindings:
        if binding.how == "param" and isinstance(binding.node, cst.Param) and _is_context(binding.node, binding.scope):
            return COMMAND
    return None


def _is_context(param: cst.Param, scope: Scope) -> bool:
    if param.annotation is not None and (dotted(param.annotation.annotation) or "") in _CONTEXTS:
        return True
    return _is_passed(scope.node, param, "pass_context")


def is_passed_object(function: cst.CSTNode, param: cst.Param) -> bool:
    """Whether a parameter is what `click.pass_obj` passes: the `obj` of the context."""
    return _is_passed(function, param, "pass_obj")


def _is_passed(function: cst.CSTNode, param: cst.Param, decorator: str) -> bool:
    """Whether a decorator passes a function its first parameter."""
    if not isinstance(function, cst.FunctionDef) or not has_decorator(function, decorator):
        return False
    return function.params.params[0] is param if function.params.params else False


def lifespan_yields(inference: Inference) -> Iterator[tuple[cst.BaseExpression, SourceFile]]:
    """The dictionaries that the lifespans of the project's applications yield: every request's state begins as them.

    https://www.starlette.io/lifespan/#lifespan-state
    """
    for file in inference.project.modules:
        for call in file.scopes.calls:
            for arg in call.args:
                if arg.keyword is not None and arg.keyword.value == "lifespan":
                    kind = inference.kind(arg.value, file)
                    if isinstance(kind, Function):
                        yield from ((value, kind.file) for value in kind.file.scopes.yields.get(kind.node, ()))
