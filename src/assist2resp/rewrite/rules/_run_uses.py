"""How what the program reads of a run and of its tool calls is read of a response."""

from __future__ import annotations

import libcst as cst

from assist2resp.rewrite.flows import uses
from assist2resp.rewrite.flows.displays import is_displayed
from assist2resp.rewrite.flows.run_sites import ACTION_TYPES, CALL_TYPES, USAGE, asks_status
from assist2resp.rewrite.plainness.uses import asked_type, dumped
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.syntax.calls import attribute
from assist2resp.rewrite.syntax.nodes import code, quote_below, string_value
from assist2resp.rewrite.turns.named_threads import named_conversation


def translate_uses(plan: Plan) -> None:
    """Read of the response what was read of the run, of its required action and of its calls."""
    for use in plan.plain.run_uses:
        if isinstance(use.parent, cst.Attribute) and use.parent.value is use.node:
            _run_attribute(plan, use, use.parent)
    for use in uses.object_uses(
        plan.flow,
        ACTION_TYPES,
    ):
        if isinstance(use.parent, cst.Attribute) and use.parent.value is use.node:
            name = use.parent.attr.value
            if name == "submit_tool_outputs":
                if not _is_test(use.above()):
                    plan.change(use.file, use.parent, _value)
            elif name == "tool_calls":
                plan.change(use.file, use.parent, lambda updated: _function_calls(_value(updated)))
            elif name == "type":
                _action_type(plan, use, use.parent)
            else:
                _dump(plan, use)
        elif _is_test(use):
            _test(plan, use)
        elif is_displayed(use.node, use.file, plan.inference):
            plan.change(use.file, use.node, lambda updated: _function_calls(_expression(updated)))
    _tokens(plan)
    for use in uses.object_uses(plan.flow, CALL_TYPES):
        if isinstance(use.parent, cst.Attribute) and use.parent.value is use.node:
            _call_attribute(plan, use, use.parent)


def _run_attribute(plan: Plan, use: uses.Use, node: cst.Attribute) -> None:
    name = node.attr.value
    if name == "status" and plan.plain.has_tools:
        local = plan.need(use.file, "run_status")
        plan.change(use.file, node, lambda updated: cst.Call(cst.Name(local), [cst.Arg(_value(updated))]))
    elif name in {"created_at", "completed_at"}:
        _time(plan, use, node)
    elif name == "last_error":
        plan.change(use.file, node, lambda updated: attribute(_value(updated), "error"))
    elif name == "thread_id":
        named = named_conversation(plan, use)
        plan.change(
            use.file,
            node,
            lambda updated: attribute(named or attribute(_value(updated), "conversation"), "id"),
        )
    elif name == "required_action":
        plan.change(use.file, node, _value)


def _tokens(plan: Plan) -> None:
    """Tokens of the prompt are those of the input, wherever the usage of a run has come."""
    for use in uses.object_uses(plan.flow, frozenset({USAGE})):
        new = {"prompt_tokens": "input_tokens", "completion_tokens": "output_tokens"}
        name = use.parent.attr.value if isinstance(use.parent, cst.Attribute) else ""
        if name in new and isinstance(use.parent, cst.Attribute) and use.parent.value is use.node:
            word = cst.Name(new[name])
            plan.change(
                use.file,
                use.parent,
                lambda updated, word=word: cst.ensure_type(updated, cst.Attribute).with_changes(attr=word),  # type: ignore[misc]
            )


def _time(plan: Plan, use: uses.Use, node: cst.Attribute) -> None:
    """A time is a whole number of seconds; whether a run has been completed is asked of its status."""
    file = use.file
    if node.attr.value == "created_at":
        plan.change(file, node, lambda updated: cst.Call(cst.Name("int"), [cst.Arg(_expression(updated))]))
        return
    use = use.above()
    if not _is_test(use):
        local = plan.need(file, "completed_at")
        plan.change(file, node, lambda updated: cst.Call(cst.Name(local), [cst.Arg(_value(updated))]))
        return
    status = plan.need(file, "run_status") if plan.plain.has_tools else ""
    test, positive = _asked(use)
    quote = quote_below(file.scopes.ancestors(node))

    def build(updated: cst.CSTNode) -> cst.CSTNode:
        run = code(_value(_subject(updated)))
        asked = f"{status}({run})" if status else f"{run}.status"
        return cst.parse_expression(f"{asked} {'==' if positive else '!='} {quote}completed{quote}")

    plan.change(file, test, build)


def _subject(updated: cst.CSTNode) -> cst.CSTNode:
    """What a comparison with None, or `not`, asks about; what is asked itself."""
    match updated:
        case cst.Comparison():
            return updated.left
        case cst.UnaryOperation():
            return updated.expression
    return updated


