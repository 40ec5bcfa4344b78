"""Loads the stops of packages."""

import importlib.util
import os
import sys
from typing import Any, Dict, List

from .declare import Stop

_loaded: Dict[str, List[Stop]] = {}


def load_stops(entry: str) -> List[Stop]:
    """The stops of the module at a path: what its `stops` has, or else every stop in it."""
    if entry not in _loaded:
        module = _load_module(entry)
        stops = getattr(module, "stops", None)
        if stops is None:
            stops = [value for value in vars(module).values() if isinstance(value, Stop)]
        if not stops or not all(isinstance(each, Stop) for each in stops):
            raise TypeError(f"{entry} has no stops; declare some with @stop(...), and list them: stops = plugin(...)")
        _loaded[entry] = list(stops)
    return _loaded[entry]


def _load_module(entry: str) -> Any:
    folder, file = os.path.split(os.path.abspath(entry))
    parts = [os.path.splitext(file)[0]]
    # A module within packages is loaded as one, so that its relative imports work.
    while os.path.exists(os.path.join(folder, "__init__.py")):
        folder, name = os.path.split(folder)
        parts.insert(0, name)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    name = ".".join(parts)
    if len(parts) > 1:
        return importlib.import_module(name)
    spec = importlib.util.spec_from_file_location(name, entry)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
