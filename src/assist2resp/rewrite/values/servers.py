"""Which server a client talks to, where the program itself says so: a literal `base_url`, or the module's settings.

A server that speaks the Assistants API without being OpenAI's does not end with it. What the environment decides counts
as OpenAI's: https://github.com/openai/openai-python#configuring-the-http-client
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import libcst as cst

from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.nodes import argument, code, is_none
from assist2resp.rewrite.values.constants import UNKNOWN as UNSAID
from assist2resp.rewrite.values.constants import Constants, environment_name
from assist2resp.rewrite.values.kinds import External, Kind, Resource, Unknown
from assist2resp.rewrite.values.writes import literal_items

if TYPE_CHECKING:
    from assist2resp.rewrite.values.inference import Inference

_AZURE = (".azure.com", ".azure.us", ".azure.cn", ".azure-api.net")
_PASSING_ON = (
    ".openai.com", "oai.helicone.ai", "oai.hconeai.com", "gateway.ai.cloudflare.com", "api.portkey.ai",
)  # fmt: skip
"""OpenAI's hosts, and gateways that hand every request on to them."""
_ADVICE = "let base_url come from the environment if that server only passes requests on to OpenAI"


class Servers:
    """The servers that one project names."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self._constants = Constants(inference, environment=False)
        self._of_modules: dict[SourceFile, tuple[list[str], bool]] = {}

    def of_call(self, client: Resource, call: cst.Call, file: SourceFile) -> Kind:
        """What a client is whose `base_url` is that of a call."""
        given = argument(call, "base_url")
        if given is not None:
            return _there(client, list(self._hosts(given, file)))
        for arg in call.args:
            if arg.star == "**":
                for its_file, node in self._constants.nodes(arg.value, file):
                    for key, value in literal_items(node):
                        if key == "base_url":
                            return _there(client, list(self._hosts(value, its_file)))
        return _there(client, list(self._environment(file)))

    def of_class(self, client: Resource, node: cst.ClassDef, file: SourceFile) -> Kind:
        """What a client is whose class hands its server on to `super().__init__`."""
        for call in file.scopes.calls:
            if node in file.scopes.ancestors(call) and code(call.func) == "super().__init__":
                return self.of_call(client, call, file)
        return client

    def _environment(self, file: SourceFile) -> Iterator[str]:
        """The hosts that a file itself puts into the variable that clients read."""
        for target, binding in file.scopes.subscript_targets:
            if environment_name(target) == "OPENAI_BASE_URL":
                yield from self._hosts(binding.node, file)

    def of_module(self, client: Resource, file: SourceFile) -> Kind:
        """What the module's own client is in a file that may set `openai.base_url` or `openai.api_type`."""
        if file not in self._of_modules:
            self._of_modules[file] = ([], False)  # what is asked on the way sees no settings
            self._of_modules[file] = self._settings(file)
        hosts, is_azure = self._of_modules[file]
        return replace(client, is_azure=True) if is_azure else _there(client, hosts)

    def _settings(self, file: SourceFile) -> tuple[list[str], bool]:
        """The hosts that a file sets for the module's client, and whether it says that this is Azure's."""
        hosts: list[str] = []
        is_azure = False
        for target, binding in file.scopes.attribute_targets:
            name = target.attr.value
            if name in {"base_url", "api_type"} and self.inference.kind(target.value, file) == External("openai"):
                if name == "base_url":
                    hosts += self._hosts(binding.node, file)
                else:
                    is_azure = is_azure or self._constants.text(binding.node, file).startswith("azure")
        return hosts, is_azure

    def _hosts(self, node: cst.CSTNode | None, file: SourceFile) -> Iterator[str]:
        """The hosts that an expression can name; empty for one that nothing says."""
        for its_file, behind in self._constants.nodes(node, file):
            yield "api.openai.com" if is_none(behind) else _host(self._constants.text(behind, its_file))


def _host(url: str) -> str:
    """The host of a URL; empty where no literal says it, `*` for a part of it that none says."""
    try:
        found = urlsplit(url.replace(UNSAID, "*")).hostname or ""
    except ValueError:
        return ""
    return found if "*" not in found or found.endswith(_AZURE) else ""


def _there(client: Resource, hosts: list[str]) -> Kind:
    others = [host for host in hosts if host and not f".{host}".endswith(_PASSING_ON)]
    if not others or not all(hosts):
        return client
    if all(host.endswith(_AZURE) for host in others) and len(others) == len(hosts):
        return replace(client, is_azure=True)
    sometimes = "" if len(others) == len(hosts) else "at some times "
    return Unknown(f"this client talks to {others[0]} {sometimes}and not to OpenAI", foreign=True, advice=_ADVICE)
