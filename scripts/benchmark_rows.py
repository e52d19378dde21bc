"""What a benchmark found, row by row: a table for people, stable keys for machines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table


@dataclass(frozen=True)
class Row:
    """One figure."""

    group: str
    """Rows of one group stand together under its name."""
    key: str
    """Its name in JSON, which stays the same from version to version."""
    label: str
    value: float | str
    """A text where there is no figure, which says why."""
    unit: str = ""


def as_json(rows: Iterable[Row]) -> dict[str, float | str]:
    """The figures by key."""
    return {row.key: row.value for row in rows}


def as_table(rows: Iterable[Row], title: str) -> Table:
    """The figures by group, with their units."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, box=SIMPLE_HEAD, title_justify="left")
    table.add_column("what", overflow="fold")
    table.add_column("figure", justify="right", overflow="fold")
    table.add_column("unit", overflow="fold")
    group = None
    for row in rows:
        if row.group != group:
            if group is not None:
                table.add_section()
            table.add_row(Text(row.group, "bold"), "", "")
            group = row.group
        table.add_row(Text(f"  {row.label}"), Text(shown(row.value)), Text(row.unit))  # no markup: [train] is text
    return table


def shown(value: float | str) -> str:
    """A figure to three digits, or whole from a hundred on."""
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
