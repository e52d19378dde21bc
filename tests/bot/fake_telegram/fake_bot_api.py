"""A fake Bot API server on loopback, and the people who talk with the bot: what the tests of the bot hold in hand.

    async with FakeBotApi() as server:
        ...  # start a bot with server.token, server.base_url and server.base_file_url
        server.user(1).says("hi")
        reply, = await server.replies(1, count=1)

Leaving the block fails if a request of the bot, or an answer or update of the fake, was not as the specification says.
"""

import asyncio
import contextlib
import time

from aiohttp import web

from tests.bot.fake_telegram.fake_bot_api_faults import Faults, FloodLimits
from tests.bot.fake_telegram.fake_bot_api_http import Door
from tests.bot.fake_telegram.fake_bot_api_messages import Chat
from tests.bot.fake_telegram.fake_bot_api_people import Person
from tests.bot.fake_telegram.fake_bot_api_spec import Spec
from tests.bot.fake_telegram.fake_bot_api_webhook import Delivery
from tests.bot.fake_telegram.fake_bot_api_world import World

NAMES = ("Ada", "Bo", "Chen", "Dora", "Emil", "Fang", "Gina", "Hui")


class FakeBotApi:
    """One server with one bot. Everything here is to be called in the event loop that it runs in."""

    def __init__(self, *, spec="beside the repository", check=True, **world):
        self.world = World(**world)
        self.faults = Faults()
        self.spec = Spec.find() if spec == "beside the repository" else spec
        self._door = Door(self.world, self.faults, self.spec)
        self.webhook = Delivery(self.world, self._door.check_update)
        self._check, self._runner, self._delivery, self._port, self.url = check, None, None, 0, ""

    async def __aenter__(self):
        await self.start()
        return self

    async def __aexit__(self, kind, error, trace):
        await self.stop()
        if kind is None and self._check:
            self.assert_as_specified()

    async def start(self):
        """Listen on loopback: on a free port at first, and after a `stop` where it was before."""
        self.world.updates.closed = False
        self._runner = web.AppRunner(self._door.application(), access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True).start()
        self._port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self._port}"
        self._delivery = asyncio.create_task(self.webhook.run())

    async def stop(self):
        """End all that waits, and listen no more: Telegram is out of reach until the next `start`."""
        self.world.updates.closed = True
        self.world.changes.notify()
        for fault in self.faults.coming:
            fault.release()
        self._delivery.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._delivery
        await self._runner.cleanup()

    @property
    def token(self):
        """Of the one bot."""
        return self.world.token

    @property
    def base_url(self):
        """What the bot puts before its token to call methods."""
        return self.url + "/bot"

    @property
    def base_file_url(self):
        """What the bot puts before its token to download files."""
        return self.url + "/file/bot"

    @property
    def violations(self):
        """What was not as the specification says, in the order in which it was seen first."""
        return self._door.violations

    def assert_as_specified(self):
        """AssertionError if the specification was broken in either direction; says so where there is none."""
        if self.spec is None:
            print("requests and answers were not checked: no specification beside the repository")
        assert not self.violations, "not as the Bot API says:\n" + "\n".join(self.violations)

    # Who there is

    def user(self, user_id, first_name=None, *, language="en", username=None):
        """The person of this id, made when first asked for."""
        name = first_name or NAMES[(user_id - 1) % len(NAMES)]
        user = {"id": user_id, "is_bot": False, "first_name": name, "language_code": language}
        user |= {"username": username} if username else {}
        return Person(self.world, self.world.users.setdefault(user_id, user))

    def group(self, chat_id=-1000000000001, title="News desk", *, kind="supergroup", forum=False, admin=False):
        """A group with the bot in it, as an administrator if `admin`; a `kind` "group" can be migrated."""
        about = {"id": chat_id, "type": kind, "title": title} | ({"is_forum": True} if forum else {})
        chat = self.world.chats.setdefault(chat_id, Chat(about))
        chat.bot_is_admin = admin or chat.bot_is_admin
        return chat

    def channel(self, chat_id=-1000000000900, title="Daily news"):
        """A channel with the bot as an administrator."""
        return self.world.chats.setdefault(
            chat_id, Chat({"id": chat_id, "type": "channel", "title": title}, bot_is_admin=True)
        )

    def posts(self, channel, text):
        """Write a post into a channel."""
        message = self.world.write(channel, None, {"text": text})
        self.world.transcript.sent(message, channel.json["title"])
        self.world.updates.add("channel_post", dict(message.json))
        return message

    def migrate(self, group, new_id=-1000000000777):
        """Make a supergroup of a group: service messages in both, and the old id is refused from now on."""
        new = self.group(new_id, group.json["title"], admin=group.bot_is_admin)
        new.members |= group.members
        sender = next(iter(self.world.users.values()))
        for chat, fields in ((group, {"migrate_to_chat_id": new_id}), (new, {"migrate_from_chat_id": group.id})):
            self.world.updates.add("message", dict(self.world.write(chat, sender, fields).json))
        group.migrated_to = new_id
        return new

    # What people do, in short

    def press(self, button, by=None):
        """Press a button: `by` a `Person`, or whoever's private chat it stands in, or anybody."""
        person = by or self.user(button.message.chat_id if button.message.chat_id > 0 else min(self.world.users))
        return person.presses(button)

    def edit(self, message, text):
        """Let the one who wrote `message` change it."""
        return self.user(message.json["from"]["id"]).edits(message, text)

    # What the bot did

    def calls(self, *methods):
        """All calls of these methods, of any if none is named, in the order in which they arrived."""
        return [call for call in self._door.calls if not methods or call.method in methods]

    def messages(self, chat):
        """Messages of the bot that stand in a chat (its id, a `Chat` or a `Person`), oldest first."""
        return self.world.chats[getattr(chat, "id", chat)].from_the_bot

    async def replies(self, chat, count=1, timeout=30.0):
        """The messages of the bot in a chat, once there are at least `count`.

        Raises:
            AssertionError: if there are fewer after `timeout` seconds, with what was said in the chat.
        """
        return await self.until(
            lambda: found if len(found := self.messages(chat)) >= count else None,
            timeout,
            f"{count} messages of the bot in {getattr(chat, 'id', chat)}",
        )

    async def until(self, condition, timeout=30.0, what="what the test waits for"):
        """The first true answer of `condition`, which is asked whenever something changes.

        Raises:
            AssertionError: if none came within `timeout` seconds, with the transcript.
        """
        try:
            return await self.world.changes.until(condition, timeout)
        except TimeoutError:
            calls = ", ".join(f"{call.method} {call.status}" for call in self.calls()[-10:])
            said = f"{what} did not happen in {timeout} s; last calls: {calls}\n{self.transcript()}"
            raise AssertionError(said) from None

    async def called(self, method, count=1, timeout=30.0):
        """The calls of a method, once at least `count` have arrived, answered or not."""
        return await self.until(
            lambda: found if len(found := self.calls(method)) >= count else None, timeout, f"{count} calls of {method}"
        )

    def file(self, message):
        """The bytes of the document or photo of a message."""
        return self.world.files[message.file_id].content

    def transcript(self, chat=None):
        """What was said and done, as text; in one chat if it is named."""
        return self.world.transcript.text(getattr(chat, "id", chat))

    # What goes wrong

    def limit_floods(self, limits=None):
        """Answer 429 to more messages than Telegram allows."""
        self.faults.limits = limits or FloodLimits()

    def send_unparsable(self, sender=1):
        """Queue an update that no library can read: a message without date and chat. Answers its id."""
        broken = {"message_id": 1, "from": self.user(sender).json, "text": "an update that cannot be parsed"}
        return self.world.updates.inject({"message": broken})

    def send_raw(self, update):
        """Queue an update as it is; its `update_id` is kept if it has one. Not checked against the specification."""
        fields = {name: value for name, value in update.items() if name != "update_id"}
        return self.world.updates.inject(fields, update_id=update.get("update_id"))

    def repeat(self, update_id):
        """Deliver an update a second time, as Telegram does at times."""
        if self.world.webhook:
            self.send_raw(self.world.updates.all[update_id])
        else:
            self.world.updates.repeat(update_id)

    def interrupt_poll(self):
        """End the waiting getUpdates with 409, as a second bot of the same token does."""
        self.world.updates.interrupt()

    def age(self, message, seconds):
        """Let a message be older than it is, in what the bot has not got yet."""
        for update in self.world.updates.pending.values():
            if update.get("message", {}).get("message_id") == message.id:
                update["message"]["date"] = int(time.time()) - seconds
