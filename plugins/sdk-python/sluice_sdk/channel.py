"""The channel to the platform: JSON messages, a line each, as Node's child processes have them."""

import json
import os
import queue
import signal
import socket
import threading
from typing import Any, Dict

READY = "sluice: ready"


class Channel:
    """Sends and takes messages. When the platform is gone, the process ends with all that it started."""

    def __init__(self) -> None:
        descriptor = int(os.environ.pop("NODE_CHANNEL_FD"))
        os.environ.pop("NODE_CHANNEL_SERIALIZATION_MODE", None)
        os.set_inheritable(descriptor, False)
        os.set_blocking(descriptor, True)
        self._socket = socket.socket(fileno=descriptor)
        self._lock = threading.Lock()
        self._messages: "queue.Queue[Dict[str, Any]]" = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def send(self, message: Any) -> None:
        line = json.dumps(message, ensure_ascii=True, default=str).encode() + b"\n"
        with self._lock:
            self._socket.sendall(line)

    def take(self) -> Dict[str, Any]:
        return self._messages.get()

    def _read(self) -> None:
        try:
            with self._socket.makefile("rb") as lines:
                for line in lines:
                    self._messages.put(json.loads(line))
        finally:
            os.killpg(0, signal.SIGKILL)
