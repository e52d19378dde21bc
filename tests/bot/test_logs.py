"""The log: JSON lines, without the token, without what people wrote."""

import io
import json
import logging

import pytest

from bot.logs import described, log_event, set_up_logs
from bot.token import Token

TOKEN = Token("4200000042:AAfake-token_of_no_bot")


@pytest.fixture
def log():
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    set_up_logs(TOKEN, stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.captureWarnings(False)
    root.handlers[:], root.level = before, level


def test_an_event_is_one_line_with_its_facts(log):
    log_event("update finished", update=7, state="answered", detail="one\ntwo")
    (line,) = log()
    assert line.pop("at").endswith("+00:00")
    assert line == {
        **{"level": "info", "from": "bot", "message": "update finished"},
        **{"update": 7, "state": "answered", "detail": "one\ntwo"},
    }


def test_the_token_is_masked_wherever_it_comes_from(log):
    logging.getLogger("telegram.ext").warning("POST https://api.telegram.org/bot%s/getMe", TOKEN.secret)
    log_event("x", url=f"bot{TOKEN.secret}")
    assert "AAfake" not in str(log()) and str(log()).count("<token>") == 2


def test_whatever_has_the_shape_of_a_token_is_masked(log):
    log_event("x", url=f"https://host/42:{'x' * 35}")
    (line,) = log()
    assert line["url"] == "https://host/<token>"


def test_requests_are_not_logged_nor_what_ptb_tells_in_debugging(log):
    logging.getLogger("httpx").info("HTTP Request: POST /bot...")
    logging.getLogger("telegram.ext.Application").debug("Processing update %s", "private words")
    assert log() == []


def test_an_error_is_told_by_kind_and_place_and_not_by_its_words(log):
    def fail():
        raise ValueError("private words")

    try:
        fail()
    except ValueError as error:
        logging.getLogger("bot.x").exception("it failed")
        assert described(error).startswith("ValueError in fail:")
    (line,) = log()
    assert "private" not in str(line) and line["error"].startswith("ValueError in fail:")
    assert described(KeyError("x")) == "KeyError"
