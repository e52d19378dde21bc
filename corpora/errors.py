"""The one error that reading and preparing corpora raises on purpose."""


class CorpusError(Exception):
    """A corpus file, or a setting about corpora, that cannot work as given.

    The message is written for the person at the keyboard: what is wrong, where (file, line, field), what to do.
    """

    exit_code = 2
