"""What can be set about the bot: in the environment, and in a TOML file; the environment goes first.

A setting `threads` is the key `threads` of the file, or the variable KUAIZUI_BOT_THREADS, where lists have commas. The
token is in TELEGRAM_BOT_TOKEN, or in the file that `token_file` names. All mistakes are told at once.
"""

import math
import re
import tomllib
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from bot.token import Token, masked
from nlp.config import read_config
from nlp.config.strict import require
from nlp.errors import ConfigError, UsageError

TOKEN_VARIABLE, CONFIG_VARIABLE, PREFIX = "TELEGRAM_BOT_TOKEN", "KUAIZUI_BOT_CONFIG", "KUAIZUI_BOT_"
_SECRET_SHAPE = re.compile(r"[A-Za-z0-9_-]{1,256}")
_AT_LEAST_ONE = (
    *("open_per_person", "open_per_chat", "queued_jobs", "batch_size", "slots"),
    *("overall_per_second", "private_per_second", "group_per_minute", "retention_exchanges"),
    *("document_records", "open_documents"),
)


@dataclass(frozen=True)
class Settings:
    """All settings but the token, with the values that hold where nothing is set."""

    token_file: str = ""
    """A file that holds the token, where the environment does not."""
    store: str = "kuaizui-bot.db"
    """The SQLite file of the store; it is made where there is none."""
    dialogue_models: tuple[str, ...] = ()
    """Names or folders of the models that chat; empty takes those that come with Kuaizui."""
    headline_models: tuple[str, ...] = ()
    """Likewise, for headlines."""
    arena_models: tuple[str, ...] = ()
    """Likewise, for models that /arena compares with those that chat; empty compares two styles of these."""
    threads: int = 0
    """Cores for each model; 0 leaves it to the machine."""
    allowed: tuple[int, ...] = ()
    """Numbers of the people and chats that the bot answers; empty answers everybody."""
    admins: tuple[int, ...] = ()
    """Numbers of the people who may use /stats, /models and /retrain; always allowed."""
    open_per_person: int = 10
    """Messages of one person that may wait for an answer; beyond that they are told that it is too much."""
    open_per_chat: int = 40
    """Likewise for a chat."""
    slots: int = 256
    """Messages worked on at once; each holds its slot until the reply is sent."""
    queued_jobs: int = 256
    """Jobs that may wait for the models."""
    batch_size: int = 8
    """Jobs that a model gets at once."""
    overall_per_second: int = 30
    """Telegram's limit on what a bot sends, and so the two after it."""
    private_per_second: int = 1
    group_per_minute: int = 20
    quote: Literal["groups", "always"] = "groups"
    """Where a reply quotes the message that it answers."""
    document_megabytes: float = 5.0
    """The largest document of news that is read; Telegram gives bots 20 at most."""
    document_records: int = 2000
    """The most articles in one."""
    open_documents: int = 8
    """Documents at work at once, one of each person; beyond that people are told that it is too much."""
    retention_days: float = 30.0
    """What was said is deleted after so long, and what was judged so long after it was."""
    retention_exchanges: int = 100_000
    """And the oldest beyond so many."""
    drain_seconds: float = 20.0
    """How long a stop waits for what is at work; the rest is answered after the next start."""
    webhook_url: str = ""
    """Where Telegram reaches the bot; empty asks Telegram for updates instead."""
    webhook_secret: str = field(default="", repr=False)
    """What Telegram shows to prove that it is Telegram; empty draws one at each start."""
    webhook_listen: str = "127.0.0.1"
    """Where the bot listens for a proxy that speaks HTTPS with Telegram."""
    webhook_port: int = 8443
    retraining_folder: str = ""
    """Where /retrain keeps corpus and run; empty leaves retraining to the command line."""
    retraining_command: str = "kuaizui"
    """The command that it runs, as a path, beside this Python, or where the shell looks."""
    metrics_port: int = 0
    """The port of /healthz and /metrics, on this machine only; 0 has none."""
    base_url: str = "https://api.telegram.org/bot"
    """The Bot API; the token and a method are appended."""
    base_file_url: str = "https://api.telegram.org/file/bot"

    def __post_init__(self) -> None:
        for name in _AT_LEAST_ONE:
            require(getattr(self, name) >= 1, name, getattr(self, name), "at least 1")
        require(self.threads >= 0, "threads", self.threads, "0 or more")
        require(0 < self.document_megabytes <= 20, "document_megabytes", self.document_megabytes, "above 0, 20 at most")
        require(0 < self.retention_days < math.inf, "retention_days", self.retention_days, "above 0, and finite")
        require(0 <= self.drain_seconds < math.inf, "drain_seconds", self.drain_seconds, "0 or more, and finite")
        require(bool(self.store.strip()), "store", self.store, "the name of a file")
        require(0 <= self.webhook_port < 65536, "webhook_port", self.webhook_port, "a port, 0 to 65535")
        require(0 <= self.metrics_port < 65536, "metrics_port", self.metrics_port, "a port, or 0 for none")
        for name in ("base_url", "base_file_url"):
            require(_is_url(getattr(self, name)), name, getattr(self, name), "a URL, http:// or https://")
            require(not getattr(self, name).endswith("/"), name, getattr(self, name), "without a slash at its end")
        require(not self.webhook_url or _is_url(self.webhook_url), "webhook_url", self.webhook_url, "a URL, https://")
        require(
            not self.webhook_secret or bool(_SECRET_SHAPE.fullmatch(self.webhook_secret)),
            "webhook_secret",
            "(not shown)",
            "1 to 256 letters, digits, _ and -",
        )


