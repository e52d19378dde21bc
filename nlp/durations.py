"""Spans of time as people say them."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """`seconds` in words, such as 1 h 05 min; a dash when unknown."""
    if seconds != seconds:
        return "-"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
