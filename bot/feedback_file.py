"""What people think of replies, taken out of the store as lines that `kuaizui retrain --corpus` reads.

The store is opened for reading only, from beside: the bot may be at work in it. What comes out is of one moment.
"""

import contextlib
import json
import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from bot.store.errors import StoreError, store_error
from bot.store.feedback import DOWN, UP, Rating
from bot.store.schema import FEEDBACK_SINCE, check_version, version_of
from nlp.errors import UsageError

_BUSY_SECONDS = 5.0
_RATINGS: Mapping[Rating, str] = {UP: "up", DOWN: "down"}
# Of an aside, a text written by hand, a model may learn the better answer, but not the text.
_QUERY = """
    SELECT prompt, context, reply, rating, correction, model, at FROM feedback
    WHERE rating != 0 AND (kind != 'aside' OR correction != '') AND (:model IS NULL OR model = :model)
    ORDER BY at, feedback
"""


def feedback_lines(store: Path, model: str | None = None) -> Iterator[str]:
    """Each judged reply as a JSON object, the oldest first, without a line break; of one model if it is named.

    Keys: prompt, context (the turns before it, oldest first), reply, rating ("up" or "down"), correction (empty if
    none), model, at (ISO 8601, UTC).

    Raises:
        StoreError: there is no store, it is none of ours, or it cannot be read.
    """
    if not store.is_file():
        raise StoreError(f"There is no store {store}. Name the one of the bot: store = ... in its settings.")
    try:
        uri = f"{store.resolve().as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS)) as connection:
            check_version(connection, store.name)
            if version_of(connection) < FEEDBACK_SINCE:
                raise StoreError(
                    f"{store.name} is of an older Kuaizui, without feedback. Start the bot once, and stop it."
                )
            # All at once: as long as somebody reads, the bot cannot wipe from its log what a person asked to forget.
            rows = connection.execute(_QUERY, {"model": model}).fetchall()
    except sqlite3.Error as error:
        raise store_error(error, store) from error
    for row in rows:
        yield _line(*row)


def _line(prompt: str, context: str, reply: str, rating: Rating, correction: str, model: str, at: float) -> str:
    line = {
        "prompt": prompt,
        "context": json.loads(context),
        "reply": reply,
        "rating": _RATINGS[rating],
        "correction": correction,
        "model": model,
        "at": datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds"),
    }
    return json.dumps(line, ensure_ascii=False)


def write_lines(lines: Iterable[str], output: Path, store: Path) -> int:
    """Write lines into a file, which is there whole or as it was before, and say how many; only its owner may read it.

    Raises:
        UsageError: the file cannot be written, or is the store itself.
        StoreError: as `feedback_lines`, where the lines come from there.
    """
    if output.exists() and store.exists() and output.samefile(store):
        raise UsageError(f"{output} is the store itself. Name another file.")
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=output.parent, prefix=f".{output.name}-", suffix=".partial", delete=False
        ) as file:
            partial = Path(file.name)
            try:
                number = sum(file.write(line + "\n") > 0 for line in lines)
                file.flush()
                os.fsync(file.fileno())
                partial.replace(output)
            except BaseException:
                partial.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror or error}.") from error
    return number