def _action_type(plan: Plan, use: uses.Use, node: cst.Attribute) -> None:
    """An action of the one type that there is, is what a run in that state has."""
    target = asked_type(use)
    assert target is not None
    local = plan.need(use.file, "run_status")
    plan.change(use.file, node, lambda updated: cst.Call(cst.Name(local), [cst.Arg(_value(updated))]))
    quote = cst.ensure_type(target.comparator, cst.SimpleString).quote
    plan.replace(use.file, target.comparator, cst.SimpleString(f"{quote}requires_action{quote}"))


def _dump(plan: Plan, use: uses.Use) -> None:
    """The dictionaries that the program reads stay as they were; the support module makes them of the response."""
    call = dumped(use)
    if call is None:
        return
    whole = use.type_name.endswith("RequiredAction")
    local = plan.need(use.file, "pending_calls")

    def build(updated: cst.CSTNode) -> cst.CSTNode:
        calls = cst.Call(cst.Name(local), [cst.Arg(_value(cst.ensure_type(updated, cst.Call).func))])
        name = '"submit_tool_outputs"'
        return cst.parse_expression(f'{{{name}: {code(calls)}, "type": {name}}}') if whole else calls

    plan.change(use.file, call, build)


def _test(plan: Plan, use: uses.Use) -> None:
    """`if run.required_action:` and its comparison with None ask for pending calls, as the status does."""
    parents = use.file.scopes.parent_of
    test, positive = _asked(use)
    both = parents[test]
    if positive and isinstance(both, cst.BooleanOperation) and isinstance(both.operator, cst.And):
        other = both.right if both.left is test else both.left
        run = use.node.value if isinstance(use.node, cst.Attribute) else None
        if run is not None and asks_status(other, run, "requires_action"):
            plan.change(use.file, both, lambda updated: _operand(updated, right=both.left is test))
    local = plan.need(use.file, "run_status")
    is_inner = isinstance(use.node, cst.Attribute) and use.node.attr.value == "submit_tool_outputs"

    def build(updated: cst.CSTNode) -> cst.CSTNode:
        asked = _subject(updated)
        run = code(_value(asked) if is_inner else asked)
        return cst.parse_expression(f'{local}({run}) {"==" if positive else "!="} "requires_action"')

    plan.change(use.file, test, build)


def _asked(use: uses.Use) -> tuple[cst.CSTNode, bool]:
    """The question whether there is an action, and whether a yes means that there is one."""
    parent = use.file.scopes.parent_of[use.node]
    if isinstance(parent, cst.UnaryOperation):
        return parent, False
    answer = uses.none_comparison(use.node, use.file)
    return (use.node, True) if answer is None else (parent, answer)


def _operand(updated: cst.CSTNode, *, right: bool) -> cst.BaseExpression:
    both = cst.ensure_type(updated, cst.BooleanOperation)
    return both.right if right else both.left


def _call_attribute(plan: Plan, use: uses.Use, node: cst.Attribute) -> None:
    name = node.attr.value
    if name == "id":
        plan.change(use.file, node, lambda updated: attribute(_value(updated), "call_id"))
    elif name == "function":
        plan.change(use.file, node, _value)
    elif name == "type":
        _call_type(plan, use, node)


def _call_type(plan: Plan, use: uses.Use, node: cst.Attribute) -> None:
    """The type of a call of a required action, which is `function`: compared, or whatever else is done with it."""
    comparison = use.file.scopes.parent_of[node]
    if isinstance(comparison, cst.Comparison) and comparison.left is node and len(comparison.comparisons) == 1:
        target = comparison.comparisons[0]
        named = isinstance(target.comparator, cst.SimpleString) and string_value(target.comparator) == "function"
        if named and isinstance(target.operator, (cst.Equal, cst.NotEqual)):
            quote = cst.ensure_type(target.comparator, cst.SimpleString).quote
            plan.replace(use.file, target.comparator, cst.SimpleString(f"{quote}function_call{quote}"))
            return
    if isinstance(comparison, cst.FormattedStringExpression) and not (comparison.conversion or comparison.format_spec):
        plan.replace(use.file, comparison, cst.FormattedStringText("function"))
    else:
        quote = quote_below(use.file.scopes.ancestors(node))
        plan.replace(use.file, node, cst.SimpleString(f"{quote}function{quote}"))


def _is_test(use: uses.Use) -> bool:
    return uses.is_truth_test(use.node, use.file) or uses.none_comparison(use.node, use.file) is not None


def _function_calls(response: cst.BaseExpression) -> cst.BaseExpression:
    return cst.parse_expression(f'[item for item in {code(response)}.output if item.type == "function_call"]')


def _value(updated: cst.CSTNode) -> cst.BaseExpression:
    return cst.ensure_type(updated, cst.Attribute).value


def _expression(updated: cst.CSTNode) -> cst.BaseExpression:
    assert isinstance(updated, cst.BaseExpression)
    return updated
