"""The model card: what a bundle is, what it was made of, and what it can and cannot do, from its own measurements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

_LANGUAGES = {"en": "English", "zh": "Chinese"}
_TASKS = {"headlines": "news headlines", "dialogue": "chat replies"}
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
    language: str,
    parameters: int,
    metrics: Mapping[str, Any],
    provenance: Mapping[str, Any],
    samples: Sequence[CardSample],
) -> str:
    """The card as Markdown."""
    training = provenance["training"]
    counts = provenance["data"]["counts"]
    limit = provenance["recipe"].get("model", {}).get("max_source_tokens", "the first")
    parts = [
        f"# {name}",
        f"{_LANGUAGES[language]} {_TASKS[task]}; {parameters / 1e6:.1f} million parameters, "
        f"{provenance['precision']}. {_INTRODUCTIONS[task].format(limit=limit)}",
        "## Made of",
        _corpora_table(provenance["data"]),
        f"Pairs for training {counts['train']:,}, validation {counts['validation']:,}, test {counts['test']:,}; no "
        "source text is in two of them. The texts belong to their authors and are not part of this model folder.",
        f"Trained for {training['minutes']:g} minutes on {provenance['machine']['cores']} "
        f"{provenance['machine']['processor']} cores ({training['dtype']}): {training['steps']:,} steps, "
        f"{training['pairs_learned_from']:,} pairs. Command: `{provenance['command']}`. "
        "Every setting and version is in `provenance.json`.",
        "## Measured",
        f"On {metrics['examples']:,} test pairs, with the search settings of this folder; 95 % bootstrap intervals in "
        "brackets. Everything is in `metrics.json`.",
        _figures_table(metrics),
        _agreement_line(metrics["int8_against_float32"]),
        "## Samples",
        "Spread evenly over the test pairs, not chosen.",
        "\n".join(_sample_lines(sample) for sample in samples),
        "## Limits",
        _LIMITS[task],
    ]
    return "\n\n".join(parts) + "\n"


def _corpora_table(data: Mapping[str, Any]) -> str:
    rows = [f"| {entry['name']} | {entry['pairs']:,} | `{entry['sha256'][:16]}` |" for entry in data["inputs"]]
    return "\n".join(["| corpus | pairs kept | SHA-256 begins |", "|---|---:|---|", *rows])


def _figures_table(metrics: Mapping[str, Any]) -> str:
    lead = metrics["lead"]
    unit = {"characters": "characters", "words": "words"}.get(lead["unit"], lead["unit"]) if lead else ""
    header = ["figure", "model", *([f"first {lead['length']} {unit} of the text"] if lead else [])]
    rows = [f"| {' | '.join(header)} |", f"|---|{'---:|' * (len(header) - 1)}"]
    for name, figure in metrics["figures"].items():
        cells = [name.replace("_", " "), _figure(name, figure)]
        if lead:
            cells.append(_figure(name, lead["figures"][name]))
        rows.append(f"| {' | '.join(cells)} |")
    likelihood = metrics["likelihood"]
    for name in ("perplexity", "bits_per_character", "token_accuracy"):
        cells = [name.replace("_", " "), f"{likelihood[name]:.3g}", *([""] if lead else [])]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _figure(name: str, figure: Mapping[str, Any]) -> str:
    """A share as a percentage; the mean length as it is."""
    factor = 1 if name == "mean_length" else 100
    value = f"{figure['value'] * factor:.1f}"
    if "low" not in figure:
        return value
    return f"{value} [{figure['low'] * factor:.1f}, {figure['high'] * factor:.1f}]"


def _agreement_line(agreement: Mapping[str, Any]) -> str:
    return (
        f"int8 against float32, greedy, {agreement['examples']:,} pairs: "
        f"{agreement['identical_greedy_outputs']:.1%} of the outputs are identical; ROUGE-L "
        f"{100 * agreement['rouge_l']:.2f} against {100 * agreement['rouge_l_float32']:.2f}."
    )


def _sample_lines(sample: CardSample) -> str:
    source = sample.source if len(sample.source) <= 160 else sample.source[:160].rsplit(" ", 1)[0] + " ..."
    return f"* {source}\n  * reference: {sample.reference}\n  * model: **{sample.output}**"