def read_settings(environment: Mapping[str, str], file: Path | None = None) -> tuple[Settings, Token]:
    """The settings and the token, from the environment and the TOML file given or named there.

    Raises:
        ConfigError: all that is wrong, one mistake a line.
    """
    mistakes: list[str] = []
    settings = _settings(environment, file, mistakes)
    token = _token(environment, settings, mistakes)
    _refuse(mistakes)
    assert token is not None  # else there was a mistake
    return settings, token


def read_settings_without_token(environment: Mapping[str, str], file: Path | None = None) -> Settings:
    """As `read_settings`, for what needs no Telegram: whether there is a token is not looked at.

    Raises:
        ConfigError: as `read_settings`.
    """
    mistakes: list[str] = []
    settings = _settings(environment, file, mistakes)
    _refuse(mistakes)
    return settings


def _refuse(mistakes: Sequence[str]) -> None:
    if mistakes:
        listed = "\n".join(f"  - {mistake}" for mistake in mistakes)
        raise ConfigError(masked(f"The bot's settings cannot work:\n{listed}"))


def _settings(environment: Mapping[str, str], file: Path | None, mistakes: list[str]) -> Settings:
    named = environment.get(CONFIG_VARIABLE, "")
    file = file or (Path(named) if named else None)
    given = {**(_from_file(file, mistakes) if file else {}), **_from_environment(environment, mistakes)}
    values = {}
    for key, (value, where) in given.items():
        try:
            read_config(Settings, {key: value}, where)
        except ConfigError as error:
            mistakes.append(str(error))
        else:
            values[key] = value
    settings = read_config(Settings, values, "settings")
    mistakes.extend(_beside_each_other(settings))
    return settings


def _beside_each_other(settings: Settings) -> Iterator[str]:
    """What is wrong with settings that could work each for itself."""
    if urlsplit(settings.webhook_url).scheme == "http" and settings.base_url == Settings.base_url:
        yield (
            f"webhook_url = {settings.webhook_url!r} cannot work; it must be a URL that begins with https://. "
            "Only a Bot API server of your own (see base_url) calls others."
        )
    if settings.webhook_url and settings.webhook_port and settings.metrics_port == settings.webhook_port:
        yield f"metrics_port and webhook_port are both {settings.webhook_port}. Choose another for one of them."


_Given = dict[str, tuple[Any, str]]
"""Values by key, each with the place where it stands."""


def _from_file(file: Path, mistakes: list[str]) -> _Given:
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        mistakes.append(f"{file}: the settings cannot be read ({error.strerror}).")
    except UnicodeDecodeError:
        mistakes.append(f"{file}: this is not UTF-8 text. Save it as UTF-8.")
    except tomllib.TOMLDecodeError as error:
        mistakes.append(f"{file}: this is not TOML: {error}.")
    else:
        if "token" in values:
            del values["token"]
            mistakes.append(f"{file}: the token does not belong here. Set {TOKEN_VARIABLE}, or name a token_file.")
        return {key: (value, str(file)) for key, value in values.items()}
    return {}


def _from_environment(environment: Mapping[str, str], mistakes: list[str]) -> _Given:
    hints = typing.get_type_hints(Settings)
    given: _Given = {}
    for variable, text in environment.items():
        if not variable.startswith(PREFIX) or variable == CONFIG_VARIABLE:
            continue
        key = variable.removeprefix(PREFIX).lower()
        if key == "token":
            mistakes.append(f"{variable}: the token's variable is {TOKEN_VARIABLE}.")
        else:
            given[key] = (_value(text, hints.get(key, str)), variable)
    return given


def _value(text: str, hint: Any) -> Any:
    """What the text of a variable means; where it means nothing of that kind, the text, to be complained about."""
    if typing.get_origin(hint) is tuple:
        return [_value(part.strip(), typing.get_args(hint)[0]) for part in text.split(",") if part.strip()]
    try:
        return hint(text) if hint in (int, float) else text
    except ValueError:
        return text


def _token(environment: Mapping[str, str], settings: Settings, mistakes: list[str]) -> Token | None:
    text, where = environment.get(TOKEN_VARIABLE, "").strip(), TOKEN_VARIABLE
    if not text and settings.token_file:
        where = settings.token_file
        try:
            text = Path(settings.token_file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
            if masked(where) != where:
                mistakes.append(f"token_file is to name a file. Set {TOKEN_VARIABLE} where you have the token itself.")
            else:
                mistakes.append(f"{where}: the token cannot be read ({reason}).")
            return None
    if not text:
        mistakes.append(f"There is no token: set {TOKEN_VARIABLE}, or token_file to a file that holds it.")
        return None
    try:
        return Token(text)
    except ValueError as error:
        mistakes.append(f"{where}: this is no token; {error}.")
        return None


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False


def store_path(settings: Settings) -> Path:
    """Where the store lies.

    Raises:
        UsageError: that is a folder.
    """
    path = Path(settings.store).expanduser()
    if path.is_dir():
        raise UsageError(f"store = {settings.store!r} is a folder; name a file in it.")
    return path
