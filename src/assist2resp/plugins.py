"""The one discovery function: a plug-in folder is a package whose every module is one plug-in."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from types import ModuleType


def discover(package: str) -> list[ModuleType]:
    """The modules of `package`, by name, imported. Names that begin with an underscore are not plug-ins."""
    return [importlib.import_module(f"{package}.{name}") for name in plugin_names(package)]


def plugin_names(package: str) -> list[str]:
    """The names of the modules of `package`; neither they nor the package are imported."""
    spec = importlib.util.find_spec(package)
    folders = spec.submodule_search_locations if spec is not None else None
    if folders is None:
        raise ModuleNotFoundError(f"no package {package}", name=package)
    return sorted(info.name for info in pkgutil.iter_modules(folders) if not info.name.startswith("_"))
