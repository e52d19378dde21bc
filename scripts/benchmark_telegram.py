"""A stand-in for Telegram on loopback, so that the bot can be measured as the process that it is, without a network.

It knows one bot, brings it the messages that it is given, takes every call, and notes when each arrived.
"""

from __future__ import annotations

import itertools
import json
import queue
import sys
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

TOKEN = "1:of-no-bot-that-Telegram-knows"
POLL_SECONDS = 1.0
"""How long a poll without messages is held."""
_BOT = {"id": 1, "is_bot": True, "first_name": "Kuaizui", "username": "kuaizui_bot"}
_SENT = {"message_id": 1, "date": 0, "chat": {"id": 1, "type": "private"}, "text": "what the bot has said"}


class Telegram(ThreadingHTTPServer):
    """Serves within a `with` block; `arrivals` holds the method of each call and when it came."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.arrivals: queue.SimpleQueue[tuple[str, float]] = queue.SimpleQueue()
        """Method, and seconds of `time.perf_counter`."""
        self._updates: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._numbers = itertools.count(1)

    def __enter__(self) -> Telegram:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Pass over a connection that broke: that is how a bot that is killed ends it."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # its kinds of request do not matter

    @property
    def environment(self) -> Mapping[str, str]:
        """What a bot needs to take this for Telegram."""
        url = f"http://127.0.0.1:{self.server_port}"
        bases = {"KUAIZUI_BOT_BASE_URL": f"{url}/bot", "KUAIZUI_BOT_BASE_FILE_URL": f"{url}/file/bot"}
        return {"TELEGRAM_BOT_TOKEN": TOKEN, **bases}

    def bring(self, text: str) -> None:
        """Let somebody new write to the bot."""
        number = next(self._numbers)
        person = {"id": number, "is_bot": False, "first_name": "Ada", "language_code": "en"}
        message = {"message_id": number, "date": int(time.time()), "from": person, "text": text}
        message["chat"] = {"id": number, "type": "private", "first_name": "Ada"}
        if text.startswith("/"):
            message["entities"] = [{"type": "bot_command", "offset": 0, "length": len(text.split(maxsplit=1)[0])}]
        self._updates.put({"update_id": number, "message": message})

    def result(self, method: str) -> object:
        """What a call is answered."""
        self.arrivals.put((method, time.perf_counter()))
        if method == "getMe":
            return _BOT
        if method == "getUpdates":
            return self._next_updates()
        return _SENT if method == "sendMessage" else True

    def _next_updates(self) -> list[dict[str, Any]]:
        try:
            return [self._updates.get(timeout=POLL_SECONDS)]
        except queue.Empty:
            return []


class _Handler(BaseHTTPRequestHandler):
    """One connection of the bot."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """A call: its parameters do not matter."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        result = cast(Telegram, self.server).result(self.path.rpartition("/")[2])
        content = json.dumps({"ok": True, "result": result}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: nobody wants to read of each call."""
