"""Renders a view in a format or by a template of the user's, and writes it whole or not at all."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterable
from pathlib import Path

from jinja2 import FileSystemLoader, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from assist2resp.errors import InputFileError, UsageError
from assist2resp.report.formats import find_format
from assist2resp.report.view import View


def rendered(view: View, form: str, template: Path | None = None) -> Iterable[str]:
    """The view as pieces of text."""
    return find_format(form).render(view) if template is None else [_by_template(view, template)]


def write(pieces: Iterable[str], path: Path) -> None:
    """Write the text to a file, which is replaced in one step."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("x", encoding="utf-8", newline="\n") as file:
            file.writelines(pieces)
        temporary.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def refuse_unwritable(path: Path) -> None:
    """Complain of an output that cannot be written, before anything is read."""
    if path.is_dir():
        raise InputFileError(path, "is a folder.", hint="Give --out a file.")
    if not path.parent.is_dir():
        raise InputFileError(path, "cannot be written: its folder does not exist.", hint="Make the folder first.")


def _unwritable(path: Path, error: OSError) -> UsageError:
    reason = (error.strerror or str(error)).lower()
    return InputFileError(path, f"cannot be written: {reason}.", hint="Give --out a file that you may write.")


def _by_template(view: View, path: Path) -> str:
    """What a Jinja2 template of the user's makes of `report`, the object that `--format json` shows.

    It is sandboxed and escapes for HTML; it may include files beside it. What the report says is data, never template.
    """
    environment = ImmutableSandboxedEnvironment(loader=FileSystemLoader(path.parent), autoescape=True)
    try:
        template = environment.get_template(path.name)
        return template.render(report=view.report.model_dump(mode="json"))
    except TemplateSyntaxError as error:
        place = path.parent / error.name if error.name else path
        raise InputFileError(place, f"is no valid template: {error.message}.", line=error.lineno) from error
    except TemplateNotFound as error:
        problem = "does not exist." if error.name == path.name else f"there is no template {error.name} beside it."
        raise InputFileError(path, problem) from error
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        raise InputFileError(path, f"the template failed: {error}.", line=_line_of(error, path)) from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputFileError(path, f"cannot be read: {error}.") from error


def _line_of(error: BaseException, path: Path) -> int | None:
    """The line of the template in which the error arose."""
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path.parent / path.name):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
