"""What authors of Sluice stops in Python import. It needs pyarrow and nothing else."""

from .context import Context, StopError
from .declare import Example, any_ports, named, none, optional_single, plugin, prop, single, stop, table

__version__ = "1.0.0"

__all__ = [
    "Context",
    "Example",
    "StopError",
    "any_ports",
    "named",
    "none",
    "optional_single",
    "plugin",
    "prop",
    "single",
    "stop",
    "table",
]
