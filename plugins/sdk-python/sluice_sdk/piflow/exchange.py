"""Where the script that runs now finds its rows, and where it leaves them."""

import os
from typing import Any, Dict, List

_call: Dict[str, Any] = {}
_written: Dict[str, str] = {}


def begin(call: Dict[str, Any]) -> None:
    _written.clear()
    _call.clear()
    _call.update(call)


def input_file(port: str) -> str:
    """The Parquet file of an in port; a flow's only path may have no name where the script has one."""
    files = {each["port"]: each["file"] for each in _call["inputs"]}
    if port in files:
        return files[port]
    if len(files) == 1 and "" in files:
        return files[""]
    raise KeyError(f"the script reads port '{port}'; the flow has {', '.join(repr(each) for each in files) or 'none'}")


def output_file(port: str) -> str:
    """Where the rows of an out port are to be written as CSV."""
    ports = _call["outports"]
    name = "" if port not in ports and list(ports) == [""] else port
    return _written.setdefault(name, os.path.join(_call["output"], f"out-{len(_written)}.csv"))


def outputs() -> List[Dict[str, str]]:
    return [{"port": port, "file": path, "format": "csv"} for port, path in _written.items() if os.path.exists(path)]


def local_path(location: str) -> str:
    """The local path for a location in HDFS."""
    path = location.split("://", 1)[-1]
    path = path[path.index("/"):] if "://" in location and "/" in path else path
    folder = next((place for root, place in _call["mounts"].items() if root.startswith("hdfs:")), None)
    if folder is None:
        raise OSError("no folder stands for hdfs: locations; map it with the setting files.mounts")
    found = os.path.normpath(os.path.join(folder, path.lstrip("/")))
    if found != folder and not found.startswith(folder + os.sep):
        raise PermissionError(f"'{location}' leads out of the folders that runs may use")
    return found
