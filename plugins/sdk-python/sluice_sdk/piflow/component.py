"""
Runs the scripts of a PiFlow component. PiFlow starts each in a container with its arguments on the command line; a
module `data_connect` in the same zip reads Parquet for it and writes CSV. Here the script runs in this process, and the
platform's own `data_connect` takes the place of that module.
"""

import ast
import importlib.metadata
import os
import re
import runpy
import sys
from typing import Any, Dict, List

from ..context import StopError
from . import exchange

CONNECT = "data_connect.py"
# Where the module lies that is imported in its place.
SHADOW = os.path.join(os.path.dirname(os.path.abspath(__file__)), "shadow")
# What only PiFlow's own data_connect needs.
UNNEEDED = {"hdfs", "pyhdfs"}
ARGUMENTS = {
    "kind": "text",
    "secret": False,
    "title": {"en": "Arguments", "zh": "参数"},
    "description": {
        "en": "The arguments of the script, one a line. Customized properties follow them, in their order.",
        "zh": "脚本的参数，每行一个；自定义属性按顺序接在其后。",
    },
    "default": "",
}


def describe_component(folder: str, name: str) -> Dict[str, Any]:
    """The stops of a component: each script but data_connect.py. None of them is run."""
    scripts = [path for path in _scripts(folder) if os.path.basename(path) != CONNECT]
    if not scripts:
        raise StopError("the component has no script besides data_connect.py")
    for path in scripts:
        with open(os.path.join(folder, path), "rb") as file:
            ast.parse(file.read(), path)
    stops = [_manifest(folder, path, name) for path in scripts]
    lacking = _lacking(folder)
    remedy = "put a wheel of it into the zip, mount one as a bundle, or install it"
    examples = [
        {"stop": stops[0]["name"], "title": "requirements.txt", "fault": f"'{each}' is not there; {remedy}"}
        for each in lacking
    ]
    manifest = {"stops": stops, "engines": [], "datasources": []}
    return {"manifest": manifest, "exampleCount": len(examples), "examples": examples}


def _scripts(folder: str) -> List[str]:
    found = []
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(each for each in folders if each not in ("site", "__pycache__"))
        for file in sorted(files):
            if file.endswith(".py") and file != "__init__.py":
                found.append(os.path.relpath(os.path.join(place, file), folder))
    return found


def stop_name(component: str, path: str) -> str:
    """The stop type of a script."""
    words = [*re.split(r"[^\w-]+", component), os.path.splitext(os.path.basename(path))[0]]
    return ".".join(["piflow.python", *(re.sub(r"[^\w-]", "_", word) for word in words if word)])


def _manifest(folder: str, path: str, component: str) -> Dict[str, Any]:
    title = os.path.splitext(os.path.basename(path))[0]
    with open(os.path.join(folder, path), encoding="utf-8", errors="replace") as file:
        text = (ast.get_docstring(ast.parse(file.read())) or f"The script {path} of {component}.").strip()
    shared = sum(os.path.basename(each) == os.path.basename(path) for each in _scripts(folder)) > 1
    return {
        "name": stop_name(component, path),
        # PiFlow's flows name the script itself.
        "aliases": [] if shared else [f"{component}/{os.path.basename(path)}"],
        "title": {"en": title},
        "description": {"en": text},
        "groups": ["Python"],
        "owner": "",
        "icon": "",
        "ports": {"in": {"kind": "any"}, "out": {"kind": "any"}},
        "properties": {"arguments": ARGUMENTS},
        "extraProperties": "ignore",
        "customized": {"en": "Further arguments of the script, in their order.", "zh": "脚本的更多参数，按顺序。"},
        "engines": ["duckdb"],
        "pure": False,
        "writes": False,
    }


def _lacking(folder: str) -> List[str]:
    """What requirements.txt asks for and nobody brings."""
    path = os.path.join(folder, "requirements.txt")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        lines = [line.split("#")[0].strip() for line in file]
    names = [re.split(r"[\s\[=<>!~;@]", line)[0] for line in lines if line and not line.startswith("-")]
    there = {re.sub(r"[-_.]+", "-", each.metadata["Name"] or "").lower() for each in importlib.metadata.distributions()}
    return [each for each in names if re.sub(r"[-_.]+", "-", each).lower() not in there | UNNEEDED]


def run_component(call: Dict[str, Any]) -> List[Dict[str, str]]:
    """Runs one script of a component as its own program; gives the files that it wrote by port."""
    folder = call["entry"]
    component = call["component"]
    path = next((each for each in _scripts(folder) if stop_name(component, each) == call["stop"]), None)
    if path is None:
        raise StopError(f"the component has no script for '{call['stop']}' any more")
    script = os.path.join(folder, path)
    given = [line for line in str(call["properties"].get("arguments") or "").split("\n") if line != ""]
    before = sys.argv, list(sys.path), set(sys.modules)
    exchange.begin(call)
    sys.argv = [script, *given, *map(str, call["customized"].values())]
    sys.path[0:0] = [SHADOW, os.path.dirname(script)]
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as end:
        if end.code not in (None, 0):
            raise StopError(f"the script ended with the exit code {end.code}") from end
    finally:
        sys.argv, sys.path[:] = before[0], before[1]
        # The component's own modules are loaded anew by the next script; libraries stay.
        for name in set(sys.modules) - before[2]:
            source = getattr(sys.modules[name], "__file__", None) or ""
            if os.path.dirname(source) == os.path.dirname(script) or name == "data_connect":
                del sys.modules[name]
    return exchange.outputs()
