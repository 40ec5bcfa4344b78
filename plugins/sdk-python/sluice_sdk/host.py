"""
The process in which the platform runs stops in Python. It takes messages from its parent:

confine  what it may do from now on; always the first
inspect  tells what a package contributes, and what came of its examples
call     runs a stop over the files of its inputs
"""

import importlib.metadata
import io
import os
import re
import sys
import traceback
from typing import Any, Dict, List, Optional

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from sluice_sdk.channel import READY, Channel  # noqa: E402
from sluice_sdk.confine import confine_calls, confine_files  # noqa: E402
from sluice_sdk.context import Context, Log, StopError, write_outputs  # noqa: E402

# A script that prints for ever must not fill the log of its run.
MOST_LINES = 10_000
LONGEST_LINE = 4_000


class Lines(io.TextIOBase):
    """What a stop prints, as lines of the log of its run."""

    def __init__(self, log: Log):
        self._log = log
        self._rest = ""
        self._count = 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *lines, self._rest = (self._rest + text).split("\n")
        self._rest = self._rest[-LONGEST_LINE:]
        for line in lines:
            self._tell(line)
        return len(text)

    def end(self) -> None:
        if self._rest:
            self._tell(self._rest)
            self._rest = ""

    def _tell(self, line: str) -> None:
        self._count += 1
        if self._count <= MOST_LINES:
            self._log.info(line.rstrip("\r")[:LONGEST_LINE])
        elif self._count == MOST_LINES + 1:
            self._log.warn(f"it printed more than {MOST_LINES} lines; the others are not kept")


class Host:
    def __init__(self, channel: Channel):
        self._channel = channel
        self._later: List[Dict[str, Any]] = []
        self._next_commit = 0

    def serve(self) -> None:
        self._channel.send(READY)
        while True:
            message = self._later.pop(0) if self._later else self._channel.take()
            if message["type"] == "confine":
                self._confine(message)
            elif message["type"] == "inspect":
                self._channel.send(inspect_package(message))
            elif message["type"] == "call":
                self._channel.send(self._call(message["id"], message["call"]))

    def _confine(self, rights: Dict[str, Any]) -> None:
        own = [os.path.realpath(folder) for folder in (*rights["own"], *_folders_of_python())]
        if rights["files"]:
            confine_files([*own, *rights["read"], *_system_files()], rights["write"])
            confine_calls(rights, own)
        # After the modules of Python itself, which no package shadows, and before what else is installed.
        at = next((i for i, path in enumerate(sys.path) if path.endswith(("-packages", "-packages/"))), len(sys.path))
        sys.path[at:at] = rights["path"]

    def _call(self, identifier: int, call: Dict[str, Any]) -> Dict[str, Any]:
        log = Log(lambda level, line: self._tell(identifier, level, line))
        lines = Lines(log)
        before = sys.stdout, os.getcwd()
        sys.stdout = lines  # type: ignore[assignment]
        try:
            os.makedirs(call["scratch"], exist_ok=True)
            os.chdir(call["scratch"])
            outputs = self._run(call, log)
            return {"type": "answer", "id": identifier, "outputs": outputs}
        except BaseException as error:  # a script may end with SystemExit; the platform is told whatever it was
            return {"type": "answer", "id": identifier, "error": describe(error)}
        finally:
            lines.end()
            sys.stdout = before[0]
            os.chdir(before[1])

    def _run(self, call: Dict[str, Any], log: Log) -> List[Dict[str, str]]:
        if os.path.isdir(call["entry"]):
            from sluice_sdk.piflow.component import run_component

            return run_component(call)
        from sluice_sdk.load import load_stops

        stop = next((each for each in load_stops(call["entry"]) if each.manifest["name"] == call["stop"]), None)
        if stop is None:
            raise StopError(f"the package has no stop '{call['stop']}' any more")
        context = Context(call, log, self._before_commit)
        return write_outputs(stop.run(context), call["output"])

    def _tell(self, identifier: int, level: str, line: str) -> None:
        self._channel.send({"type": "log", "id": identifier, "level": level, "message": line[:LONGEST_LINE]})

    def _before_commit(self) -> None:
        self._next_commit += 1
        self._channel.send({"type": "commit", "id": self._next_commit})
        while True:
            message = self._channel.take()
            if message["type"] != "commit":
                self._later.append(message)
            elif message["id"] == self._next_commit:
                if message.get("error"):
                    raise StopError(message["error"])
                return


