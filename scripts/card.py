"""The model card: what a bundle is, what it was made of, and what it can and cannot do, from its own measurements."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from nlp.bundle import LANGUAGE_NAMES
from nlp.config import Language, ModelConfig
from scripts.evaluation_tables import FIGURE_LABELS

_TASKS = {"headlines": "news headlines", "dialogue": "chat replies"}
_PLACE = re.compile(r"\$\{(\w+)\}")
"""What a recipe writes for a folder that is elsewhere on each machine."""
_INTRODUCTIONS = {
    "headlines": "Reads a news text and writes a headline for it. It sees the beginning of the text only, "
    "{limit} tokens of it.",
    "dialogue": "Reads the last turns of a conversation, {limit} tokens at most, and writes a reply.",
}
_LIMITS = {
    "headlines": """\
* It can be wrong: names and numbers may be changed, left out or made up. A person must read a headline before it is
  published.
* It knows only the registers and years of its corpora; on other kinds of text it does worse than the figures here.
* Rare names come out in pieces, and sometimes as other names.
* Not for advice of any kind, and not for text that is meant to deceive.""",
    "dialogue": """\
* It does not understand, remember facts, know the date or the news; what it says about the world may be false.
* It learned from what people wrote and can repeat their prejudices or rudeness.
* Not for advice of any kind - medical, legal, financial - and not for people in distress.""",
}


_LIKELIHOOD_LABELS = {
    "perplexity": ("perplexity per token, the lower the better", 1, ".1f"),
    "bits_per_character": ("bits per character, the lower the better", 1, ".2f"),
    "token_accuracy": ("next token right, %", 100, ".1f"),
}
"""What each figure of the likelihood is called, its factor and its format."""


class CardSample(Protocol):
    """One source with its reference and the model's output."""

    @property
    def source(self) -> str: ...

    @property
    def reference(self) -> str: ...

    @property
    def output(self) -> str: ...


def card_text(
    name: str,
    task: str,
    language: Language,
    parameters: int,
    metrics: Mapping[str, Any],
    provenance: Mapping[str, Any],
    samples: Sequence[CardSample],
    notes: str = "",
) -> str:
    """The card as Markdown; `notes` are what a person measured and found besides, Markdown too."""
    training = provenance["training"]
    counts = provenance["data"]["counts"]
    limit = provenance["recipe"].get("model", {}).get("max_source_tokens", ModelConfig.max_source_tokens)
    parts = [
        f"# {name}",
        f"{LANGUAGE_NAMES[language]} {_TASKS[task]}; {parameters / 1e6:.1f} million parameters, "
        f"{provenance['precision']}. {_INTRODUCTIONS[task].format(limit=limit)}{_styles(provenance['recipe'])}",
        "## Made of",
        _corpora_table(provenance["data"], provenance["recipe"]),
        f"Pairs for training {counts['train']:,}, validation {counts['validation']:,}, test {counts['test']:,}; no "
        "source text is in two of them. The texts belong to their authors and are not part of this model folder.",
        f"Trained for {training['minutes']:g} minutes on {provenance['machine']['cores']} "
        f"{provenance['machine']['processor']} cores ({training['dtype']}): {training['steps']:,} steps, "
        f"{training['pairs_learned_from']:,} pairs. Command: `{provenance['command']}`. "
        "Every setting and version is in `provenance.json`.",
        "## Measured",
        f"On {metrics['examples']:,} test pairs, with the search settings of this folder; 95 % bootstrap intervals in "
        "brackets. Figures without a unit are from 0 to 100 (ROUGE is F1): the higher the better. `kuaizui evaluate` "
        "computes them (`nlp/metrics`); `metrics.json` holds all of them, as shares of 1.",
        _figures_table(metrics),
        *([_greedy_line(metrics["greedy"], _greedy_label(metrics))] if metrics.get("greedy") else []),
        *([_reply_line(metrics["replies"])] if metrics.get("replies") else []),
        *([_unsupported_line(metrics["unsupported"])] if metrics.get("unsupported") else []),
        *([_registers_table(metrics["registers"])] if metrics.get("registers") else []),
        _agreement_line(metrics["int8_against_float32"]),
        *([notes.strip()] if notes.strip() else []),
        "## Samples",
        "Drawn from the test pairs by a fixed seed, not by hand.",
        "\n".join(_sample_lines(sample) for sample in samples),
        "## Limits",
        _LIMITS[task],
    ]
    return "\n\n".join(parts) + "\n"


def _styles(recipe: Mapping[str, Any]) -> str:
    styles = recipe.get("model", {}).get("styles", ())
    return f" Styles, for `--style`: {', '.join(styles)}; without one it judges by the text." if styles else ""


