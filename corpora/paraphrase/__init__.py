"""A paraphrase grammar: from hand-written small talk to as many ways of saying it as people have.

What is said comes from data: `grammar.toml` beside the talk holds every word list and rule. What is answered is never
altered.
"""

from corpora.digests import bare
from corpora.paraphrase.expansion import expand_folder, folder_files, held_out_prompts
from corpora.paraphrase.grammar import Grammar, read_grammar
from corpora.paraphrase.held_out import read_held_out, without_held_out
from corpora.paraphrase.variants import variants

__all__ = [
    "Grammar",
    "bare",
    "expand_folder",
    "folder_files",
    "held_out_prompts",
    "read_grammar",
    "read_held_out",
    "variants",
    "without_held_out",
]
