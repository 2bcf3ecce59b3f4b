# mypy: ignore-errors
"""Streamlit in a terminal: what is shown is printed; what users type comes from ANSWERS, per widget a list in JSON."""

import json
import os

_answers = json.loads(os.environ.get("ANSWERS", "{}"))
_WIDGETS = (
    "chat_input",
    "text_input",
    "text_area",
    "button",
    "selectbox",
    "file_uploader",
    "checkbox",
    "radio",
    "slider",
)


class _Attributes(dict):
    def __getattr__(self, name):
        if name not in self:
            raise AttributeError(name)
        return self[name]

    __setattr__ = dict.__setitem__


session_state = _Attributes()
secrets = _Attributes(json.loads(os.environ.get("SECRETS", "{}"), object_hook=_Attributes))


class StopException(Exception):  # noqa: N818 - streamlit's name
    """Ends one run of the page."""


def stop():
    raise StopException


rerun = experimental_rerun = stop


class _Shown:
    def __init__(self, name):
        self._name = name

    def __getattr__(self, name):
        return _Shown(f"{self._name}.{name}")

    def __call__(self, *args, **kwargs):
        last = self._name.rsplit(".", 1)[-1]
        if last in _WIDGETS:
            return _widget(last, kwargs)
        if last in ("cache_data", "cache_resource", "cache", "fragment", "dialog"):
            return args[0] if args and callable(args[0]) else lambda function: function
        if last == "write_stream":
            whole = "".join(map(str, args[0]))
            print(f"{self._name}: {whole}")
            return whole
        if last in ("columns", "tabs"):
            count = args[0] if isinstance(args[0], int) else len(args[0])
            return [_Shown(f"{last}{index}") for index in range(count)]
        print(f"{self._name}:", *args)
        return self

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        return False


def _widget(name, options):
    queue = _answers.get(name, [])
    value = queue.pop(0) if queue else None
    if value is None:
        value = False if name in ("button", "checkbox") else options.get("value")
    key = options.get("key")
    if key is not None:
        session_state[key] = value
    return value


def page(path, runs=1):
    """Run a page as often as users make it run, keeping the session."""
    import runpy

    for _ in range(runs):
        try:
            runpy.run_path(path, run_name="__main__")
        except StopException:
            print("stopped")


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return _Shown(name)
