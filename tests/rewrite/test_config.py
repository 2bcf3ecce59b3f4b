"""What pyproject.toml and the command line set, and how both are corrected."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assist2resp.errors import InputFileError, UsageError
from assist2resp.rewrite.config import Given, nearest_config, read_config, read_models, read_options
from assist2resp.rewrite.outcome import Options
from tests.rewrite.stub_rules import installed


@pytest.fixture(autouse=True)
def _stubs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with installed(tmp_path_factory.mktemp("stubs")):
        yield


def config(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "pyproject.toml"
    file.write_text(text, encoding="utf-8")
    return file


def archive(folder: Path) -> Path:
    (folder / "prompts").mkdir(parents=True)
    return folder


def test_all_keys(tmp_path: Path) -> None:
    archive(tmp_path / "old")
    config(
        tmp_path,
        """
        [tool.assist2resp]
        select = ["a2r4"]
        ignore = ["A2R500"]
        exclude = ["legacy/*"]
        support-module = "compat"
        archive = "old"

        [tool.assist2resp.models]
        "gpt-4o" = "gpt-5.1"
        """,
    )
    assert read_options([tmp_path / "app"], Given()) == Options(
        select=("A2R4",),
        ignore=("A2R500",),
        exclude=("legacy/*",),
        support_module="compat",
        archive=tmp_path / "old",
        models={"gpt-4o": "gpt-5.1"},
    )


def test_without_configuration(tmp_path: Path) -> None:
    assert read_options([tmp_path], Given()) == Options()


def test_command_line_on_top(tmp_path: Path) -> None:
    config(
        tmp_path,
        '[tool.assist2resp]\nselect = ["A2R4"]\nignore = ["A2R401"]\nexclude = ["a"]\nmodels = {a = "b", c = "d"}\n',
    )
    given = Given(("A2R5",), ("A2R402",), ("b",), "shim", archive(tmp_path / "arc"), ("a=z",))
    assert read_options([tmp_path], given) == Options(
        select=("A2R5",),
        ignore=("A2R401", "A2R402"),
        exclude=("a", "b"),
        support_module="shim",
        archive=tmp_path / "arc",
        models={"a": "z", "c": "d"},
    )


def test_nearest_with_the_table(tmp_path: Path) -> None:
    top = config(tmp_path, "[tool.assist2resp]\n")
    config(tmp_path / "pkg", '[project]\nname = "pkg"\ndependencies = ["assist2resp"]\n')
    (tmp_path / "pkg" / "a.py").touch()
    assert nearest_config([tmp_path / "pkg" / "a.py"]) == top
    inner = config(tmp_path / "pkg", "[tool]\nassist2resp = {}\n")
    assert nearest_config([tmp_path / "pkg" / "a.py", tmp_path]) == inner


@pytest.mark.parametrize(
    ("text", "line", "complaint"),
    [
        (
            '[tool.assist2resp]\nselct = ["A2R4"]\n',
            2,
            "unknown key 'selct' in [tool.assist2resp]. Did you mean 'select'?",
        ),
        ("[tool.assist2resp]\nsupport_module = 'x'\n", 2, "Did you mean 'support-module'?"),
        (
            "[tool.assist2resp]\n\nzzz = 1\n",
            3,
            "Known keys: archive, exclude, ignore, load-on-demand, models, select, support-module, support-tests.",
        ),
        (
            "[tool.assist2resp.modles]\na = 'b'\n",
            1,
            "unknown key 'modles' in [tool.assist2resp]. Did you mean 'models'?",
        ),
        (
            "[tool.x]\nselect = 1\n[tool.assist2resp]\nselect = 'A2R4'\n",
            4,
            "'select' must be a list of strings, and is str",
        ),
        ("[tool.assist2resp]\nexclude = [1]\n", 2, "'exclude' must be a list of strings, and is list"),
        ("[tool.assist2resp]\nsupport-module = 3\n", 2, "'support-module' must be a string, and is int"),
        ("[tool.assist2resp]\nmodels = ['a=b']\n", 2, "'models' must be a table of strings"),
        ("[tool.assist2resp.models]\na = 1\n", 1, "'models' must be a table of strings"),
        ("[tool.assist2resp]\nignore = ['A2R403']\n", 2, "ignore: there is no rule 'A2R403'. Did you mean A2R40"),
        ("[tool.assist2resp]\nselect = [\n", 2, "is no valid TOML: "),
        ("[tool.assist2resp]\nselect = A2R4\n[x]\n", 2, "is no valid TOML: "),
        ("tool = {assist2resp = 1}\n", None, "[tool.assist2resp] must be a table"),
    ],
)
def test_mistakes_are_named_with_their_line(tmp_path: Path, text: str, line: int | None, complaint: str) -> None:
    file = config(tmp_path, text)
    with pytest.raises(InputFileError) as caught:
        read_options([tmp_path], Given())
    place = f"{file}:{line}: " if line else f"{file}: "
    assert str(caught.value).startswith(place)
    assert complaint in str(caught.value)


def test_not_utf_8(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"[tool.assist2resp]\n# caf\xe9\n")
    with pytest.raises(InputFileError, match=r"pyproject.toml:2: is not UTF-8"):
        read_options([tmp_path], Given())


@pytest.mark.parametrize("pair", ["gpt-4o", "=gpt-5.1", "gpt-4o=", "="])
def test_models_are_pairs(pair: str) -> None:
    with pytest.raises(UsageError, match="is not OLD=NEW"):
        read_models([pair])


@pytest.mark.parametrize("name", ["my-module", "a.b", "class", "1st", "compat.py"])
def test_support_module_is_importable(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=f"cannot be named '{name}'"):
        read_options([tmp_path], Given(support_module=name))


def test_archive_is_one(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="is no folder"):
        read_options([tmp_path], Given(archive=tmp_path / "absent"))
    with pytest.raises(InputFileError, match="no folder 'prompts'"):
        read_options([tmp_path], Given(archive=tmp_path))


def test_archive_of_the_file_lies_beside_it(tmp_path: Path) -> None:
    file = config(tmp_path, "[tool.assist2resp]\narchive = 'old'\n")
    assert read_config(file).archive == tmp_path / "old"


def test_unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = config(tmp_path, "[tool.assist2resp]\n")

    def denied(_self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", denied)
    with pytest.raises(InputFileError, match=f"{file}: cannot be read: permission denied"):
        read_options([tmp_path], Given())
