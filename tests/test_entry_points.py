"""The ways into the rewriter beside its command: LibCST's tool and pre-commit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import libcst as cst
import pytest
import yaml
from libcst.codemod import CodemodContext

from assist2resp.cli import main
from codemods.assistants_to_responses import AssistantsToResponses

ROOT = Path(__file__).parents[1]
OLD = "from openai import OpenAI\n\nclient = OpenAI()\nstore = client.beta.vector_stores.create( name='kb' )\n"
NEW = OLD.replace(".beta", "")
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))


def test_libcst_tool(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(OLD)
    (tmp_path / "b.py").write_text("x = 1\n")
    command = "codemods.assistants_to_responses.AssistantsToResponses"
    options = ["-x", command, "--no-format", "--hide-progress", "--jobs", "1", "--support-module", "shim"]
    done = subprocess.run(
        [sys.executable, "-m", "libcst.tool", "codemod", *options, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert ((tmp_path / "a.py").read_text(), (tmp_path / "b.py").read_text()) == (NEW, "x = 1\n")


def test_a_module_that_needs_another_file_is_left_with_a_warning(tmp_path: Path) -> None:
    source = "from openai import OpenAI\n\n\ndef keep(store):\n    store(OpenAI().beta.threads.create)\n"
    context = CodemodContext(filename=str(tmp_path / "a.py"))
    after = AssistantsToResponses(context).transform_module(cst.parse_module(source))
    assert after.code == source
    assert any("a.py" in warning and "[manual]" in warning for warning in context.warnings)


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_pre_commit_hooks_run(
    hook: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    program, *arguments = [*str(hook["entry"]).split(), *hook["args"]]
    (tmp_path / "a.py").write_text(OLD)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [program, *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    checks = "--check" in arguments
    assert (program, ended.value.code) == ("assist2resp", 1 if checks else 0)
    assert (tmp_path / "a.py").read_text() == (OLD if checks else NEW)
    assert "1 site of the Assistants API" in capfd.readouterr().out
