"""`make demo`, or `python -m scripts.demo`: the shipped models at work on the sample news, and in a short chat."""

from __future__ import annotations

import io
import re
import sys
import time
import unicodedata
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

import corpora
from nlp.errors import KuaizuiError
from nlp.headlines import HeadlineWriter
from nlp.text import has_han
from scripts.chat import Conversation
from scripts.generators import LoadGenerator, TextGenerators
from scripts.inputs import read_records
from scripts.models import shipped_models

if TYPE_CHECKING:
    from nlp.bundle import BundleInfo

SAMPLES = Path(corpora.__file__).parent / "samples"
LANGUAGES = {"en": "English", "zh": "Chinese"}
MESSAGES = {
    "en": ("Hello! How are you today?", "What did you do at the weekend?", "Do you like music?"),
    "zh": ("你好呀！", "今天吃了什么？", "你喜欢听音乐吗？"),
}
SHOWN_COLUMNS = 76
"""Width of the beginning of a text; a Han character takes two columns of a terminal."""
NO_CHAT = (
    "Chat models are still to come. You can train one of your own:\n"
    "  kuaizui train dialogue-en --corpora DIR   (needs: pip install -e '.[train]')"
)


class Demo:
    """One showing: `say` takes each line, `clock` gives seconds."""

    def __init__(
        self,
        bundles: Sequence[BundleInfo],
        load_generator: LoadGenerator,
        say: Callable[[str], None],
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.bundles, self.load_generator, self.say, self.clock = bundles, load_generator, say, clock

    def run(self) -> None:
        """Show everything that the shipped models can do."""
        names = {bundle.name for bundle in self.bundles}
        for language in LANGUAGES:
            model = f"headlines-{language}"
            if model in names:
                self.headlines(model, language)
            else:
                self.say(f"No {LANGUAGES[language]} headline model is shipped with this version. Train one:")
                self.say(f"  kuaizui train {model} --corpora DIR   (needs: pip install -e '.[train]')\n")
        dialogue = [bundle for bundle in self.bundles if bundle.task == "dialogue"]
        for bundle in dialogue:
            self.chat(bundle)
        if not dialogue:
            self.say(NO_CHAT)

    def headlines(self, model: str, language: str) -> None:
        """Write a headline for each sample text of `language`, and tell how long it took."""
        sample = SAMPLES / f"news-{language}.txt"
        articles = list(read_records(sample))
        self.say(f"{LANGUAGES[language]} headlines: kuaizui headlines {SAMPLES.parent.name}/samples/{sample.name}\n")
        started = self.clock()
        writer = HeadlineWriter(self.load_generator, model)
        loaded = self.clock()
        records = writer.write(articles)
        done = self.clock()
        for article, record in zip(articles, records, strict=True):
            self.say(f"  {beginning(article.text, SHOWN_COLUMNS)}")
            self.say(f"    -> {record.headline or record.error}\n")
        self.say(f"  Model loaded in {loaded - started:.2f} s, {len(records)} headlines in {done - loaded:.2f} s.\n")

    def chat(self, bundle: BundleInfo) -> None:
        """Say a few things to a dialogue model, which sees what was said before."""
        self.say(f"{LANGUAGES[bundle.language]} chat: kuaizui chat --model {bundle.name}\n")
        conversation = Conversation({bundle.language: bundle.name}, self.load_generator)
        for message in MESSAGES[bundle.language]:
            self.say(f"  you      {message}")
            self.say(f"  kuaizui  {conversation.reply(message)}")
        self.say("")


def beginning(text: str, columns: int) -> str:
    """As much of `text` as fits into `columns` of a terminal, cut behind a word where the script has spaces."""
    if sum(map(_width, text)) <= columns:
        return text
    room, end = columns - 2, 0
    while end < len(text) and room >= _width(text[end]):
        room -= _width(text[end])
        end += 1
    kept = text[:end]
    if not has_han(kept) and text[end] != " ":
        kept = kept.rpartition(" ")[0] or kept
    return kept.rstrip() + " …"


def _width(character: str) -> int:
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def draw(lines: Sequence[str], path: Path) -> None:
    """Draw `lines` as a terminal shows them, into an SVG file."""
    from rich.console import Console
    from rich.text import Text

    console = Console(record=True, width=SHOWN_COLUMNS + 6, file=io.StringIO())
    for line in lines:
        answer = line.lstrip().startswith(("->", "kuaizui "))
        heading = not line.startswith(" ")
        console.print(Text(line, style="bold green" if answer else "bold" if heading else "dim"), soft_wrap=True)
    # The picture names a font on somebody's server; without it, it is self-contained and takes the viewer's own.
    picture = re.sub(r"@font-face \{.*?\}", "", console.export_svg(title="make demo"), flags=re.DOTALL)
    path.write_text(picture, encoding="utf8")


def main() -> None:
    """Run the demo for a person; an error is a message and its exit code. `--picture FILE` also draws it."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    shown: list[str] = []

    def say(text: str) -> None:
        shown.extend(text.split("\n"))
        click.echo(text)

    try:
        Demo(shipped_models(), TextGenerators(), say).run()
        if sys.argv[1:2] == ["--picture"] and len(sys.argv) == 3:
            draw(shown, Path(sys.argv[2]))
    except KuaizuiError as error:
        click.echo(f"kuaizui: error: {error}", err=True)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, BrokenPipeError):
        with suppress(OSError):
            sys.stdout.close()  # nobody listens any more
        sys.exit(130)


if __name__ == "__main__":
    main()
