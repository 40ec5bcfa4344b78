"""Runs the examples of stops."""

import os
import tempfile
from typing import Any, Dict, List

from .context import Context, Log, write_outputs
from .declare import Example, Stop


def run_stop(
    stop: Stop,
    inputs: Any = None,
    properties: Any = None,
    customized: Any = None,
    outports: Any = ("",),
    log: Any = None,
) -> Dict[str, Any]:
    """
    Runs a stop as a run would, rows by port in and out, and gives pyarrow Tables by port.

    >>> run_stop(mask, {"": table({"s": "string"}, ("abc",))}, {"keep": 1})[""].to_pylist()
    """
    import pyarrow.parquet as parquet

    declared = stop.manifest["properties"]
    given = dict(properties or {})
    unknown = [name for name in given if name not in declared]
    if unknown:
        raise ValueError(f"the stop has no property '{unknown[0]}'")
    values = {name: given.get(name, spec.get("default")) for name, spec in declared.items()}
    lacking = [name for name, spec in declared.items() if spec.get("required") and values[name] is None]
    if lacking:
        raise ValueError(f"the property '{lacking[0]}' is required")
    lines: List[str] = [] if log is None else log
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for index, (port, rows) in enumerate((inputs or {}).items()):
            path = os.path.join(folder, f"in-{index}.parquet")
            parquet.write_table(rows, path)
            files.append({"port": port, "file": path})
        call = {
            "inputs": files,
            "properties": values,
            "customized": customized or {},
            "paths": {name: values[name] for name, spec in declared.items() if spec["kind"] == "path" and values[name]},
            "outports": list(outports),
            "name": "stop",
            "run": {"id": "run", "flow": "flow"},
            "scratch": folder,
        }
        context = Context(call, Log(lambda _, message: lines.append(message)), lambda: None)
        written = write_outputs(stop.run(context), folder)
        return {each["port"]: parquet.read_table(each["file"]) for each in written}


def check_example(stop: Stop, example: Example) -> str:
    """What is wrong with what an example gives; empty when it is as the example says."""
    try:
        found = run_stop(stop, example.inputs, example.properties, outports=example.outputs.keys())
    except Exception as error:  # whatever the stop raises is what the check is to tell
        return f"{type(error).__name__}: {error}"
    if set(found) != set(example.outputs):
        return f"it gave rows at {sorted(found)}, not at {sorted(example.outputs)}"
    for port, expected in example.outputs.items():
        if found[port].to_pylist() != expected.to_pylist():
            return f"port '{port}': it gave {found[port].to_pylist()}, not {expected.to_pylist()}"
        if found[port].schema.names != expected.schema.names:
            return f"port '{port}': it gave the columns {found[port].schema.names}, not {expected.schema.names}"
    return ""
