"""Arguments of the old API's calls as arguments of `client.responses.create`, where the source says what they are.

Each conversion gives None where it is not certain; the support module then does it at run time.
"""

from __future__ import annotations

from assist2resp.rewrite.literals.absence import may_be_none
from assist2resp.rewrite.literals.assistants import Changes, assistant_arguments, assistant_changes
from assist2resp.rewrite.literals.content import input_message, message, message_content, messages, text_part
from assist2resp.rewrite.literals.lookup import DefinitionEdit, Lookup
from assist2resp.rewrite.literals.options import text_format, tool_choice, tool_output
from assist2resp.rewrite.literals.runs import Override, RunArguments, is_automatic, run_overrides
from assist2resp.rewrite.literals.text import is_text
from assist2resp.rewrite.literals.tools import Converted, Resources, resources, tools

__all__ = [
    "Changes", "Converted", "DefinitionEdit", "Lookup", "Override", "Resources", "RunArguments", "assistant_arguments",
    "assistant_changes", "input_message", "is_automatic", "is_text", "may_be_none", "message", "message_content",
    "messages", "resources", "run_overrides", "text_format", "text_part", "tool_choice", "tool_output", "tools",
]  # fmt: skip
