"""Listed messages that are dumped into dictionaries, of which the same is read by key: `page.dict()["data"][0]`."""

from __future__ import annotations

import libcst as cst

from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.nodes import code

_DICTIONARIES = frozenset({"model_dump", "dict", "to_dict"})
_TEXTS = frozenset({"model_dump_json", "json", "to_json"})


def dump_around(node: cst.CSTNode, file: SourceFile) -> cst.Call | None:
    """The call that makes dictionaries of an object: `node.dict()`, or `json.loads(node.json())`."""
    parents = file.scopes.parent_of
    method = parents[node]
    call = parents[method] if isinstance(method, cst.Attribute) and method.value is node else None
    if not isinstance(method, cst.Attribute) or not isinstance(call, cst.Call) or call.func is not method:
        return None
    if method.attr.value in _DICTIONARIES:
        return call if _says_no_more(call) else None
    arg = parents[call]
    outer = parents[arg]
    loads = isinstance(arg, cst.Arg) and isinstance(outer, cst.Call) and _loads(outer, file)
    return outer if method.attr.value in _TEXTS and loads and isinstance(outer, cst.Call) else None


def _says_no_more(call: cst.Call) -> bool:
    """Whether a dump leaves nothing out that is read: it is made in the usual way."""
    return all(arg.keyword is not None and (arg.keyword.value, code(arg.value)) in _USUAL for arg in call.args)


_USUAL = {("mode", '"json"'), ("mode", "'json'"), ("mode", '"python"'), ("mode", "'python'"), ("by_alias", "True")}


def _loads(call: cst.Call, file: SourceFile) -> bool:
    imported = file.scopes.root.names.get("json", [])
    known = bool(imported) and all(binding.how == "import" for binding in imported)
    return known and code(call.func) == "json.loads" and len(call.args) == 1
