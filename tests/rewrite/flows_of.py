"""The flows of a program, as its rules see them."""

from __future__ import annotations

from pathlib import Path

from assist2resp.rewrite.flows.connections import find_flows
from assist2resp.rewrite.flows.flow import Flow
from assist2resp.rewrite.flows.sites import find_sites
from assist2resp.rewrite.outcome import Options
from assist2resp.rewrite.project.ahead import Ahead
from assist2resp.rewrite.project.project import open_project
from assist2resp.rewrite.values.inference import Inference


def flows_of(text: str, folder: Path) -> tuple[list[Flow], Inference]:
    """The flows of a program of one file, and what is known of its values."""
    (folder / "main.py").write_text(text, encoding="utf-8")
    inference = Inference(open_project(Ahead([folder], Options())))
    return find_flows(find_sites(inference), inference), inference
