"""The rewriter as a LibCST codemod, for those who run their codemods with LibCST's own tool.

    python -m libcst.tool codemod -x codemods.assistants_to_responses.AssistantsToResponses --no-format PATH...

LibCST's tool shows one file at a time: what spans several files, or needs the support module, is left as it is with a
warning. `assist2resp rewrite PATH...` sees the whole project. https://libcst.readthedocs.io/en/latest/codemods.html
"""

from __future__ import annotations

import argparse

import libcst as cst
from libcst.codemod import CodemodCommand, CodemodContext

from assist2resp.rewrite.engine import rewrite
from assist2resp.rewrite.formats.text import finding_line
from assist2resp.rewrite.outcome import Options, absolute
from assist2resp.rewrite.output.writing import without_other_files
from assist2resp.rewrite.summary import failed
from assist2resp.schema.findings import Level


class AssistantsToResponses(CodemodCommand):
    """Rewrites one module, and warns of what is left to do in it."""

    DESCRIPTION = "Move code from OpenAI's Assistants API (404 since 2026-08-26) to the Responses API."

    def __init__(self, context: CodemodContext, support_module: str = Options.support_module) -> None:
        super().__init__(context)
        self.support_module = support_module

    @staticmethod
    def add_args(arg_parser: argparse.ArgumentParser) -> None:
        """Add our option to those of LibCST's tool."""
        arg_parser.add_argument("--support-module", default=Options.support_module, metavar="NAME")

    def transform_module_impl(self, tree: cst.Module) -> cst.Module:
        """The module as `assist2resp rewrite` leaves it when it is given this file alone."""
        path = absolute(self.context.filename or "stdin.py")
        options = Options(support_module=self.support_module, overlay={path: tree.bytes})
        outcome = without_other_files(rewrite([path], options), path)
        for finding in outcome.findings.findings:
            if finding.level is not Level.FIXED:
                self.warn(finding_line(finding))
        for failure in outcome.findings.failures:
            self.warn(failed(failure))
        return next((cst.parse_module(change.after) for change in outcome.changes), tree)
