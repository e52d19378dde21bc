"""What explanations say to people, in the two languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Wording:
    """The texts of one language."""

    end: str
    """Name of the token that ends a text."""
    turn: str
    """Name of the token between two turns."""
    unknown: str
    """Name of a token that stands for what the vocabulary lacks."""
    title: str
    output: str
    """Heads the columns of a picture."""
    source: str
    """Heads its rows."""
    attention: str
    word: str
    probability: str
    runner_ups: str
    origin: str
    copied: str
    """Of a model that copies: its share follows."""
    generated: str
    in_source: str
    """Of a model that does not copy: the word stands in the source too."""
    not_in_source: str
    shades: str
    """Explains the cells of a picture."""
    framed_copied: str
    """Explains dots and frames, of a model that copies."""
    framed_in_source: str
    """Explains them, of one that does not."""
    gap: str
    """Stands for `{count}` source words in a row that are left out."""
    left_out: str
    """Explains gaps."""
    no_attention: str


ENGLISH = Wording(
    end="(end)",
    turn="(next turn)",
    unknown="(unknown)",
    title="What each word was written from",
    output="words written →",
    source="words of the text ↓",
    attention="Attention",
    word="word",
    probability="Probability",
    runner_ups="Runner-up",
    origin="Origin",
    copied="Copied",
    generated="Generated",
    in_source="In the text",
    not_in_source="Not in the text",
    shades="Shade and number: share of a written word's attention, in %.",
    framed_copied="Dot: the word was copied from the text; framed where from.",
    framed_in_source="Dot: the word stands in the text; framed where the model looked at it.",
    gap="… {count} words",
    left_out="“…” sums up words that drew little attention.",
    no_attention="this model has no attention",
)
CHINESE = Wording(
    end="（结束）",
    turn="（下一句）",
    unknown="（未知）",
    title="每个词是看着原文哪里写出来的",
    output="写出的词 →",
    source="原文的词 ↓",
    attention="注意力",
    word="词",
    probability="概率",
    runner_ups="备选",
    origin="来源",
    copied="抄自原文",
    generated="生成",
    in_source="原文有",
    not_in_source="原文无",
    shades="颜色与数字：写这个词时对原文各词的注意力（%）。",
    framed_copied="圆点：该词抄自原文；方框：抄自何处。",
    framed_in_source="圆点：原文中有该词；方框：模型看着该词。",
    gap="… {count} 个词",
    left_out="“…”合并了几乎未受注意的词。",
    no_attention="该模型没有注意力机制",
)


def wording(language: Literal["en", "zh"]) -> Wording:
    """The texts for people who read `language`."""
    return CHINESE if language == "zh" else ENGLISH


def percent(share: float) -> str:
    """A share between 0 and 1 in whole per cent; what is there but less than one is said to be that."""
    return "<1%" if 0 < share < 0.005 else f"{share:.0%}"
