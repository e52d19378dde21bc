"""Which of the model's replies is said."""

from __future__ import annotations

from collections.abc import Sequence

from nlp.blocklists import load_blocklist
from nlp.companion.languages import LANGUAGES
from nlp.companion.reply import Rule
from nlp.constraints import contains_word
from nlp.generation import Candidate


def choose_candidate(
    candidates: Sequence[Candidate], turns: Sequence[str], ask_back_below: float
) -> tuple[Candidate | None, Rule]:
    """The best of `candidates` (best first) that may be said after `turns`; else none, and the rule against it.

    A reply repeats neither the message nor anything else that was said lately by either side, and holds no blocked word
    of any language. How likely it is counts last (`ask_back_below`, see `SearchConfig`): a reply worse than the one
    chosen is never taken for being likelier. One that was remembered tells no probabilities, and is not asked.
    """
    rule: Rule = "wordless"
    said = {_essence(turn) for turn in turns}
    for candidate in candidates:
        if not candidate.text.strip():
            continue
        if _essence(candidate.text) in said:
            rule = "repeated" if rule == "wordless" else rule
        elif _has_blocked_word(candidate.text):
            rule = "blocked"
        elif ask_back_below and sum(candidate.log_probs) < ask_back_below:
            return None, "unsure"
        else:
            return candidate, ""
    return None, rule


def _essence(text: str) -> str:
    """`text` without case and signs, by which "Hello!" repeats "hello"; signs alone stand for themselves."""
    return "".join(filter(str.isalnum, text.casefold())) or text.strip()


def _has_blocked_word(text: str) -> bool:
    return any(contains_word(text, word) for language in LANGUAGES for word in load_blocklist(language))
