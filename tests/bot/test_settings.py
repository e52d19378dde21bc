"""Settings: where they come from, what is refused, and that the token shows nowhere."""

import pytest

from bot.settings import Settings, read_settings, store_path
from bot.token import Token
from nlp.errors import ConfigError, UsageError

TOKEN = "4200000042:AAfake-token_of_no_bot"
SECRET = TOKEN.partition(":")[2]
SHAPED = f"4200000043:AA{'x' * 33}"
"""Of the length of real ones."""


def refused(environment, file=None):
    with pytest.raises(ConfigError) as caught:
        read_settings(environment, file)
    assert SECRET not in str(caught.value)
    return str(caught.value)


def test_a_token_is_all_that_must_be_set():
    settings, token = read_settings({"TELEGRAM_BOT_TOKEN": f" {TOKEN}\n"})
    assert settings == Settings() and token.secret == TOKEN and token.bot_id == 4200000042


def test_the_environment_goes_before_the_file(tmp_path):
    file = tmp_path / "bot.toml"
    file.write_text('threads = 3\nallowed = [1, -100]\nretention_days = 7\nquote = "always"\n')
    environment = {"TELEGRAM_BOT_TOKEN": TOKEN, "KUAIZUI_BOT_THREADS": "1", "KUAIZUI_BOT_HEADLINE_MODELS": "a, b"}
    settings, _ = read_settings(environment, file)
    assert (settings.threads, settings.allowed, settings.retention_days) == (1, (1, -100), 7.0)
    assert settings.headline_models == ("a", "b") and settings.quote == "always"
    assert read_settings({**environment, "KUAIZUI_BOT_CONFIG": str(file)})[0] == settings


def test_the_token_may_be_in_a_file(tmp_path):
    (tmp_path / "token").write_text(TOKEN + "\n")
    environment = {"KUAIZUI_BOT_TOKEN_FILE": str(tmp_path / "token")}
    assert read_settings(environment)[1].secret == TOKEN
    assert "token cannot be read" in refused({"KUAIZUI_BOT_TOKEN_FILE": str(tmp_path / "nowhere")})
    (tmp_path / "token").write_bytes(b"\xff\xfe")
    assert "not UTF-8" in refused(environment)


def test_all_mistakes_are_told_at_once(tmp_path):
    file = tmp_path / "bot.toml"
    file.write_text(f'token = "{TOKEN}"\nthread = 2\nbase_url = "telegram"\nopen_per_person = 0\nallowed = 5\n')
    environment = {"KUAIZUI_BOT_SLOTS": "many", "KUAIZUI_BOT_STYLE": "x", "KUAIZUI_BOT_ADMINS": "1,me"}
    message = refused(environment, file)
    assert message.count("\n") == 9
    for part in (
        *("the token does not belong here", "'thread'. Did you mean 'threads'", "base_url = 'telegram'"),
        *("open_per_person = 0", "allowed = 5; a list", "KUAIZUI_BOT_SLOTS: slots = 'many'; int is wanted"),
        *("unknown key 'style'", "admins = 'me'; int is wanted", "There is no token: set TELEGRAM_BOT_TOKEN"),
    ):
        assert part in message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("base_url", "https://api.telegram.org/bot/"),
        ("base_url", "http://:x"),
        ("webhook_url", "ftp://example.org"),
        ("webhook_url", "http://example.org/hook"),
        ("webhook_port", "70000"),
        ("webhook_secret", "no spaces"),
        ("retention_days", "0"),
        ("retention_days", "inf"),
        ("retention_days", "nan"),
        ("drain_seconds", "inf"),
        ("drain_seconds", "nan"),
        ("document_megabytes", "nan"),
        ("quote", "never"),
        ("store", " "),
        ("group_per_minute", "0"),
    ],
)
def test_a_value_that_cannot_work_is_refused(name, value):
    message = refused({"TELEGRAM_BOT_TOKEN": TOKEN, f"KUAIZUI_BOT_{name.upper()}": value})
    assert name in message and message.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("token_file", SHAPED),
        ("token_file", f"./{SHAPED}"),
        ("base_url", f"https://api.telegram.org/bot{SHAPED}/"),
        ("webhook_url", f"ftp://host/{SHAPED}"),
        ("threads", SHAPED),
        ("webhook_secret", SHAPED),
        (SHAPED, "1"),
    ],
)
def test_a_token_in_the_wrong_place_is_not_shown(name, value):
    message = refused({f"KUAIZUI_BOT_{name.upper()}": value})
    assert SHAPED.partition(":")[2].lower() not in message.lower()


def test_the_token_in_the_place_of_its_file_is_told():
    message = refused({"KUAIZUI_BOT_TOKEN_FILE": SHAPED})
    assert "token_file is to name a file" in message and message.count("\n") == 1


def test_only_a_server_of_ones_own_calls_a_webhook_without_https():
    environment = {"TELEGRAM_BOT_TOKEN": TOKEN, "KUAIZUI_BOT_WEBHOOK_URL": "http://127.0.0.1:8443/hook"}
    assert "https://" in refused(environment)
    own = {**environment, "KUAIZUI_BOT_BASE_URL": "http://127.0.0.1:8081/bot"}
    assert read_settings(own)[0].webhook_url == "http://127.0.0.1:8443/hook"


def test_two_listeners_cannot_have_one_port():
    ports = {"KUAIZUI_BOT_METRICS_PORT": "8443"}
    assert read_settings({"TELEGRAM_BOT_TOKEN": TOKEN, **ports})[0].metrics_port == 8443  # there is one only
    message = refused({"KUAIZUI_BOT_WEBHOOK_URL": "https://example.org", "KUAIZUI_BOT_SLOTS": "0", **ports})
    assert "metrics_port and webhook_port are both 8443" in message
    assert "slots = 0" in message and "There is no token" in message  # told with all else


@pytest.mark.parametrize("text", ["", "42", "0:abcdefghij", "x:abcdefghijk", "42:short", "42:with space inside"])
def test_what_is_no_token_is_refused_without_showing_it(text):
    message = refused({"TELEGRAM_BOT_TOKEN": text, "KUAIZUI_BOT_TOKEN": TOKEN})
    assert "the token's variable is TELEGRAM_BOT_TOKEN" in message and "short" not in message


@pytest.mark.parametrize("content", ["threads = ", b"\xff"])
def test_a_file_that_is_no_toml_is_refused(tmp_path, content):
    file = tmp_path / "bot.toml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert "bot.toml: this is not" in refused({"TELEGRAM_BOT_TOKEN": TOKEN}, file)
    assert "cannot be read" in refused({"TELEGRAM_BOT_TOKEN": TOKEN}, tmp_path / "nowhere.toml")


def test_secrets_are_masked_in_what_python_shows():
    settings, token = read_settings({"TELEGRAM_BOT_TOKEN": TOKEN, "KUAIZUI_BOT_WEBHOOK_SECRET": "hidden-secret"})
    assert SECRET not in f"{token!r}{token}" and "hidden-secret" not in repr(settings)
    assert token.masked(f"/bot{TOKEN}/getMe and {SECRET}") == "/bot<token>/getMe and <token>"
    with pytest.raises(ValueError) as caught:
        Token("42:not a token")
    assert "not a token" not in str(caught.value)


def test_a_folder_is_no_store(tmp_path):
    with pytest.raises(UsageError, match="is a folder"):
        store_path(Settings(store=str(tmp_path)))
    assert store_path(Settings(store=str(tmp_path / "a.db"))) == tmp_path / "a.db"
