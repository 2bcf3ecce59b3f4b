"""Turns that the program shows after it has written them: they get a name where they stood, and are sent under it."""

from __future__ import annotations

import libcst as cst

from assist2resp.rewrite.flows.run_sites import can_be_repeated
from assist2resp.rewrite.flows.sites import Site, line_place
from assist2resp.rewrite.literals.bodies import dict_body
from assist2resp.rewrite.literals.layout import quote_of, text
from assist2resp.rewrite.messages.written import Written
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.syntax.nodes import argument, quote_below, string_value
from assist2resp.rewrite.turns.turns import Apart, answering_run

_WIDTH = 88
_ROLES = frozenset({"user", "assistant"})


def shown_turn(plan: Plan, site: Site, thread: str, item: cst.BaseExpression, read: Written) -> Apart | None:
    """The turn that a site writes, under the name that it had there; None where it is no response's input alone.

    `item` is the input that means it. Its text is read of it where it is one; methods of a message it has none.
    """
    assert site.call is not None
    name = _own_name(site)
    if name is None or read.ids or read.is_returned or read.is_dumped:
        return None
    literal = item if isinstance(item, cst.Dict) else None
    if read.said and (literal is None or not _says_text(literal, site)):
        return None
    if literal is not None and string_value(argument(site.call, "role")) not in _ROLES:
        return None
    again = _said_again(site) if read.said else {}
    if not read.is_told and not all(_word(node) in again for node in read.said):
        return None
    held = bool(read.shown) or not all(_word(node) in again for node in read.said)
    run = answering_run(plan, site, thread, name if held else argument(site.call, "content") or site.call)
    if run is None:
        return None
    for node in read.said:
        word = _word(node)
        held_word = cst.Subscript(name, [cst.SubscriptElement(cst.Index(text(word)))])
        _say(plan, site, node, held_word if held and read.is_told else again.get(word, held_word), quote_of([item]))
    return Apart(run, _statement(plan, site, name, item), name) if held else Apart(run, None, item)


def _word(node: cst.Attribute) -> str:
    return "role" if node.attr.value == "role" else "content"


def _said_again(site: Site) -> dict[str, cst.BaseExpression]:
    """What can take the place of a message's role or text: the role's word, and a name that always holds the text."""
    assert site.call is not None
    content = argument(site.call, "content")
    found: dict[str, cst.BaseExpression] = {"role": text(string_value(argument(site.call, "role")) or "", "'")}
    if isinstance(content, cst.Name) and can_be_repeated(content, site):
        found["content"] = content
    return found


def _say(plan: Plan, site: Site, node: cst.Attribute, new: cst.BaseExpression, usual: str) -> None:
    """Put an expression where a message was read, in the quotes that it may have there; a word goes into a text."""
    quote, around = _quote_at(node, site, usual), site.file.scopes.parent_of[node]
    word = string_value(new)
    if word is not None and isinstance(around, cst.FormattedStringExpression) and around.expression is node:
        plan.replace(site.file, around, cst.FormattedStringText(word))
    elif word is not None:
        plan.replace(site.file, node, text(word, quote))
    elif isinstance(new, cst.Subscript):
        key = cst.SubscriptElement(cst.Index(text(_word(node), quote)))
        plan.replace(site.file, node, new.with_changes(slice=[key]))
    else:
        plan.replace(site.file, node, new)


def _statement(plan: Plan, site: Site, name: cst.Name, item: cst.BaseExpression) -> cst.Assign | cst.AnnAssign:
    """The line that gives a turn its name; type checkers take no dictionary without a type as input."""
    body = dict_body(item)
    if body is None:
        return cst.Assign([cst.AssignTarget(name)], item)
    kind = plan.import_type(site.file, "openai.types.responses", "EasyInputMessageParam")
    room = _WIDTH - line_place(site).indent - len(f"{name.value}: {kind} = ")
    return cst.AnnAssign(name, cst.Annotation(cst.Name(kind)), body.build(limit=room))


def _quote_at(node: cst.CSTNode, site: Site, usual: str) -> str:
    """The quote for a text where it stands: within an f-string another than that of the f-string."""
    around = list(site.file.scopes.ancestors(node))
    return quote_below(around) if any(isinstance(outer, cst.FormattedString) for outer in around) else usual


def _own_name(site: Site) -> cst.Name | None:
    """The variable of the function around that holds nothing but the message of this site."""
    parent = site.file.scopes.parent_of[site.awaited]
    if not isinstance(parent, cst.Assign) or len(parent.targets) != 1:
        return None
    name = parent.targets[0].target
    if not isinstance(name, cst.Name):
        return None
    variable = site.scope.find(name.value)
    own = variable is not None and variable[0] is site.scope and len(site.scope.names[name.value]) == 1
    return name if own else None


def _says_text(item: cst.Dict, site: Site) -> bool:
    """Whether the content of an input item is the text that the message was written with."""
    content = argument(site.call, "content") if site.call is not None else None
    return any(element.value is content for element in item.elements)
