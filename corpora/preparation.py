"""From corpus files to training, validation and test sets: read, clean, sample, de-duplicate, split, count.

Everything streams. Held-out pairs go through a file beside the results, because only at the end is it known how many
groups fit into the limits of `SplitConfig`; the rest of them joins the training set.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from corpora.borders import Assigned, Judged, judge_borders
from corpora.cleaning import CleaningConfig, Normalize, blocked_pattern, normalized, reason_to_drop
from corpora.deduplication import Deduplicator
from corpora.digests import bare
from corpora.errors import CorpusError
from corpora.pairs import Pair, Record
from corpora.paraphrase import expand_folder, folder_files, held_out_prompts
from corpora.prepared import PairWriter, Prepared, describe_input, split_path
from corpora.readers import Columns, Problem, read_records
from corpora.recasing import recased
from corpora.report import PreparationReport
from corpora.sampling import sample_limit, sample_rank
from corpora.splitting import SPLITS, Split, SplitConfig, group_of, groups_within, split_of_group


@dataclass(frozen=True)
class CorpusSource:
    """One file, or one folder of small talk, to prepare, and how."""

    path: Path
    columns: Columns = field(default_factory=Columns)
    weight: float = 1.0
    """Multiplies the weight of each of its pairs."""
    max_pairs: int | None = None
    """Size of the sample to take of its clean pairs, drawn by hash and not from the head; reads the file twice."""
    keep_pattern: str | None = None
    """Regular expression that must be found in the last turn."""
    replace: tuple[str, ...] = ()
    """`old=new` texts, put in place in sources and targets, such as another name for a bot."""
    strip_pattern: str | None = None
    """Regular expression of what is taken out of sources and targets, such as marks that the corpus' maker left."""
    recase_target: bool = False
    """Targets are written all in lower case: give their words the capitals that the source shows."""
    style: str = ""
    """Register of its targets; pairs that name their own keep that."""
    expand: int = 0
    """Variants of each prompt that `corpora.paraphrase` adds to a folder of small talk."""

    def __post_init__(self) -> None:
        if not 0 < self.weight < float("inf"):
            raise CorpusError(f"{self.path}: weight = {self.weight} cannot work; it must be above 0 and finite.")
        if self.max_pairs is not None and self.max_pairs < 1:
            raise CorpusError(f"{self.path}: max_pairs = {self.max_pairs} cannot work; it must be at least 1.")
        if self.expand < 0 or (self.expand and self.path.is_file()):
            raise CorpusError(
                f"{self.path}: expand = {self.expand} cannot work; it is a number of variants, and for folders only."
            )
        if not all(old and equals for old, equals, _ in (text.partition("=") for text in self.replace)):
            raise CorpusError(f"{self.path}: replace = {list(self.replace)} cannot work; write old=new.")
        for name in ("keep_pattern", "strip_pattern"):
            pattern = getattr(self, name)
            try:
                re.compile(pattern or "")
            except re.error as error:
                raise CorpusError(f"{self.path}: {name} = {pattern!r} is no regular expression: {error}.") from None

    def files(self) -> list[Path]:
        """The files that decide what it holds.

        Raises:
            CorpusError: the folder is none of small talk.
        """
        return folder_files(self.path) if self.path.is_dir() else [self.path]

    def records(self, seed: int, problems: Callable[[Problem], None]) -> Iterator[Record]:
        """Its records; `seed` draws the variants of a folder's prompts.

        Raises:
            CorpusError: see `read_records` and `expand_folder`.
        """
        if self.path.is_dir():
            return expand_folder(self.path, self.expand, seed, problems)
        return read_records(self.path, self.columns, problems)


@dataclass(frozen=True)
class PrepareConfig:
    """How all the files are prepared."""

    cleaning: CleaningConfig = field(default_factory=CleaningConfig)
    split: SplitConfig = field(default_factory=SplitConfig)
    """Its seed also draws the samples."""
    max_pairs_per_source: int = 0
    """Different targets kept for one source; 0 keeps all."""
    blocked_words: tuple[str, ...] = ()
    """What `CleaningConfig.use_blocklist` is about."""


