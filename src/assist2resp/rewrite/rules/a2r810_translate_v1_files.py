"""A2R810: the files and the retrieval tool of Assistants v1, which no SDK since 1.21 takes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from assist2resp.rewrite.flows.chains import beta_of, client_of
from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.literals.lookup import Lookup
from assist2resp.rewrite.plan import Claim, Plan
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.rules._cases import case
from assist2resp.rewrite.syntax.applying import Build
from assist2resp.rewrite.syntax.nodes import argument, code, string_value
from assist2resp.rewrite.values.kinds import Sdk
from assist2resp.schema.findings import Level

_CREATE, _UPDATE = "beta.assistants.create", "beta.assistants.update"
_MESSAGE = "beta.threads.messages.create"
_FILES = "beta.assistants.files"
_NOT_GIVEN = re.compile(r"(?i)\bnot_?given\b|\bomit\b")
_READERS = frozenset({"code_interpreter", "retrieval", "file_search"})


class TranslateV1Files:
    """Files that were given as `file_ids` go to the tools that read them, and retrieval is file search.

    What: `file_ids` of an assistant become its `tool_resources`, those of a message its `attachments`;
    `{"type": "retrieval"}` becomes `{"type": "file_search"}`; `beta.assistants.files` goes through the support module.
    Why: Assistants v1 ended on 2024-12-18, and no SDK since 1.21 takes these arguments.
    Safety: the tools are those of the call, else those that the flow's files describe; else, and where the files of
    an assistant are read, the support module gives the files to the tools that the assistant has at run time.
    Known problems: file search splits and ranks as it does today, not as retrieval did; a vector store costs storage.
    See: MIGRATION.md, "Assistants v1".
    """

    code = "A2R810"
    title = "translate files of Assistants v1"
    level = Level.REVIEW
    CASES = (
        case(
            """
            from openai import OpenAI

            client = OpenAI()
            file = client.files.create(file=open("manual.pdf", "rb"), purpose="assistants")
            assistant = client.beta.assistants.create(
                model="gpt-5",
                tools=[{"type": "code_interpreter"}, {"type": "retrieval"}],
                file_ids=[file.id],
            )
            thread = client.beta.threads.create()
            client.beta.threads.messages.create(thread_id=thread.id, role="user", content="Read it.", file_ids=[file.id])
            """,
            """
            from openai import OpenAI

            from assistants_compat import assistants, threads

            client = OpenAI()
            file = client.files.create(file=open("manual.pdf", "rb"), purpose="assistants")
            assistant = assistants(client).create(
                model="gpt-5",
                tools=[{"type": "code_interpreter"}, {"type": "file_search"}],
                tool_resources={"code_interpreter": {"file_ids": [file.id]}, "file_search": {"vector_stores": [{"file_ids": [file.id]}]}},
            )
            thread = client.conversations.create()
            threads(client).messages.create(thread_id=thread.id, role="user", content="Read it.", attachments=[{"file_id": file.id, "tools": [{"type": "code_interpreter"}, {"type": "file_search"}]}])
            """,
        ),
        case(
            """
            from openai import AsyncOpenAI

            client = AsyncOpenAI()
            TOOLS = [{"type": "retrieval"}]


            async def learn(assistant_id: str, files: list[str]) -> None:
                await client.beta.assistants.update(assistant_id, tools=TOOLS, file_ids=files)


            async def say(thread_id: str, text: str, files: list[str]) -> None:
                await client.beta.threads.messages.create(thread_id, role="user", content=text, file_ids=files)
            """,
            """
            from openai import AsyncOpenAI

            from assistants_compat import assistants, threads

            client = AsyncOpenAI()
            TOOLS = [{"type": "file_search"}]


            async def learn(assistant_id: str, files: list[str]) -> None:
                await assistants(client).update(assistant_id, tools=TOOLS, tool_resources={"file_search": {"vector_store_ids": [(await client.vector_stores.create(file_ids=files)).id]}})


            async def say(thread_id: str, text: str, files: list[str]) -> None:
                await threads(client).messages.create(thread_id, role="user", content=text, attachments=[{"file_id": file_id, "tools": [{"type": "code_interpreter"}, {"type": "file_search"}]} for file_id in files or []])
            """,
        ),
        case(
            """
            from openai import OpenAI

            client = OpenAI()


            def clone(tools: list, files: list) -> str:
                return client.beta.assistants.create(model="gpt-5", tools=tools, file_ids=files).id
            """,
            """
            from openai import OpenAI

            from assistants_compat import assistants

            client = OpenAI()


            def clone(tools: list, files: list) -> str:
                return assistants(client).create(model="gpt-5", tools=tools, extra_body={"file_ids": files}).id
            """,
        ),
        case(
            """
            from openai import OpenAI

            client = OpenAI()
            store = client.vector_stores.create(name="manuals", file_ids=["file-abc"])
            print(store.id, {"type": "retrieval"})
            """,
        ),
        case(
            """
            class Assistants:
                def create(self, model, tools, file_ids):
                    return (model, tools, file_ids)


            class Beta:
                assistants = Assistants()


            print(Beta().assistants.create(model="m", tools=[{"type": "retrieval"}], file_ids=[]))
            """,
        ),
    )

    def apply(self, plan: Plan) -> None:
        """Give the files of v1 calls to the tools that read them."""
        at_run_time = (
            any(site.path.startswith(_FILES) for site in plan.flow.sites) or _reader(plan, "beta.Assistant") is not None
        )
        for site in plan.flow.sites:
            if plan.claims[site].level is Level.MANUAL:
                continue
            given = _argument(site, "file_ids") if site.path in (_CREATE, _UPDATE, _MESSAGE) else None
            if given is not None:
                self._translate(plan, site, given, at_run_time=at_run_time)
            elif site.path.startswith(_FILES):
                text = "an assistant's files are kept by the support module, for each tool that reads files."
                plan.claims[site] = Claim(site, self.code, Level.REVIEW, text)
        for file in {site.file for site in plan.flow.sites if site.path in (_CREATE, _UPDATE)}:
            for word in _retrievals(file):
                plan.change(file, word, _file_search)
        self._refuse_reads(plan)

    def _translate(self, plan: Plan, site: Site, given: cst.Arg, *, at_run_time: bool) -> None:
        """Replace one `file_ids`, or say why not."""
        if plan.look(site.file).is_omitted(given.value):
            plan.change(site.file, given, lambda _: cst.RemoveFromParent())
        elif site.path == _MESSAGE:
            self._give(plan, site, given, "attachments", _attachments(given.value))
        else:
            resources = "" if at_run_time else _resources(plan, site, given.value)
            if resources:
                self._give(plan, site, given, "tool_resources", resources)
            elif _argument(site, "extra_body") is None and not _NOT_GIVEN.search(code(given.value)):
                plan.change(site.file, given, _named("extra_body", f'{{"file_ids": {code(given.value)}}}'))
                plan.offer(site.file, f"{site.path.removeprefix('beta.')}(file_ids)")
            else:
                where = "the tools that read them are not to be seen here; give them as tool_resources."
                plan.claims[site] = Claim(site, self.code, Level.MANUAL, f"file_ids is of Assistants v1, and {where}")
                return
        plan.claims[site] = Claim(site, self.code, Level.REVIEW, "the files of Assistants v1 are where v2 has them.")

    @staticmethod
    def _give(plan: Plan, site: Site, given: cst.Arg, keyword: str, value: str) -> None:
        plan.change(site.file, given, _named(keyword, value))
        plan.offer(site.file, f"{site.path.removeprefix('beta.')}({keyword})")

    def _refuse_reads(self, plan: Plan) -> None:
        """Leave a flow that reads `file_ids` of a message: they are elsewhere in v2."""
        site = _reader(plan, "beta.threads.Message")
        if site is not None:
            text = "file_ids is of Assistants v1; read the attachments of a message."
            plan.claims[site] = Claim(site, self.code, Level.MANUAL, text)


def _reader(plan: Plan, type_name: str) -> Site | None:
    """The first site in a file that reads `file_ids` of objects of this type; each file is looked through once."""
    first = {site.file: site for site in reversed(plan.flow.sites)}
    return next(
        (site for site in plan.flow.sites if first[site.file] is site and _reads_files(plan, site.file, type_name)),
        None,
    )


def _reads_files(plan: Plan, file: SourceFile, type_name: str) -> bool:
    """Whether a file reads `file_ids` of objects of this type."""
    return any(
        isinstance(kind := plan.inference.kind(node.value, file), Sdk) and kind.type.name == type_name
        for node in file.scopes.nodes(cst.Attribute)
        if node.attr.value == "file_ids"
    )


def _argument(site: Site, name: str) -> cst.Arg | None:
    arguments = site.call.args if site.call is not None else ()
    return next((arg for arg in arguments if arg.keyword is not None and arg.keyword.value == name), None)


def _named(keyword: str, value: str) -> Build:
    def build(updated: cst.CSTNode) -> cst.CSTNode:
        old = cst.ensure_type(updated, cst.Arg)
        return old.with_changes(keyword=cst.Name(keyword), value=cst.parse_expression(value))

    return build


def _attachments(files: cst.BaseExpression) -> str:
    tools = '"tools": [{"type": "code_interpreter"}, {"type": "file_search"}]'
    if isinstance(files, cst.List) and not any(isinstance(each, cst.StarredElement) for each in files.elements):
        return "[" + ", ".join(f'{{"file_id": {code(each.value)}, {tools}}}' for each in files.elements) + "]"
    return f'[{{"file_id": file_id, {tools}}} for file_id in {code(files)} or []]'


def _resources(plan: Plan, site: Site, files: cst.BaseExpression) -> str:
    """The tool resources that hold the files, by the tools that the call names; nothing where it names none."""
    assert site.call is not None
    tools, beta = argument(site.call, "tools"), beta_of(site, plan.inference)
    hosted = set(_types(tools, plan.look(site.file))) & _READERS if tools is not None else set()
    hosted = hosted or {word for each in {each.file for each in plan.flow.sites} for word in _named_readers(each)}
    written = []
    if "code_interpreter" in hosted:
        written.append(f'"code_interpreter": {{"file_ids": {code(files)}}}')
    if hosted & {"retrieval", "file_search"} and site.path == _CREATE:
        written.append(f'"file_search": {{"vector_stores": [{{"file_ids": {code(files)}}}]}}')
    elif hosted & {"retrieval", "file_search"} and beta is not None:
        made = f"{code(client_of(beta))}.vector_stores.create(file_ids={code(files)})"
        store = f"(await {made}).id" if isinstance(site.awaited, cst.Await) else f"{made}.id"
        written.append(f'"file_search": {{"vector_store_ids": [{store}]}}')
    return f"{{{', '.join(written)}}}" if written else ""


def _named_readers(file: SourceFile) -> Iterator[str]:
    """The tools that read files, as far as a file has dictionaries of them."""
    for node in file.scopes.nodes(cst.DictElement):
        if string_value(node.key) == "type":
            word = string_value(node.value)
            if word in _READERS:
                yield word


def _types(tools: cst.BaseExpression, look: Lookup) -> Iterator[str]:
    """The types that a list of tools is seen to have."""
    if isinstance(tools, cst.Name):
        value = look.value(tools)
        if value is not None:
            yield from _types(value, look)
    elif isinstance(tools, (cst.List, cst.Tuple)):
        for element in tools.elements:
            yield from _types(element.value, look)
    elif isinstance(tools, cst.Dict):
        for pair in tools.elements:
            if isinstance(pair, cst.DictElement) and string_value(pair.key) == "type":
                yield string_value(pair.value) or ""
    elif isinstance(tools, cst.BinaryOperation) and isinstance(tools.operator, cst.Add):
        yield from _types(tools.left, look)
        yield from _types(tools.right, look)


def _retrievals(file: SourceFile) -> Iterator[cst.SimpleString]:
    """The word in each `{"type": "retrieval"}` of a file."""
    for node in file.scopes.nodes(cst.Dict):
        if len(node.elements) == 1 and isinstance(node.elements[0], cst.DictElement):
            pair = node.elements[0]
            if string_value(pair.key) == "type" and string_value(pair.value) == "retrieval":
                yield cst.ensure_type(pair.value, cst.SimpleString)


def _file_search(updated: cst.CSTNode) -> cst.CSTNode:
    word = cst.ensure_type(updated, cst.SimpleString)
    return word.with_changes(value=word.value.replace("retrieval", "file_search"))
