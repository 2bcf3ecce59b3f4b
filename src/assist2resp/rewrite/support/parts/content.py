"""Messages: the content of the old API as conversation items, and items as the messages of the old API."""

from __future__ import annotations

import re
from typing import Any

from assist2resp.rewrite.support.parts.wire import Json, _Refusal

_IMAGE = re.compile(r".*\.(png|jpe?g|gif|webp)", re.IGNORECASE)


def _item(message: Json) -> Json:
    """The conversation item of a message that the program writes.

    Text of a user's is a part, as the API shows it: some servers keep a string as one. An assistant's stays a string,
    since its parts belong to messages that have ids.
    """
    content, role = message["content"], message["role"]
    if not content or (isinstance(content, str) and not content.strip()):
        raise _Refusal(400, "Message content must be non-empty.", "content")
    if isinstance(content, str) and role != "assistant":
        content = [{"type": "text", "text": content}]
    if not isinstance(content, str):
        content = [_part(part, role) for part in content]
    return {"type": "message", "role": role, "content": content}


def input_message(role: str, content: Any) -> Any:
    """A message as input of a response; its content is a string, or a list of parts as the old API had them."""
    try:
        return _item({"role": role, "content": content})
    except _Refusal as refusal:
        raise refusal.error() from None


def _part(part: Json, role: str) -> Json:
    if part["type"] == "text":
        text = part["text"] if isinstance(part["text"], str) else part["text"]["value"]
        return {"type": "output_text" if role == "assistant" else "input_text", "text": text}
    image = part[part["type"]]
    if role == "assistant":
        return {"type": "output_text", "text": f"[image {image.get('file_id') or image['url']}]"}
    source = {"image_url": image["url"]} if part["type"] == "image_url" else {"file_id": image["file_id"]}
    return {"type": "input_image", "detail": image.get("detail") or "auto", **source}


def _parts(item: Json) -> list[Json]:
    """The parts of a message; a string, which some servers give back as they got it, is one of text."""
    content = item.get("content") or []
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _message(item: Json, thread_id: str) -> Json:
    """An item as the message that the old API showed, without what no item says of itself."""
    blocks: list[Json] = []
    attachments: list[Json] = []
    for part in _parts(item):
        if part["type"] == "output_text" and part.get("annotations"):
            blocks.extend(_annotated(part, attachments))
        else:
            blocks.extend(_block(part))
    unknown = ("assistant_id", "run_id", "incomplete_details", "incomplete_at", "completed_at")
    return {
        "id": item["id"],
        "object": "thread.message",
        "created_at": 0,
        "thread_id": thread_id,
        **dict.fromkeys(unknown),
        "status": item.get("status") or "completed",
        "role": item["role"],
        "content": blocks,
        "attachments": attachments,
        "metadata": {},
    }


def _with_facts(message: Json, kept: Json) -> Json:
    """The message with what this module remembers of it."""
    own = ("created_at", "assistant_id", "run_id")
    message.update({name: kept[name] for name in own if name in kept}, metadata=kept.get("metadata") or {})
    message["attachments"] = [*(kept.get("attachments") or []), *message["attachments"]]
    if message["status"] == "incomplete":
        message["incomplete_details"] = {"reason": kept.get("reason") or "max_tokens"}
    if message["role"] == "assistant":
        message["incomplete_at" if message["status"] == "incomplete" else "completed_at"] = kept.get("ended_at")
    return message


def _block(part: Json) -> list[Json]:
    """The content block of a part without annotations; files that are input have none."""
    if part["type"] == "refusal":
        return [{"type": "refusal", "refusal": part["refusal"]}]
    if part["type"] == "input_image":
        detail = part.get("detail") or "auto"
        if part.get("file_id"):
            return [{"type": "image_file", "image_file": {"file_id": part["file_id"], "detail": detail}}]
        return [{"type": "image_url", "image_url": {"url": part["image_url"], "detail": detail}}]
    if "text" in part:
        return [{"type": "text", "text": {"value": part["text"], "annotations": []}}]
    return []


def _annotated(part: Json, attachments: list[Json]) -> list[Json]:
    """The image blocks that a text cites, then the text, with the markers of citations in it again."""
    text, annotations, images = part["text"], [], []
    searched = [cited for cited in part["annotations"] if cited["type"] == "file_citation"]
    end = len(text)
    shift = 0
    for number, cited in enumerate(sorted(searched, key=lambda citation: int(citation.get("index", end)))):
        marker, place = _marker(number, cited), min(cited.get("index", end), end) + shift
        text = text[:place] + marker + text[place:]
        annotations.append(_spanned("file_citation", marker, place, cited["file_id"]))
        shift += len(marker)
    for cited in part["annotations"]:
        if cited["type"] == "container_file_citation":
            link = _link(text, cited["filename"])
            if link:
                annotations.append(_spanned("file_path", link, text.index(link), cited["file_id"]))
                attachments.append({"file_id": cited["file_id"], "tools": [{"type": "code_interpreter"}]})
            elif _is_image(cited):
                images.append({"type": "image_file", "image_file": {"file_id": cited["file_id"]}})
    annotations.sort(key=lambda annotation: annotation["start_index"])
    return [*images, {"type": "text", "text": {"value": text, "annotations": annotations}}]


def _cited_images(output: list[Json]) -> list[str]:
    """The files of images that the messages of a response cite."""
    cited = [citation for item in output if item["type"] == "message" for citation in _citations(item)]
    return [citation["file_id"] for citation in cited if _is_image(citation)]


def _citations(item: Json) -> list[Json]:
    """What the text of an item cites."""
    return [citation for part in _parts(item) for citation in part.get("annotations") or []]


def _is_image(cited: Json) -> bool:
    return cited["type"] == "container_file_citation" and bool(_IMAGE.fullmatch(cited["filename"]))


def _marker(number: int, citation: Json) -> str:
    return f"【4:{number}†{citation.get('filename') or 'source'}】"


def _link(text: str, filename: str) -> str | None:
    """The link to a file of the code interpreter's that stands in a text."""
    found = re.search(r"sandbox:/[^\s)\]>\"']*" + re.escape(filename), text)
    return found.group() if found else None


def _spanned(kind: str, text: str, start: int, file_id: str) -> Json:
    place = {"start_index": start, "end_index": start + len(text)}
    return {"type": kind, "text": text, **place, kind: {"file_id": file_id}}


def _function_calls(output: list[Json]) -> list[Json]:
    """The calls in a response's output that the program has to answer, as a run showed them."""
    return [
        {
            "id": item["call_id"],
            "type": "function",
            "function": {"name": item["name"], "arguments": item["arguments"]},
        }
        for item in output
        if item["type"] == "function_call"
    ]


def _as_input(item: Any) -> Json | None:
    """An item of a conversation as input of a request that does without the conversation."""
    if item["type"] == "message":
        if item["role"] == "assistant":
            said = [part.get("text") or part.get("refusal") or "" for part in _parts(item)]
            return {"type": "message", "role": "assistant", "content": "\n".join(said)}
        content = item["content"]
        if not isinstance(content, str):
            content = [{name: value for name, value in part.items() if value is not None} for part in content]
        return {"type": "message", "role": item["role"], "content": content}
    names = {"function_call": ("call_id", "name", "arguments"), "function_call_output": ("call_id", "output")}
    if item["type"] in names:
        return {"type": item["type"], **{name: item[name] for name in names[item["type"]]}}
    return None
