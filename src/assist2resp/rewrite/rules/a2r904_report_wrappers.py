"""A2R904: classes of other packages that call the Assistants API inside."""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.rules._base import Context, Sight
from assist2resp.rewrite.syntax.nodes import dotted
from assist2resp.schema.findings import Level

_LANGCHAIN = "create an agent on ChatOpenAI(use_responses_api=True)"
_LLAMA = "use OpenAIResponses (llama-index-llms-openai) with a FunctionAgent"
_AUTOGEN = "use AssistantAgent with a model client, or the OpenAIAgent of autogen-ext"
_KERNEL = "use OpenAIResponsesAgent, or AzureAIAgent on Foundry"
_WRAPPERS: dict[str, tuple[frozenset[str], str]] = {
    "OpenAIAssistantRunnable": (frozenset({"langchain", "langchain_classic", "langchain_community"}), _LANGCHAIN),
    "OpenAIAssistantV2Runnable": (frozenset({"langchain", "langchain_community"}), _LANGCHAIN),
    "OpenAIAssistantAgent": (frozenset({"llama_index", "autogen_ext", "semantic_kernel"}), ""),
    "GPTAssistantAgent": (frozenset({"autogen", "ag2", "pyautogen"}), _AUTOGEN),
    "AzureAssistantAgent": (frozenset({"semantic_kernel"}), _KERNEL),
    "AzureOpenAIAssistantAgent": (frozenset({"semantic_kernel"}), _KERNEL),
    "OpenAIAssistant": (frozenset({"phi", "agno", "embedchain"}), "use the package's agent on the Responses API"),
}
_OF_PACKAGE = {"llama_index": _LLAMA, "autogen_ext": _AUTOGEN, "semantic_kernel": _KERNEL}


class ReportWrappers:
    """A wrapper's own requests answer 404, and only its package, or another class of it, can change that.

    What: imports of LangChain's `OpenAIAssistantRunnable` and `OpenAIAssistantV2Runnable`, LlamaIndex's, AutoGen's and
    Semantic Kernel's `OpenAIAssistantAgent`, AutoGen's `GPTAssistantAgent`, Semantic Kernel's `AzureAssistantAgent`.
    Why: the old API is inside the package; upgrading the openai package does not help.
    Safety: nothing changes; each finding names the package's own way on.
    Known problems: a class that is looked up by name at run time is not seen.
    See: https://platform.openai.com/docs/assistants/migration
    """

    code = "A2R904"
    title = "report wrappers of the Assistants API"
    level = Level.MANUAL
    CASES = (
        (
            "from langchain.agents.openai_assistant import OpenAIAssistantRunnable\n\nprint(OpenAIAssistantRunnable)\n",
            "from langchain.agents.openai_assistant import OpenAIAssistantRunnable\n\nprint(OpenAIAssistantRunnable)\n",
        ),
        (
            "from company.agents import OpenAIAssistantAgent\n\nprint(OpenAIAssistantAgent)\n",
            "from company.agents import OpenAIAssistantAgent\n\nprint(OpenAIAssistantAgent)\n",
        ),
    )

    def look(self, file: SourceFile, context: Context) -> Iterable[Sight]:
        """The imports of wrappers, and wrappers taken of an imported module."""
        del context
        for line in file.scopes.nodes(cst.ImportFrom):
            if not isinstance(line.names, cst.ImportStar) and not line.relative:
                for alias in line.names:
                    yield from _sights(f"{dotted(line.module)}.{alias.evaluated_name}", alias, file)
        for node in file.scopes.nodes(cst.Attribute):
            if node.attr.value in _WRAPPERS:
                name = _imported(node, file)
                if name:
                    yield from _sights(name, node, file)


def _imported(node: cst.Attribute, file: SourceFile) -> str:
    """The full name of an attribute of an imported module."""
    spelled = dotted(node)
    scope = file.scopes.scope_of.get(node)
    if spelled is None or scope is None:
        return ""
    first, _, rest = spelled.partition(".")
    variable = scope.find(first)
    bindings = variable[0].names.get(first, []) if variable is not None else []
    return f"{bindings[0].origin}.{rest}" if len(bindings) == 1 and bindings[0].how == "import" else ""


def _sights(name: str, node: cst.CSTNode, file: SourceFile) -> Iterable[Sight]:
    package, _, rest = name.partition(".")
    wrapper = rest.rpartition(".")[2]
    packages, way = _WRAPPERS.get(wrapper, (frozenset(), ""))
    if package not in packages:
        return
    message = f"{wrapper} of {package} calls the Assistants API, which has ended; {way or _OF_PACKAGE[package]}."
    yield Sight(file, node, Level.MANUAL, message, name)
