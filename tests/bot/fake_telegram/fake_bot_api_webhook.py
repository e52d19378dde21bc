"""Delivers updates to the webhook of the bot, again and again until it takes them."""

import asyncio
import time

import aiohttp

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"


class Delivery:
    """Posts what waits to where the bot listens. One update after the other within a chat is not promised by Telegram,
    and not done here: as many connections as the bot allows are used at once."""

    def __init__(self, world, check, first_pause_seconds=0.05, timeout_seconds=10.0):
        self.world, self.check = world, check
        self.first_pause_seconds, self.timeout_seconds = first_pause_seconds, timeout_seconds
        self.attempts: list[tuple[int, int | None]] = []
        """(update_id, status), with None for a status where nobody answered."""
        self._under_way: dict[int, asyncio.Task] = {}

    async def run(self):
        """Deliver until cancelled."""
        try:
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self.timeout_seconds)) as session:
                while True:
                    await self.world.changes.until(self._next, None)
                    update_id = self._next()
                    self._under_way[update_id] = asyncio.create_task(self._deliver(session, update_id))
        finally:
            for task in self._under_way.values():
                task.cancel()
            await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    def _next(self):
        webhook, pending = self.world.webhook, self.world.updates.pending
        if not webhook or len(self._under_way) >= webhook["max_connections"]:
            return None
        return next((number for number in pending if number not in self._under_way), None)

    async def _deliver(self, session, update_id):
        pause = self.first_pause_seconds
        try:
            while self.world.webhook and update_id in self.world.updates.pending:
                if await self._post(session, self.world.webhook, self.world.updates.pending[update_id]):
                    self.world.updates.pending.pop(update_id, None)
                    return
                await asyncio.sleep(pause)
                pause = min(2 * pause, 2.0)
        finally:
            del self._under_way[update_id]
            self.world.changes.notify()

    async def _post(self, session, webhook, update):
        """Whether the bot took the update."""
        self.check(update)
        headers = {SECRET_HEADER: webhook["secret_token"]} if webhook["secret_token"] else {}
        status, reason = None, "Connection refused"
        try:
            async with session.post(webhook["url"], json=update, headers=headers, allow_redirects=False) as answer:
                status, reason = answer.status, f"Wrong response from the webhook: {answer.status} {answer.reason}"
                await answer.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            reason = f"Connection failed: {type(error).__name__}"
        self.attempts.append((update["update_id"], status))
        taken = status is not None and 200 <= status < 300
        if not taken:
            webhook |= {"last_error_date": int(time.time()), "last_error_message": reason}
        self.world.changes.notify()
        return taken
