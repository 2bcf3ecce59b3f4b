"""Messages of the old API and their content, converted to input items where they stand in the source."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from assist2resp.rewrite.literals.bodies import dict_body
from assist2resp.rewrite.literals.layout import Body, Item, quote_of, text
from assist2resp.rewrite.literals.lookup import Lookup
from assist2resp.rewrite.literals.text import is_text
from assist2resp.rewrite.syntax.nodes import string_value

MOST_ITEMS = 20
"""How many items one call of `conversations.create` takes."""

_DETAILS = frozenset({"auto", "low", "high"})
_SOURCES = {"image_url": "url", "image_file": "file_id"}


def message_content(node: cst.BaseExpression, look: Lookup, role: str | None = "user") -> cst.BaseExpression | None:
    """The content of an input item: a string as it is or as a part, a literal list of parts in the new spelling.

    An assistant's parts are output, and it has no images; parts of an unknown role (None) are not converted.
    """
    if is_text(node, look):
        return text_part(node) if look.in_parts and role == "user" else node
    if not isinstance(node, (cst.List, cst.Tuple)) or not node.elements or role not in {"user", "assistant"}:
        return None
    elements = []
    for element in node.elements:
        part = _part(element.value, look, role) if isinstance(element, cst.Element) else None
        if part is None:
            return None
        elements.append(element.with_changes(value=part))
    return node.with_changes(elements=elements)


def text_part(node: cst.BaseExpression) -> cst.List:
    """`[{"type": "input_text", "text": node}]`, in the quotes of the text."""
    body = Body((), quote_of([node]))
    return cst.List([cst.Element(body.adding(type=text("input_text", body.quote), text=node).build())])


def _part(node: cst.BaseExpression, look: Lookup, role: str) -> cst.BaseExpression | None:
    body = dict_body(node)
    kind = string_value(body.get("type")) if body is not None else None
    if body is None or kind is None:
        return None
    if kind == "text":
        return _text_part(body, look, role)
    return _image_part(body, kind) if role == "user" and kind in _SOURCES else None


def _text_part(body: Body, look: Lookup, role: str) -> cst.BaseExpression | None:
    value = body.get("text")
    if set(body.keys) != {"type", "text"} or value is None or is_text(value, look) is False:
        return None
    return _of_type(body, "input_text" if role == "user" else "output_text").build()


def _image_part(body: Body, kind: str) -> cst.BaseExpression | None:
    image = dict_body(body.get(kind))
    source = _SOURCES[kind]
    if image is None or set(body.keys) != {"type", kind} or source not in image.keys:
        return None
    if not set(image.keys) <= {source, "detail"}:
        return None
    flat = _of_type(body, "input_image").spliced(kind, image)
    if kind == "image_url":
        flat = flat.mapping(lambda item: item.renamed("image_url") if item.key == "url" else item)
    detail = image.get("detail")
    if detail is None:
        return flat.adding(detail=text("auto", body.quote)).build()
    return flat.build() if string_value(detail) in _DETAILS else None


def _of_type(body: Body, kind: str) -> Body:
    def typed(item: Item) -> Item:
        return item.with_value(text(kind, quote_of([item.value]))) if item.key == "type" else item

    return body.mapping(typed)


def input_message(role: cst.BaseExpression, content: cst.BaseExpression, quote: str | None = None) -> cst.Dict:
    """`{"role": role, "content": content}`, in the quotes of the role unless others are given."""
    body = Body((), quote or quote_of([role, content]))
    return body.adding(role=role, content=content).build()


def messages(node: cst.BaseExpression, look: Lookup, most: int | None = MOST_ITEMS) -> cst.BaseExpression | None:
    """The items of a literal list of messages; None for more than `most`, and for attachments and metadata.

    A name that always stands for such a list stays if the list means the same to both APIs.
    """
    if isinstance(node, cst.Name):
        value, look = look.value(node), replace(look, in_parts=False)
        return node if isinstance(value, (cst.List, cst.Tuple)) and messages(value, look, most) is value else None
    if not isinstance(node, (cst.List, cst.Tuple)) or (most is not None and len(node.elements) > most):
        return None
    elements = []
    for element in node.elements:
        item = message(element.value, look) if isinstance(element, cst.Element) else None
        if item is None:
            return None
        elements.append(element if item is element.value else element.with_changes(value=item))
    same = all(new is old for new, old in zip(elements, node.elements, strict=True))
    return node if same else node.with_changes(elements=elements)


def message(node: cst.BaseExpression, look: Lookup) -> cst.BaseExpression | None:
    """The item of one literal message."""
    if isinstance(node, cst.Name):
        value, look = look.value(node), replace(look, in_parts=False)
        return node if value is not None and message(value, look) is value else None
    body = dict_body(node)
    if body is None or not {"role", "content"} <= set(body.keys) <= {"role", "content", "attachments", "metadata"}:
        return None
    role, content = body.get("role"), body.get("content")
    assert role is not None
    assert content is not None
    kept = body.mapping(
        lambda item: None if item.key in {"attachments", "metadata"} and _is_empty(item.value, look) else item
    )
    if set(kept.keys) != {"role", "content"} or is_text(role, look) is False:
        return None
    new = message_content(content, look, string_value(role))
    if new is None:
        return None
    if new is content and len(kept.items) == len(body.items):
        return node
    return kept.mapping(lambda item: item.with_value(new) if item.key == "content" else item).build()


def _is_empty(node: cst.BaseExpression, look: Lookup) -> bool:
    if isinstance(node, (cst.List, cst.Dict)) and not node.elements:
        return True
    return look.is_omitted(node)