def inspect_package(question: Dict[str, Any]) -> Dict[str, Any]:
    """What a package contributes, as the inspector of packages in JavaScript tells it."""
    try:
        if os.path.isdir(question["entry"]):
            from sluice_sdk.piflow.component import describe_component

            return describe_component(question["entry"], question["name"])
        from sluice_sdk.examples import check_example
        from sluice_sdk.load import load_stops

        stops = load_stops(question["entry"])
        examples = [
            {"stop": each.manifest["name"], "title": example.title, "fault": check_example(each, example)}
            for each in stops
            for example in each.examples
        ]
        manifest = {"stops": [each.manifest for each in stops], "engines": [], "datasources": []}
        return {"manifest": manifest, "exampleCount": len(examples), "examples": examples}
    except BaseException as error:  # SystemExit too: a package may not end its inspection unseen
        return {"error": {**describe(error), "reason": "PLUGIN_FAILED"}}


def describe(error: BaseException) -> Dict[str, str]:
    """An error for the one who runs the flow: what it was, and where in the package."""
    if isinstance(error, StopError):
        return {"reason": "STOP_FAILED", "message": str(error)}
    text = "".join(traceback.format_exception_only(type(error), error)).strip()
    if isinstance(error, SyntaxError):
        text = f"{type(error).__name__}: {error}"
    if isinstance(error, ModuleNotFoundError) and error.name:
        text += f"; put a wheel of it into the package, mount one as a bundle, or install it in {sys.executable}"
    if isinstance(error, MemoryError):
        return {"reason": "OUT_OF_MEMORY", "message": f"{text or 'MemoryError'}; give the run more memory or less data"}
    frame = place_of(error)
    return {"reason": "STOP_FAILED", "message": text if frame is None else f"{text} ({frame})"}


def place_of(error: BaseException) -> Optional[str]:
    """The last line of the package's own code that an error went through."""
    own = os.path.dirname(os.path.abspath(__file__))
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith((own, "<frozen")) and not re.search(r"[/\\]lib[/\\]python3", frame.filename)
    ]
    frames = [frame for frame in frames if f"{os.sep}site{os.sep}" not in frame.filename] or frames
    return f"{os.path.basename(frames[-1].filename)}, line {frames[-1].lineno}" if frames else None


def _folders_of_python() -> List[str]:
    """Where this Python has its own files and the packages that an operator has installed."""
    places = {sys.prefix, sys.base_prefix, sys.exec_prefix, os.path.dirname(os.path.realpath(sys.executable))}
    places.update(path for path in sys.path if path and os.path.isabs(path))
    places.update(str(each.locate_file("")) for each in importlib.metadata.distributions(name="pyarrow"))
    return [place for place in places if os.path.exists(place)]


def _system_files() -> List[str]:
    """What programs need of the system: libraries, time zones, certificates, the names of hosts."""
    return [
        "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/share/zoneinfo", "/usr/share/ca-certificates",
        "/etc/ld.so.cache", "/etc/localtime", "/etc/timezone", "/etc/ssl/certs", "/etc/ssl/openssl.cnf", "/etc/hosts",
        "/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf", "/run/systemd/resolve",
        "/usr/bin", "/bin",
        "/dev/null", "/dev/zero", "/dev/urandom", "/dev/random", "/proc/self", "/proc/cpuinfo", "/proc/meminfo",
        "/sys/devices/system/cpu", "/sys/fs/cgroup",
    ]


if __name__ == "__main__":
    Host(Channel()).serve()
