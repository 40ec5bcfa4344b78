"""Takes rights away from this process for good, before any code of a package is loaded."""

import ctypes
import ipaddress
import os
import platform
import socket
import sys
from typing import Any, Callable, Iterable, List, Mapping, Set, Tuple

# linux/landlock.h: the system calls have these numbers on every machine; the rights of files come with its versions.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_PR_SET_NO_NEW_PRIVS = 38
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_RIGHTS_OF_VERSION = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
_FILE_RIGHTS = _EXECUTE | _WRITE_FILE | _READ_FILE | (1 << 14) | (1 << 15)


class _Ruleset(ctypes.Structure):
    _fields_ = [("handled_access_fs", ctypes.c_uint64)]


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32)]


def landlock_version() -> int:
    """The version of Landlock that the system has; 0 for none."""
    if platform.system() != "Linux":
        return 0
    return max(0, ctypes.CDLL(None, use_errno=True).syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1))


def confine_files(read: Iterable[str], write: Iterable[str]) -> bool:
    """Leaves this process, and all that it starts, the given folders and files alone; false where it cannot be done."""
    version = landlock_version()
    if version == 0:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    handled = _RIGHTS_OF_VERSION.get(version, _RIGHTS_OF_VERSION[5])
    attributes = _Ruleset(handled)
    rules = libc.syscall(_CREATE_RULESET, ctypes.byref(attributes), ctypes.c_size_t(ctypes.sizeof(attributes)), 0)
    if rules < 0:
        raise OSError(ctypes.get_errno(), "no Landlock rules could be made")
    try:
        for paths, rights in ((read, _READ), (write, handled)):
            for path in paths:
                _allow(libc, rules, path, rights & handled)
        if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 or libc.syscall(_RESTRICT_SELF, rules, 0) != 0:
            raise OSError(ctypes.get_errno(), "the Landlock rules could not be put in force")
    finally:
        os.close(rules)
    return True


def _allow(libc: Any, rules: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        rule = _PathBeneath(rights if os.path.isdir(path) else rights & _FILE_RIGHTS, place)
        if libc.syscall(_ADD_RULE, rules, 1, ctypes.byref(rule), 0) != 0:
            raise OSError(ctypes.get_errno(), f"no Landlock rule could be made for {path}")
    finally:
        os.close(place)


_PROCESS_EVENTS = {
    "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "pty.spawn",
}


def confine_calls(rights: Mapping[str, Any], own: List[str]) -> None:
    """
    Refuses processes, native code and hosts that were not granted, by audit hooks, which nothing takes away again.
    They bind code in Python, not native code that was granted.

    own -- folders whose native code is the platform's
    """
    hooks: List[Callable[[str, Tuple[Any, ...]], None]] = []
    if not rights["processes"]:
        hooks.append(_refuse_processes)
    if not rights["native"]:
        hooks.append(_native_hook(tuple(os.path.join(folder, "") for folder in own)))
    if rights["hosts"] and "*" not in rights["hosts"]:
        hooks.append(_hosts_hook(rights["hosts"]))
    if not hooks:
        return

    def audit(event: str, arguments: Tuple[Any, ...]) -> None:
        for hook in hooks:
            hook(event, arguments)

    sys.addaudithook(audit)


def _refuse_processes(event: str, _: Tuple[Any, ...]) -> None:
    if event in _PROCESS_EVENTS:
        raise PermissionError("processes may not be started; declare the capability 'processes', and have it granted")


def _native_hook(own: Tuple[str, ...]) -> Callable[[str, Tuple[Any, ...]], None]:
    def check(event: str, arguments: Tuple[Any, ...]) -> None:
        path = None
        if event == "import" and len(arguments) > 1 and arguments[1]:
            path = str(arguments[1])
        elif event == "ctypes.dlopen":
            path = str(arguments[0])
        if path is not None and not os.path.realpath(path).startswith(own):
            raise PermissionError(
                f"native code may not be loaded ({path}); declare the capability 'native', and have it granted"
            )

    return check


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
        return True
    except ValueError:
        return False


def _hosts_hook(hosts: List[str]) -> Callable[[str, Tuple[Any, ...]], None]:
    # Host and port of each; without a port, any.
    granted = [host.lower().partition(":") for host in hosts]
    allowed: Set[Tuple[str, str]] = {(host, port) for host, _, port in granted}
    resolve = socket.getaddrinfo
    resolving: List[str] = []

    def refuse(what: str) -> None:
        raise PermissionError(f"{what} may not be reached; the plugin was granted {', '.join(hosts)}")

    def check(event: str, arguments: Tuple[Any, ...]) -> None:
        if event in ("socket.getaddrinfo", "socket.gethostbyname"):
            name = arguments[0].decode() if isinstance(arguments[0], bytes) else str(arguments[0] or "")
            name = name.lower()
            if resolving or _is_address(name):
                return  # an address is judged when it is dialled
            ports = [port for host, _, port in granted if host == name]
            if not ports:
                refuse(f"the host '{name}'")
            resolving.append(name)
            try:
                for found in resolve(name, None):
                    allowed.update((str(found[4][0]), port) for port in ports)
            except OSError:
                return  # the call itself tells
            finally:
                resolving.pop()
        elif event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            address = arguments[1]
            if not isinstance(address, tuple):
                refuse(f"the socket {address!r}")
            host, port = str(address[0]).lower(), str(address[1])
            if (host, port) not in allowed and (host, "") not in allowed:
                refuse(f"{host}:{port}")

    return check