def _corpora_table(data: Mapping[str, Any], recipe: Mapping[str, Any]) -> str:
    # A folder that comes with Kuaizui is called by two names: "${SMALLTALK}/en" is "smalltalk/en" in the report.
    entries = {_PLACE.sub(lambda found: found[1].lower(), each["path"]): each for each in recipe.get("corpora", [])}
    rows = []
    for file in data["inputs"]:
        ends = (path for path in entries if f"/{path}".replace("\\", "/").endswith(f"/{file['name']}"))
        entry = entries.get(next(ends, ""), {})
        cells = (entry.get("style", ""), f"{entry.get('weight', 1.0):g}", entry.get("licence") or "not said")
        rows.append(f"| {file['name']} | {file['pairs']:,} | {' | '.join(cells)} | `{file['sha256'][:16]}` |")
    header = "| corpus | pairs kept | style | weight | licence | SHA-256 begins |"
    return "\n".join([header, "|---|---:|---|---:|---|---|", *rows])


def _registers_table(registers: Mapping[str, Any]) -> str:
    """ROUGE-L of each register's test pairs, beside the lead of a length chosen for that register."""
    rows = []
    for name, part in registers.items():
        figure, lead = part["main_figure"], part["lead"]
        cells = [_figure(figure, part["figures"][figure])]
        cells.append(f"{_figure(figure, lead['figures'][figure])} (first {lead['length']})" if lead else "")
        rows.append(f"| {name} | {part['examples']:,} | {' | '.join(cells)} |")
    return "\n".join(["| style of the reference | pairs | ROUGE-L | lead |", "|---|---:|---:|---:|", *rows])


def _unsupported_line(shares: Mapping[str, float]) -> str:
    return (
        f"A number, name or quotation that the article lacks, as `nlp/facts` finds it: in {shares['model']:.1%} of the "
        f"outputs, {shares['references']:.1%} of the references. A piece of the article stands in for an output in "
        f"{shares['extracts']:.1%}."
    )


def _figures_table(metrics: Mapping[str, Any]) -> str:
    lead, unit, replies = metrics["lead"], metrics["tokens"]["main"], metrics.get("replies")
    header = ["figure", "model", *([f"first {lead['length']} {lead['unit']} of the text"] if lead else [])]
    header += ["what people replied; a unigram model"] if replies else []
    people = {"distinct_2": "people_distinct_2", "most_frequent_output": "people_most_frequent"}
    rows = [f"| {' | '.join(header)} |", f"|---|{'---:|' * (len(header) - 1)}"]
    for name, label in FIGURE_LABELS.items():
        if name in metrics["figures"]:
            cells = [f"{label}, {unit}" if name == "mean_length" else label, _figure(name, metrics["figures"][name])]
            if lead:
                cells.append(_figure(name, lead["figures"][name]))
            if replies:
                cells.append(f"{100 * replies[people[name]]:.1f}" if name in people else "")
            rows.append(f"| {' | '.join(cells)} |")
    for name, (label, factor, form) in _LIKELIHOOD_LABELS.items():
        systems = [metrics["likelihood"], *([replies["unigram"]] if replies else [])]
        values = [each[name] for each in systems]
        cells = [label, *("infinite" if value is None else format(value * factor, form) for value in values)]
        cells += [""] if lead else []
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _figure(name: str, figure: Mapping[str, Any]) -> str:
    """A share as a percentage; the mean length as it is."""
    factor = 1 if name == "mean_length" else 100
    value = f"{figure['value'] * factor:.1f}"
    if "low" not in figure:
        return value
    return f"{value} [{figure['low'] * factor:.1f}, {figure['high'] * factor:.1f}]"


def _greedy_line(greedy: Mapping[str, Any], label: str) -> str:
    difference = greedy["difference"]
    low, high = (100 * difference["interval"][end] for end in ("low", "high"))
    return (
        f"Beam against greedy: {label} is {100 * greedy['value']:.1f} with greedy decoding; the search settings of "
        f"this folder change it by {100 * difference['value']:+.2f} [{low:+.2f}, {high:+.2f}] (paired; higher in "
        f"{difference['wins']:.0%} of the bootstrap samples)."
    )


def _greedy_label(metrics: Mapping[str, Any]) -> str:
    chrf = metrics["greedy"].get("figure") == "chrf"
    return FIGURE_LABELS["chrf" if chrf else metrics["main_figure"]]


def _reply_line(replies: Mapping[str, Any]) -> str:
    counted = "the validation set" if replies["unigram_counted_on"] == "validation" else "these same replies"
    return (
        f"The unigram model knows how frequent each token of {counted} is, and nothing else. "
        f"{replies['copies']:.1%} of the replies say the message again."
    )


def _agreement_line(agreement: Mapping[str, Any]) -> str:
    return (
        f"int8 against float32, greedy, {agreement['examples']:,} pairs: "
        f"{agreement['identical_greedy_outputs']:.1%} of the outputs are identical; ROUGE-L "
        f"{100 * agreement['rouge_l']:.2f} against {100 * agreement['rouge_l_float32']:.2f}."
    )


def _sample_lines(sample: CardSample) -> str:
    source = sample.source if len(sample.source) <= 160 else sample.source[:160].rsplit(" ", 1)[0] + " ..."
    return f"* {source}\n  * reference: {sample.reference}\n  * model: **{sample.output}**"
