"""How PTB's poller is made safe: its batches are stored before it sees them, and a watch notices when it is dead.

What PTB 22.8 does by itself: an update that it cannot read keeps the whole batch from being acknowledged, for ever; a
rejected token ends the polling task without a word while `Updater.running` stays True.
"""

import asyncio
import json
import logging
import math
from typing import Any

from telegram.error import NetworkError
from telegram.request import BaseRequest, HTTPXRequest, RequestData

from bot.arrivals import Arrivals
from bot.requests import is_success, readable_refusal
from bot.store.incoming import read_update

MOST_SILENT_SECONDS = 90.0
"""PTB pauses 30 seconds at most between two polls, unless Telegram asks for more; beyond this it has died."""
_LOGGER = logging.getLogger(__name__)
_NOTHING = b'{"ok": true, "result": []}'


class StoringRequest(HTTPXRequest):
    """The request object for `ApplicationBuilder.get_updates_request`: hands each batch to `Arrivals` first.

    PTB then sees only the number of the last update, which it acknowledges with its next poll.
    """

    def __init__(self, arrivals: Arrivals, **settings: Any) -> None:
        """`settings` are those of `telegram.request.HTTPXRequest`."""
        super().__init__(**settings)
        self.closing = False
        """Set before `Updater.stop`: PTB's last poll, which only acknowledges, then waits for no store."""
        self._arrivals = arrivals
        self._next_poll_by = math.inf  # loop time; infinite while a poll is under way

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Poll, store, and tell PTB the last number. Raises: NetworkError for an answer that is no batch of updates;
        PTB then polls again after a pause."""
        self._next_poll_by, asked_to_wait = math.inf, 0.0
        try:
            timeouts = (read_timeout, write_timeout, connect_timeout, pool_timeout)
            status, payload = await super().do_request(url, method, request_data, *timeouts)
            if not is_success(status):
                asked_to_wait = _retry_after(payload)
                return status, readable_refusal(payload)
            if self.closing:
                return status, _NOTHING
            updates = _updates(payload)
            await self._arrivals.accept(updates)
            return status, _last_number(updates)
        finally:
            self._next_poll_by = asyncio.get_running_loop().time() + MOST_SILENT_SECONDS + asked_to_wait

    def overdue_seconds(self) -> float:
        """For how long the next poll has been overdue; negative while all is well."""
        return asyncio.get_running_loop().time() - self._next_poll_by


async def watch_poller(request: StoringRequest, check_seconds: float = 5.0) -> None:
    """Return once the poller is dead, and log it; the caller then ends the process with an error.

    Do not start PTB's `Updater` again: after its task has failed, `stop` leaves it set to stop for ever.
    """
    while request.overdue_seconds() < 0:
        await asyncio.sleep(check_seconds)
    _LOGGER.critical("The bot has stopped asking Telegram for updates. If the token was changed, give it the new one.")


def _updates(payload: bytes) -> list[object]:
    # PTB would log an answer it cannot read, with all that people wrote.
    try:
        answer = json.loads(payload)
    except (ValueError, RecursionError):
        raise NetworkError(f"the answer to getUpdates is not JSON ({len(payload)} bytes)") from None
    updates = answer.get("result") if isinstance(answer, dict) else None
    if not isinstance(updates, list) or (updates and not any(map(read_update, updates))):
        raise NetworkError("the answer to getUpdates holds no updates")
    return updates


def _last_number(updates: list[object]) -> bytes:
    numbers = [update.update_id for update in map(read_update, updates) if update is not None]
    return json.dumps({"ok": True, "result": [{"update_id": number} for number in numbers[-1:]]}).encode()


def _retry_after(payload: bytes) -> float:
    try:
        return max(0.0, float(json.loads(payload)["parameters"]["retry_after"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        return 0.0
