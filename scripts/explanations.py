"""`kuaizui headlines --explain DIR`: why each headline reads as it does, as pictures, text and one page for all."""

from __future__ import annotations

import functools
import html
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corpora.articles import InputRecord
from nlp.errors import UsageError
from nlp.headlines import HeadlineRecord
from scripts.generators import text_generator
from scripts.headline_writer import MeteredRecords, MeteredWindow, WindowWriter
from scripts.progress import how_many

if TYPE_CHECKING:
    from nlp.explanation import Explanation

INDEX = "index.html"
EXPLAINED_RECORDS = 50
"""Records explained unless another number is asked for: a picture takes longer than its headline, and people look at
few."""

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Headlines explained</title>
<style>
body {{ font-family: sans-serif; max-width: 70em; margin: 2em auto; padding: 0 1em; color: #222 }}
article {{ border-top: 1px solid #ccc; padding: 1em 0 }}
img {{ max-width: 100%; height: auto }}
pre {{ overflow-x: auto; line-height: 1.4 }}
.id {{ color: #666 }}
</style>
</head>
<body>
<h1>Headlines explained</h1>
<p>{count}. Attention shows where the model looked as it wrote each word.</p>
{articles}
</body>
</html>
"""


@dataclass(frozen=True)
class ExplainChoices:
    """What is to be explained, and where the explanations go."""

    folder: Path
    """New or empty."""
    most: int = EXPLAINED_RECORDS
    """Headlines explained; those after them are written only."""

    def check(self, input: str, resume: bool, workers: int) -> None:
        """Refuse what cannot work together.

        Raises:
            UsageError: naming the option.
        """
        if workers > 1:
            raise UsageError("--explain draws in one process: leave out --workers, or explain in a run of its own.")
        if resume:
            raise UsageError(
                "--explain is for the first headlines, which the run that --resume continues has written already: "
                "leave out one of them."
            )
        check_folder(self.folder)
        source, folder = Path(input).resolve(), self.folder.resolve()
        if source.is_dir() and folder.is_relative_to(source):
            raise UsageError(
                f"{self.folder}: this lies in the input folder, whose .txt files are read as articles; name a folder "
                "outside of it for --explain."
            )


class ExplanationFolder:
    """A folder with number.txt, .png and .svg for each explained headline, and a page that shows all of them."""

    def __init__(self, choices: ExplainChoices) -> None:
        self.path, self.most = choices.folder, choices.most
        self._without_picture: str | None = None
        self._others = 0
        self._articles: list[str] = []

    def add(self, number: int, record: HeadlineRecord, explanation: Explanation) -> None:
        """Write the explanation of the record with this number.

        Raises:
            OSError: a file cannot be written.
        """
        from nlp.heatmap import draw

        self.path.mkdir(parents=True, exist_ok=True)
        name = f"{number:04}"
        lines = explanation.lines()
        self.path.joinpath(f"{name}.txt").write_bytes(_utf8("\n".join(lines) + "\n"))
        has_picture = True
        try:
            draw(explanation, self.path / f"{name}.png")
            draw(explanation, self.path / f"{name}.svg")
        except UsageError as error:  # no matplotlib, no font: the text still says it all
            has_picture, self._without_picture = False, str(error)
        self._articles.append(_article(name, number, record, lines, has_picture))

    def write_index(self) -> None:
        """Write the page that shows what has been added."""
        if self._articles:
            page = _PAGE.format(count=how_many(len(self._articles), "headline"), articles="\n".join(self._articles))
            self.path.joinpath(INDEX).write_bytes(_utf8(page))

    def pass_over(self) -> None:
        """Count a headline that is not explained."""
        self._others += 1

    def tell(self) -> None:
        """Say on standard error what has been explained, and what is missing."""
        if self._without_picture:
            click.echo(f"kuaizui: explanations without a picture are there as text. {self._without_picture}", err=True)
        if self._articles:
            others = f"; --explain-most N explains more than {self.most:,}" if self._others else ""
            click.echo(
                f"kuaizui: {how_many(len(self), 'headline')} explained: open {self.path / INDEX}{others}", err=True
            )

    def __len__(self) -> int:
        return len(self._articles)


class ExplainingWriter:
    """A `WindowWriter` that also explains the first headlines it writes.

    Raises:
        UsageError: from `write_all`, where the folder cannot be written.
    """

    def __init__(self, writer: WindowWriter, folder: ExplanationFolder) -> None:
        self.writer, self.folder = writer, folder
        self._number = 0

    def __enter__(self) -> ExplainingWriter:
        return self

    def __exit__(self, *_: object) -> None:
        """The page shows what was reached, also where the run was broken off."""
        self.folder.write_index()

    def write_all(self, windows: Iterable[MeteredWindow]) -> Iterator[MeteredRecords]:
        """The records of each window, in order."""
        for window, bytes_read in windows:
            records = self.writer.write(window)
            try:
                self._explain(window, records)
            except OSError as error:
                raise UsageError(
                    f"{self.folder.path}: {error.strerror}; the explanations cannot be written. Make room or give "
                    "another folder; without --explain the headlines alone are written."
                ) from error
            yield records, bytes_read

    def _explain(self, window: Sequence[InputRecord], records: Sequence[HeadlineRecord]) -> None:
        from nlp.explanation import explain

        for article, record in zip(window, records, strict=True):
            self._number += 1
            if record.headline is None:
                continue
            if len(self.folder) >= self.folder.most:
                self.folder.pass_over()
                continue
            generator = text_generator(self.writer.generator_for(article))
            self.folder.add(self._number, record, explain(generator, (article.text,), record.headline))


def explain_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a click command the options of explanations; its function receives them as one argument, `explain`."""

    @functools.wraps(command)
    def with_choices(*arguments: Any, explain_folder: Path | None, explain_most: int, **options: Any) -> Any:
        explain = None if explain_folder is None else ExplainChoices(explain_folder, explain_most)
        return command(*arguments, explain=explain, **options)

    folder = click.option(
        "--explain",
        "explain_folder",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="Say in DIR, a new folder, why each headline reads so: attended words, copied or not, runners-up, as "
        f"attention heatmaps and text; {INDEX} shows all. For the first headlines only (see --explain-most).",
    )
    most = click.option(
        "--explain-most",
        type=click.IntRange(1),
        default=EXPLAINED_RECORDS,
        show_default=True,
        metavar="N",
        help="With --explain: headlines explained.",
    )
    return folder(most(with_choices))


def check_folder(path: Path) -> None:
    """See that `path` can be the folder of explanations: new, or empty.

    Raises:
        UsageError: it cannot.
    """
    if path.exists() and not path.is_dir():
        raise UsageError(f"{path}: this is a file; --explain wants a folder, which it makes.")
    if path.is_dir() and any(path.iterdir()):
        raise UsageError(f"{path}: this folder is not empty; name a new one, so that no two runs are mixed up in it.")


def _article(name: str, number: int, record: HeadlineRecord, lines: Sequence[str], has_picture: bool) -> str:
    headline = html.escape(record.headline or "")
    picture = (
        f'<a href="{name}.svg"><img src="{name}.png" alt="{headline}" loading="lazy"></a>\n' if has_picture else ""
    )
    identity = "" if record.id == str(number) else f" · {html.escape(record.id)}"
    return (
        f'<article>\n<p class="id">{number}{identity}</p>\n<h2>{headline}</h2>\n{picture}'
        f'<details{"" if has_picture else " open"}><summary><a href="{name}.txt">Text</a></summary>\n'
        f"<pre>{html.escape(chr(10).join(lines[2:]))}</pre></details>\n</article>"
    )


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")  # an id or a text may hold a lone surrogate from a JSON escape
