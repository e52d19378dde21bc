"""The whole bot, put together, started and stopped."""

import asyncio
import contextlib
import logging
import secrets
import signal
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from telegram import Update
from telegram.error import BadRequest, Conflict, InvalidToken, NetworkError, TelegramError
from telegram.ext import Application, ApplicationBuilder, TypeHandler

from bot.answers import WarmUp
from bot.arrivals import Arrivals
from bot.desk import Desk
from bot.dispatch import UPDATE_KINDS, Dispatch
from bot.health import Health
from bot.inference import InferenceQueue
from bot.lanes import Bounds, Lanes
from bot.logs import log_event
from bot.menu import set_menu
from bot.models import find_models
from bot.pacing import Pacing
from bot.polling import StoringRequest, watch_poller
from bot.requests import LanedRequest
from bot.settings import Settings, store_path
from bot.store import Store, StoreError
from bot.store.background import BackgroundStore
from bot.switching import with_choices
from bot.token import Token
from bot.turns import Limits
from bot.webhook import Webhook
from bot.windows import Limit
from nlp.errors import ConfigError, KuaizuiError

if TYPE_CHECKING:
    from bot.metrics import Metrics

T = TypeVar("T")

PRUNING_SECONDS = 3600.0
_TIMEOUTS: dict[str, Any] = {"read_timeout": 30.0, "write_timeout": 30.0, "connect_timeout": 10.0, "pool_timeout": 30.0}
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.5, 30.0
_LOGGER = logging.getLogger(__name__)


class PollerDied(KuaizuiError):
    """The bot does not ask Telegram for updates any more; it has to be started again."""


def limits_of(settings: Settings) -> Limits:
    """How fast the bot may send."""
    overall = settings.overall_per_second
    return Limits(
        Limit(overall, 1.0),
        Limit(settings.private_per_second, 1.0),
        Limit(settings.group_per_minute, 60.0),
        reserved=min(Limits.reserved, overall - 1),
    )


def bounds_of(settings: Settings) -> Bounds:
    """How much may be open at once."""
    return Bounds(slots=settings.slots, of_person=settings.open_per_person, of_chat=settings.open_per_chat)


