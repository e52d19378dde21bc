"""The windows of a run of `headlines`: articles in, headlines out, in this process."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence

from corpora.articles import InputRecord
from nlp.errors import BundleError, UsageError
from nlp.headlines import LANGUAGE_NAMES, HeadlineRecord, HeadlineWriter, LoadGenerator
from scripts.generators import search_config
from scripts.progress import how_many
from scripts.search_options import SearchChoices

MOST_HELD = 10_000
"""Records without a model that are held back before it is clear that none will have one."""

MeteredWindow = tuple[Sequence[InputRecord], int]
"""A window of articles, and how many bytes of the input had been read with it."""
MeteredRecords = tuple[list[HeadlineRecord], int]
"""Its records, and the same number."""


class WorkerError(UsageError):
    """A worker process was killed; what was written before is safe."""


class WindowWriter(HeadlineWriter):
    """A `HeadlineWriter` that searches as the person chose, and goes through all windows.

    Raises: as `HeadlineWriter`.
    """

    def __init__(self, load_generator: LoadGenerator, model: str | None, choices: SearchChoices | None = None) -> None:
        search_of = functools.partial(search_config, choices=choices or SearchChoices())
        super().__init__(load_generator, model, search_of, _no_model)

    def __enter__(self) -> WindowWriter:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to end: the models go with the process."""

    def write_all(self, windows: Iterable[MeteredWindow]) -> Iterator[MeteredRecords]:
        """The records of each window, in order."""
        for window, bytes_read in windows:
            yield self.write(window), bytes_read


def _no_model(language: str, model: str, error: BundleError) -> str:
    from nlp.bundle import MANIFEST_FILE, PRETRAINED  # here: only a failure pays for it

    there = (PRETRAINED / model / MANIFEST_FILE).is_file()
    why = str(error).rstrip(".") if there else f"no model {model} comes with this installation"
    name = LANGUAGE_NAMES[language]
    return (
        f"the text is {name}, and {why}. Name a model for {name}, or its folder, with --model; it is then used for "
        "every record"
    )


def once_there_is_a_model(windows: Iterable[MeteredRecords]) -> Iterator[MeteredRecords]:
    """The same windows, held back until one has a record whose model could be loaded.

    So a run without any model leaves no output behind, and a line in another language does not end a run.

    Raises:
        BundleError: no record has a model, or none of the first MOST_HELD.
    """
    windows = iter(windows)
    held: list[MeteredRecords] = []
    lacking: list[HeadlineRecord] = []
    count = 0
    for window in windows:
        held.append(window)
        count += len(window[0])
        lacking += [record for record in window[0] if record.has_model is False][: 1 - len(lacking)]
        if any(record.has_model for record in window[0]) or (count >= MOST_HELD and not lacking):
            break
        if count >= MOST_HELD:
            raise _none_has_a_model(lacking[0], count)
    else:
        if lacking:
            raise _none_has_a_model(lacking[0], count)
    yield from held
    yield from windows


def _none_has_a_model(first: HeadlineRecord, count: int) -> BundleError:
    return BundleError(f"there is no model for any text of the {how_many(count, 'record')} read. {first.error}.")
