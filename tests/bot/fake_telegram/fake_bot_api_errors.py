"""Refusals of the fake Bot API, worded as Telegram words them."""


class ApiError(Exception):
    """A call is refused: `code` is the HTTP status and error_code, `parameters` the ResponseParameters or None."""

    def __init__(self, code, description, parameters=None):
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters

    def envelope(self):
        """The JSON object of the answer."""
        answer = {"ok": False, "error_code": self.code, "description": self.description}
        return answer | ({"parameters": self.parameters} if self.parameters else {})


def bad_request(what):
    """400: the request makes no sense as it is."""
    return ApiError(400, f"Bad Request: {what}")


def forbidden(what):
    """403: the bot may not do that to this chat."""
    return ApiError(403, f"Forbidden: {what}")


def conflict(what):
    """409: another poller or a webhook gets the updates."""
    return ApiError(409, f"Conflict: {what}")


def too_many_requests(seconds):
    """429: to be tried again after whole `seconds`."""
    return ApiError(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})


OTHER_POLLER = "terminated by other getUpdates request; make sure that only one bot instance is running"
STALE_QUERY = "query is too old and response timeout expired or query ID is invalid"
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content "
    "and reply markup of the message"
)
STATUS_WORDS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden: bot was blocked by the user",
    404: "Not Found",
    409: f"Conflict: {OTHER_POLLER}",
    500: "Internal Server Error",
    502: "Bad Gateway",
    504: "Gateway Timeout",
}
"""What stands in an answer of this status if nothing else is said."""


def scripted(code, retry_after=None, description=None):
    """The refusal that a test asks for by its status."""
    if code == 429:
        return too_many_requests(retry_after or 1)
    return ApiError(code, description or STATUS_WORDS.get(code, "Bad Request: refused by the test"))