class BotProcess:
    """A bot from its start to its end; to be made and run within one event loop.

    Raises: BundleError, UsageError, StoreError.
    """

    def __init__(self, settings: Settings, token: Token) -> None:
        self._settings, self._token = settings, token
        given, store = find_models(settings), Store(store_path(settings), bot_id=token.bot_id)
        models = with_choices(given, store)
        self._store = BackgroundStore(store)
        self._arrivals = Arrivals(self._store)
        self._polling = StoringRequest(self._arrivals, **_TIMEOUTS)
        self._inference = InferenceQueue(settings.queued_jobs, batch_size=settings.batch_size)
        pacing = Pacing(limits_of(settings))
        self._lanes = Lanes(
            lambda update: self._dispatch.work_of(update),
            lambda update: self._dispatch.busy(update),
            bounds_of(settings),
            lambda update: self._arrivals.attempts(update.update_id) if isinstance(update, Update) else None,
        )
        self._application = self._built(pacing)
        self._arrivals.bot = self._application.bot
        desk = (self._application.bot, self._store, self._arrivals, self._inference, models, pacing)
        self._desk = Desk(settings, *desk)
        self._dispatch = Dispatch(self._desk)
        self._application.add_handler(TypeHandler(Update, self._dispatch.handle))
        self._webhook: Webhook | None = None
        self._health = Health(settings.metrics_port, self._store, self._takes_updates, self._metrics)
        self._stop = asyncio.Event()
        self._beside: list[asyncio.Task[Any]] = []

    def _built(self, pacing: Pacing) -> "Application[Any, Any, Any, Any, Any, Any]":
        return (
            ApplicationBuilder()
            .token(self._token.secret)
            .base_url(self._settings.base_url)
            .base_file_url(self._settings.base_file_url)
            .request(LanedRequest(**_TIMEOUTS))
            .get_updates_request(self._polling)
            .update_queue(self._arrivals)
            .concurrent_updates(self._lanes)
            .rate_limiter(pacing)
            .job_queue(None)
            .build()
        )

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT, then finish what is at work, within the limit that is set.

        Raises:
            ConfigError: Telegram refuses the token.
            BundleError: a model cannot be loaded.
            PollerDied: see there.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        try:
            await self._health.start()
            if await self._unless_stopped(self._start()):
                log_event("the bot runs", name=self._application.bot.username, webhook=bool(self._webhook))
                await self._serve()
        finally:
            await self._end()

    async def _start(self) -> bool:
        await _initialised(self._application)
        await self._arrivals.replay()
        await self._application.start()
        if self._settings.webhook_url:
            await self._listen()
        else:
            assert self._application.updater is not None
            await self._application.updater.start_polling(
                bootstrap_retries=-1, allowed_updates=UPDATE_KINDS, error_callback=_tell_polling_error
            )
        return True

    async def _listen(self) -> None:
        """Have Telegram call the bot; the listener is up before Telegram knows of it."""
        secret = self._settings.webhook_secret or secrets.token_urlsafe(32)
        self._webhook = Webhook(self._arrivals, secret)
        await self._webhook.start(self._settings.webhook_listen, self._settings.webhook_port)
        await _patiently(
            lambda: self._application.bot.set_webhook(
                self._settings.webhook_url, secret_token=secret, allowed_updates=UPDATE_KINDS
            )
        )

    async def _serve(self) -> None:
        """Until a signal comes, the poller dies, or the models cannot be loaded."""
        self._run_beside(_patiently(lambda: set_menu(self._application.bot)))
        self._run_beside(self._prune_again_and_again())
        ends: list[asyncio.Task[Any]] = [self._run_beside(self._stop.wait()), self._run_beside(self._warm_up())]
        if self._webhook is None:
            ends.append(self._run_beside(watch_poller(self._polling)))
        done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for end in done:
            end.result()
        if not self._stop.is_set():
            raise PollerDied("The bot has stopped asking Telegram for updates. Look at the log, and start it again.")

    async def _warm_up(self) -> None:
        """Load the models, begin with what the last run left, and go on for ever: only an error ends it.

        Raises: BundleError.
        """
        await self._desk.ask(WarmUp(self._desk.models), None)
        self._lanes.open_replay()
        log_event("the models are loaded")
        await asyncio.Event().wait()

    def _takes_updates(self) -> bool:
        return self._webhook.is_open if self._webhook else self._polling.overdue_seconds() < 0

    def _metrics(self) -> "Metrics":
        from bot.metrics import Metrics  # here: few have a port for them, and the client library takes its time

        return Metrics(self._desk)

    async def _unless_stopped(self, work: Coroutine[Any, Any, bool]) -> bool:
        """Whether the work was done before a signal came."""
        task, stop = asyncio.create_task(work), asyncio.create_task(self._stop.wait())
        await asyncio.wait([task, stop], return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if not task.done():
            task.cancel()
            await asyncio.wait([task])
            return False
        return task.result()

    async def _end(self) -> None:
        """Take nothing new, finish what is at work, close; what is left is answered after the next start."""
        limit = time.monotonic() + self._settings.drain_seconds
        self._polling.closing = True
        for task in self._beside:
            task.cancel()
        await asyncio.gather(*self._beside, return_exceptions=True)
        if self._webhook is not None:
            await self._webhook.stop()
        application = self._application
        if application.updater is not None and application.updater.running:
            with contextlib.suppress(TelegramError):
                await application.updater.stop()
        self._desk.documents.close()
        await self._desk.retraining.close()
        left = await self._lanes.drain(max(0.0, limit - time.monotonic()))
        await self._inference.drain(max(0.0, limit - time.monotonic()))
        if not self._inference.running:  # a model that does not come to an end may be what one of them brought about
            await self._arrivals.spare()
        if application.running:
            await application.stop()
        await application.shutdown()
        await self._health.stop()
        await self._store.close()
        log_event("the bot has stopped", broken_off=left, unfinished=self._arrivals.unfinished)

    def _run_beside(self, work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        task = asyncio.create_task(work)
        self._beside.append(task)
        return task

    async def _prune_again_and_again(self) -> None:
        while True:
            try:
                while await self._store.run(
                    Store.prune, self._settings.retention_days, self._settings.retention_exchanges
                ):
                    pass
            except StoreError as error:
                _LOGGER.error("Old talks could not be deleted. %s", error)
            await asyncio.sleep(PRUNING_SECONDS)


async def _initialised(application: "Application[Any, Any, Any, Any, Any, Any]") -> None:
    """Ask Telegram who the bot is, until it answers. Raises: ConfigError for a token that it refuses."""
    try:
        await _patiently(application.initialize)
    except InvalidToken:
        raise ConfigError("Telegram refuses the token. Look it up with BotFather, and set it again.") from None


async def _patiently(request: Callable[[], Awaitable[object]]) -> None:
    """Make a request again until Telegram can be reached."""
    pause = _FIRST_PAUSE_SECONDS
    while True:
        try:
            await request()
            return
        except NetworkError as error:
            if isinstance(error, BadRequest):
                raise
            _LOGGER.warning("Telegram cannot be reached (%s); again in %g seconds", type(error).__name__, pause)
        await asyncio.sleep(pause)
        pause = min(_LONGEST_PAUSE_SECONDS, 2 * pause)


def _tell_polling_error(error: TelegramError) -> None:
    if isinstance(error, Conflict):
        _LOGGER.error(
            "Another process asks Telegram for updates with this token, or a webhook is set. Stop that one, or give"
            " this bot a token of its own; until then both get only some of the messages."
        )
    else:
        _LOGGER.warning("Telegram could not be asked for updates (%s); again in a moment", type(error).__name__)