def prepare(
    sources: Sequence[CorpusSource],
    config: PrepareConfig,
    directory: Path,
    normalize: Normalize,
    problems: Callable[[Problem], None],
) -> Prepared:
    """Write `train.jsonl`, `validation.jsonl` and `test.jsonl` into `directory` (made if need be).

    The three files appear together at the end; after an error what lay there before is untouched. Memory does not grow
    with the texts, only by the digests of `Deduplicator` and one number per held-out group.

    Raises:
        CorpusError: a file cannot be read (see `read_records`) or written, or nothing is left to train on.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".preparing-", dir=directory) as staging:
            prepared = _Preparation(config, normalize, problems).run(sources, Path(staging), directory)
            for split in SPLITS:
                split_path(Path(staging), split).replace(split_path(directory, split))
    except OSError as error:
        raise CorpusError(
            f"{directory}: the prepared corpus cannot be written: {error.strerror or error}. "
            "Free some space or name another folder."
        ) from error
    return prepared


class _Preparation:
    """One run of `prepare`: what its steps share."""

    def __init__(self, config: PrepareConfig, normalize: Normalize, problems: Callable[[Problem], None]) -> None:
        self._config = config
        self._normalize = normalize
        self._problems = problems
        self._report = PreparationReport()
        self._deduplicator = Deduplicator(config.max_pairs_per_source, config.cleaning.max_pairs_per_target)
        self._blocked = blocked_pattern(config.blocked_words if config.cleaning.use_blocklist else ())
        self._held_out: frozenset[str] = frozenset()

    def run(self, sources: Sequence[CorpusSource], staging: Path, directory: Path) -> Prepared:
        """Write the three files into `staging`; the result names `directory`, to which they will be moved."""
        folders = [source.path for source in sources if source.path.is_dir()]
        self._held_out = frozenset().union(*map(held_out_prompts, folders))
        held_out_path = staging / "held-out.jsonl"
        pairs_per_group: dict[Split, Counter[int]] = {"validation": Counter(), "test": Counter()}
        with ExitStack() as stack:
            writers = {split: stack.enter_context(PairWriter(split_path(staging, split))) for split in SPLITS}
            with PairWriter(held_out_path) as held_out:
                kept = [self._divide(source, writers["train"], held_out, pairs_per_group) for source in sources]
            self._share_out(held_out_path, pairs_per_group, writers)
            counts = {split: writer.count for split, writer in writers.items()}
        if not counts["train"]:
            raise CorpusError(self._nothing_left(sources))
        inputs = tuple(
            describe_input(source.path, pairs, source.files()) for source, pairs in zip(sources, kept, strict=True)
        )
        return Prepared(directory, counts, self._report, inputs)

    def _divide(
        self,
        source: CorpusSource,
        train: PairWriter,
        held_out: PairWriter,
        pairs_per_group: dict[Split, Counter[int]],
    ) -> int:
        """Write the pairs of one file to training or beside it; the number of pairs kept."""
        kept = 0
        for (record, group, split), leaks in self._judged(source):
            if leaks:
                self._report.add_dropped("near_border", record)
                continue
            kept += 1
            self._report.add_kept()
            if split == "train":
                train.write(record.pair)
            else:
                held_out.write(record.pair, split=split, group=group)
                pairs_per_group[split][group] += 1
        return kept

    def _judged(self, source: CorpusSource) -> Iterator[Judged]:
        config = self._config.split
        assigned = (
            Assigned(record, group := group_of(record, config), split_of_group(group, config))
            for record in self._kept(source)
        )
        # A folder of small talk names the group of every pair: there are no borders.
        if config.task == "dialogue" and not source.path.is_dir():
            return judge_borders(assigned, config.border_lines)
        return (Judged(each, leaks=False) for each in assigned)

    def _kept(self, source: CorpusSource) -> Iterator[Record]:
        """The records of one file that pass every filter, normalised and weighted."""
        highest_rank = self._sample_limit(source)
        for record, reason in self._cleaned(source, self._add_problem):
            self._report.add_read()
            reason = reason or self._not_sampled(record.pair, highest_rank)
            reason = reason or self._deduplicator.reason_to_drop(record.pair, every_target=source.path.is_dir())
            if reason:
                self._report.add_dropped(reason, record)
            else:
                pair = record.pair
                weight, style = pair.weight * source.weight, pair.style or source.style
                yield record._replace(pair=pair._replace(weight=weight, style=style))

    def _cleaned(
        self, source: CorpusSource, problems: Callable[[Problem], None]
    ) -> Iterator[tuple[Record, str | None]]:
        """Every record of one file, normalised, with the reason to drop it."""
        pattern = re.compile(source.keep_pattern) if source.keep_pattern else None
        strip = re.compile(source.strip_pattern) if source.strip_pattern else None
        replacements = [(old, new) for old, _, new in (text.partition("=") for text in source.replace)]
        for record in source.records(self._config.split.seed, problems):
            pair = record.pair
            for old, new in replacements:
                turns = tuple(turn.replace(old, new) for turn in pair.turns)
                pair = pair._replace(turns=turns, target=pair.target.replace(old, new))
            if strip:
                turns = tuple(strip.sub("", turn) for turn in pair.turns)
                pair = pair._replace(turns=turns, target=strip.sub("", pair.target))
            pair = normalized(pair, self._normalize)
            if source.recase_target:
                pair = recased(pair)
            reason = reason_to_drop(pair, self._config.cleaning)
            if not reason and pattern and not pattern.search(pair.turns[-1]):
                reason = "pattern_not_found"
            if not reason and bare(pair.turns[-1]) in self._held_out:
                reason = "held_out_prompt"
            if not reason and self._blocked and self._blocked.search(pair.target):
                reason = "blocked_word"
            yield record._replace(pair=pair), reason

    def _sample_limit(self, source: CorpusSource) -> int | None:
        if source.max_pairs is None:
            return None
        # This is the first of two readings: the second one tells of the problems.
        clean = (record.pair for record, reason in self._cleaned(source, lambda problem: None) if not reason)
        return sample_limit(clean, source.max_pairs, self._config.split.seed)

    def _not_sampled(self, pair: Pair, highest_rank: int | None) -> str | None:
        if highest_rank is None or sample_rank(pair, self._config.split.seed) <= highest_rank:
            return None
        return "not_sampled"

    def _add_problem(self, problem: Problem) -> None:
        self._report.add_problem(problem)
        self._problems(problem)

    def _share_out(
        self,
        held_out: Path,
        pairs_per_group: dict[Split, Counter[int]],
        writers: dict[Split, PairWriter],
    ) -> None:
        """Move the held-out pairs into their splits, and those of groups over the limit into training."""
        config = self._config.split
        chosen = {
            "validation": groups_within(pairs_per_group["validation"], config.max_validation_pairs),
            "test": groups_within(pairs_per_group["test"], config.max_test_pairs),
        }
        with held_out.open(encoding="utf-8") as lines:
            for line in lines:
                values = json.loads(line)
                pair = Pair(tuple(values["turns"]), values["target"], values["weight"], values.get("style", ""))
                split: Split = values["split"]
                writers[split if values["group"] in chosen[split] else "train"].write(pair)

    def _nothing_left(self, sources: Sequence[CorpusSource]) -> str:
        names = ", ".join(str(source.path) for source in sources) or "no file was named"
        advice = (
            "All pairs that were kept fell into validation or test: lower their shares, or block_lines."
            if self._report.kept
            else "Loosen the filter that dropped most, or check which columns hold source and target."
        )
        return "\n".join([f"No pair is left to train on ({names}). {advice}", *self._report.lines()])
