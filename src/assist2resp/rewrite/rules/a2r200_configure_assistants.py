"""A2R200: an assistant that is made in code becomes configuration in code."""

from __future__ import annotations

import libcst as cst

from assist2resp.rewrite.configurations.configuration import CREATE, Configurations
from assist2resp.rewrite.configurations.names import rename_holders
from assist2resp.rewrite.configurations.types import annotate, full_type
from assist2resp.rewrite.flows.sites import Site, line_place
from assist2resp.rewrite.literals import converted
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.rules._cases import case
from assist2resp.rewrite.rules._configured import changed_configuration, fit_together, settings_read
from assist2resp.rewrite.rules._run_types import annotate_configurations
from assist2resp.rewrite.syntax.nodes import argument, descendants
from assist2resp.schema.findings import Level


class ConfigureAssistants:
    """What the server kept of an assistant becomes a dictionary of request arguments.

    What: `assistant = client.beta.assistants.create(model=…, instructions=…, tools=…)` becomes a dictionary with the
    same settings in the new spelling, which the flow's requests take with `**assistant`. Names that held the
    assistant's id hold the dictionary, and are called so where nothing else has that name; an update changes it.
    Why: there are no stored assistants any more; everything is sent with each request.
    Safety: only when the assistant's id does nothing but start plain runs, however it gets to them; an id that is
    printed or stored stays an id, through the registry of the support module. `strict: False` and `truncation: "auto"`
    keep what was. Where threads have files of their own, `with_thread_files()` adds them to the configuration.
    Known problems: name, description and metadata of such an assistant are dropped, since no model ever saw them;
    so is a file search that has no stores yet, until an update brings them.
    See: https://platform.openai.com/docs/guides/migrate-to-responses
    """

    code = "A2R200"
    title = "configure assistants in code"
    level = Level.FIXED
    CASES = (
        case(
            """
            from openai import OpenAI

            client = OpenAI()

            # A tutor of few words.
            assistant = client.beta.assistants.create(
                name="Tutor",
                model="gpt-5",
                instructions="Answer in one sentence.",  # no more
                temperature=0.2,
            )
            thread = client.beta.threads.create(messages=[{"role": "user", "content": "Why is the sky blue?"}])
            run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
            print(run.status)
            client.beta.assistants.delete(assistant.id)
            """,
            """
            from openai import OpenAI

            client = OpenAI()

            # A tutor of few words.
            assistant: dict = {
                "model": "gpt-5",
                "instructions": "Answer in one sentence.",  # no more
                "temperature": 0.2,
                "truncation": "auto",
            }
            thread = client.conversations.create()
            run = client.responses.create(
                conversation=thread.id,
                input=[{"role": "user", "content": "Why is the sky blue?"}],
                **assistant,
            )
            print(run.status)
            """,
        ),
        case(
            """
            from openai import OpenAI

            TOOLS = [
                {
                    "type": "function",
                    "function": {
                        "name": "get_weather",
                        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
                    },
                },
                {"type": "code_interpreter"},
            ]

            client = OpenAI()
            helper = client.beta.assistants.create(model="gpt-5", tools=TOOLS)
            thread = client.beta.threads.create()
            run = client.beta.threads.runs.create_and_poll(
                thread_id=thread.id,
                assistant_id=helper.id,
                temperature=0,
                max_completion_tokens=300,
            )
            print(run.status)
            """,
            """
            from openai import OpenAI

            TOOLS = [
                {
                    "type": "function",
                    "name": "get_weather",
                    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
                    "strict": False,
                },
                {"type": "code_interpreter", "container": {"type": "auto"}},
            ]

            client = OpenAI()
            helper: dict = {"model": "gpt-5", "tools": TOOLS, "truncation": "auto"}
            thread = client.conversations.create()
            run = client.responses.create(
                conversation=thread.id,
                max_output_tokens=300,
                **{**helper, "temperature": 0},
            )
            print(run.status)
            """,
        ),
        case(
            """
            from openai import OpenAI

            client = OpenAI()
            assistant = client.beta.assistants.create(model="gpt-5", tools=[{"type": "file_search"}])
            store = client.vector_stores.create(name="Rules", file_ids=["file_abc"])
            assistant = client.beta.assistants.update(
                assistant_id=assistant.id,
                tool_resources={"file_search": {"vector_store_ids": [store.id]}},
            )
            assistant_id = assistant.id


            def ask(thread_id: str) -> str:
                run = client.beta.threads.runs.create_and_poll(thread_id=thread_id, assistant_id=assistant_id)
                return run.status


            print(ask(client.beta.threads.create().id))
            """,
            """
            from openai import OpenAI

            client = OpenAI()
            assistant = {"model": "gpt-5", "truncation": "auto"}
            store = client.vector_stores.create(name="Rules", file_ids=["file_abc"])
            assistant.update(
                tools=[{"type": "file_search", "max_num_results": 20, "vector_store_ids": [store.id]}],
            )


            def ask(thread_id: str) -> str:
                run = client.responses.create(conversation=thread_id, **assistant)
                return run.status


            print(ask(client.conversations.create().id))
            """,
        ),
        case(
            """
            from openai import OpenAI


            class Reviewer:
                def __init__(self) -> None:
                    self.client = OpenAI()
                    self.assistant = self.client.beta.assistants.create(
                        model="gpt-5",
                        instructions="Review the text.",
                        response_format={"type": "json_object"},
                    )

                def review(self, thread_id: str) -> str:
                    run = self.client.beta.threads.runs.create_and_poll(
                        thread_id=thread_id,
                        assistant_id=self.assistant.id,
                        additional_instructions="Be kind.",
                    )
                    return run.status
            """,
            """
            from typing import Any

            from openai import OpenAI

            from assistants_compat import conversation_id


            class Reviewer:
                def __init__(self) -> None:
                    self.client = OpenAI()
                    self.assistant: dict[str, Any] = {
                        "model": "gpt-5",
                        "instructions": "Review the text.",
                        "text": {"format": {"type": "json_object"}},
                        "truncation": "auto",
                    }

                def review(self, thread_id: str) -> str:
                    run = self.client.responses.create(
                        conversation=conversation_id(thread_id),
                        **{**self.assistant, "instructions": self.assistant["instructions"] + "\\n\\n" + "Be kind."},
                    )
                    return run.status
            """,
        ),
        case(
            """
            from openai import OpenAI

            client = OpenAI()
            assistant = {"model": "gpt-5", "instructions": "Answer in one sentence.", "truncation": "auto"}
            conversation = client.conversations.create()
            response = client.responses.create(conversation=conversation.id, input="Why is the sky blue?", **assistant)
            print(response.output_text)
            """,
        ),
        case(
            """
            from mistralai import Mistral

            client = Mistral(api_key="k")
            agent = client.beta.agents.create(model="mistral-large-latest", name="Tutor", instructions="Answer in one sentence.")
            print(agent.id)
            """,
        ),
        case(
            """
            PLAN = \"\"\"
            assistant = client.beta.assistants.create(model="gpt-5")
            \"\"\"
            print(PLAN)
            """,
        ),
    )

    def apply(self, plan: Plan) -> None:
        """Rewrite the flow's assistants if each is only used to run."""
        sites = [site for site in plan.open_sites if site.path.startswith("beta.assistants")]
        creates = [site for site in sites if site.path == CREATE]
        if not plan.plain.possible or not creates:
            return
        configurations = Configurations(plan, sites)
        runs = (*plan.plain.creates, *plan.plain.streams)
        if not configurations.possible or not all(_overridable(plan, site, creates) for site in runs):
            return
        made = {site: self._converted(plan, site) for site in creates}
        later = [changed_configuration(site, configurations) for site in sites if site.path != CREATE]
        reads = settings_read(configurations)
        if (
            any(new is None for new in made.values())
            or None in later
            or reads is None
            or not fit_together(later, creates)
        ):
            return
        plan.configurations = configurations
        for site, new in made.items():
            assert new is not None
            plan.replace(site.file, site.awaited, new.node)
            annotate(plan, site)
            for edit in new.edits:
                plan.replace(site.file, edit.node, edit.replacement)
            plan.fix(site, self.code, "an assistant became configuration in code.", plain=True)
            plan.configured.add(site)
        for step in later:
            assert step is not None
            step.take(plan, self.code)
        for read in reads:
            read.take(plan)
        rename_holders(configurations)
        annotate_configurations(plan)
        for text, file in configurations.texts.items():
            plan.replace(file, text, full_type(plan, file))

    @staticmethod
    def _converted(plan: Plan, site: Site) -> converted.Converted | None:
        if site.plain_call is None:
            return None
        return converted.assistant_arguments(site.plain_call, plan.look(site.file), column=line_place(site).column)


def _overridable(plan: Plan, site: Site, creates: list[Site]) -> bool:
    """Whether the run's own settings can be written beside a configuration in code."""
    assert site.call is not None
    found = converted.run_overrides(site.call, plan.look(site.file))
    if found is None or any(override.may_be_none for override in found.overrides):
        return False
    told = [argument(create.call, "instructions") is not None for create in creates if create.call is not None]
    added = found.apart.get("additional_instructions")
    return added is None or ((all(told) or not any(told)) and not _may_say_nothing(added, plan.look(site.file)))


def _may_say_nothing(node: cst.BaseExpression, look: converted.Lookup) -> bool:
    """Whether None is among what an expression may be, as far as it, its name or its parameter says."""
    binding = look.binding(node) if isinstance(node, cst.Name) else None
    source = binding.node if binding is not None else None
    if isinstance(source, cst.Param):
        parts: list[cst.CSTNode | None] = [source.default, source.annotation]
    else:
        parts = [node, source if isinstance(node, cst.Name) else None]
    words = {
        part.value for held in parts if held is not None for part in descendants(held) if isinstance(part, cst.Name)
    }
    return bool(words & {"None", "Optional", "NOT_GIVEN", "omit"})
