"""Fonts for pictures that show text of any script: no row of empty boxes where Chinese should stand.

A fresh machine has no font but DejaVu Sans, which comes with matplotlib and knows no Chinese. The extra `pictures`
brings Noto Sans SC along (in the package zhplot, under the SIL Open Font License); after it the system's own fonts are
searched. The order makes a picture look the same on every machine that has the extra.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from nlp.errors import UsageError, how_to_install

if TYPE_CHECKING:
    from matplotlib.font_manager import FontProperties

FONT_PACKAGES = ("zhplot",)
"""Packages that bring a font along. Their folders are searched; they are never imported, as zhplot changes matplotlib's
settings when it is."""
LEGIBLE_SHARE = 0.5
"""Share of the letters beyond ASCII that a font must have. One rare character that no font knows spoils no picture."""
MISSING_SIGN = "?"
"""Stands in for what the font lacks; a person sees that something is missing without taking it for the text."""

_FAVOURITES = ("notosanssc", "notosanscjk", "sourcehansans", "wqy", "msyh", "pingfang", "hiragino", "simhei", "stheiti")
"""Upright sans-serif fonts with Chinese, by how their files are named on Linux, Windows and macOS."""
_NEVER = ("emoji", "lastresort", "blank")
"""Fonts that claim characters they have no readable outline for."""


def font_for(text: str) -> FontProperties:
    """A font that has the glyphs of `text`: the first that has all, else the one that lacks fewest.

    What it lacks, such as emoji, is for `drawable` to replace. Draw news with `parse_math=False`: dollar signs in it
    are no formulas.

    Raises:
        UsageError: matplotlib is not installed, or most letters of `text` are in no font; the message says what to do.
    """
    require_matplotlib()
    from matplotlib.font_manager import FontProperties

    needed = _visible(text)
    best, missing = _best_font(needed)
    letters = {character for character in needed if character.isalpha() and not character.isascii()}
    if len(letters & missing) > (1 - LEGIBLE_SHARE) * len(letters):
        shown = "".join(sorted(letters & missing)[:10])
        raise UsageError(
            f"No font on this machine has the characters {shown}, which the picture is to show. "
            f"{how_to_install('pictures')} brings a Chinese font along; or install one for the whole system, for "
            "example the package fonts-noto-cjk."
        )
    return FontProperties(fname=str(best))


def drawable(text: str, font: FontProperties) -> str:
    """`text` with every character that `font` lacks replaced by `MISSING_SIGN`, so that none becomes an empty box."""
    has = _characters(Path(str(font.get_file())))
    return "".join(character if character.isspace() or ord(character) in has else MISSING_SIGN for character in text)


def _best_font(needed: frozenset[str]) -> tuple[Path, frozenset[str]]:
    """A font file, and which of the characters it lacks."""
    best, fewest = Path(), needed
    for path in _fonts():
        has = _characters(path)
        missing = frozenset(character for character in needed if ord(character) not in has)
        if not missing:
            return path, missing
        if len(missing) < len(fewest) or best == Path():
            best, fewest = path, missing
    return best, fewest


def _fonts() -> Iterator[Path]:
    """Font files, the most welcome first; system fonts are only looked for where those before do not do."""
    import matplotlib

    yield Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
    for package in FONT_PACKAGES:
        spec = find_spec(package)
        for folder in (spec and spec.submodule_search_locations) or ():
            yield from sorted(path for path in Path(folder).rglob("*") if path.suffix.lower() in (".otf", ".ttf"))
    yield from _system_fonts()


@functools.cache
def _system_fonts() -> tuple[Path, ...]:
    # Asked from the disk and not from matplotlib's list of fonts, which it keeps in a file: somebody who follows our
    # advice and installs a font must not be told again that there is none.
    from matplotlib.font_manager import findSystemFonts

    paths = {Path(name) for name in findSystemFonts()}
    return tuple(sorted((path for path in paths if not _named(path, _NEVER)), key=_welcome))


def _welcome(path: Path) -> tuple[int, bool, str]:
    """Favourites first, plain styles before bold and slanted ones; then by name, to be the same every time."""
    favourite = next((place for place, name in enumerate(_FAVOURITES) if _named(path, (name,))), len(_FAVOURITES))
    return favourite, _named(path, ("bold", "black", "italic", "oblique", "light", "thin", "serif")), str(path)


def _named(path: Path, parts: tuple[str, ...]) -> bool:
    name = "".join(filter(str.isalnum, path.name.lower()))
    return any(part in name for part in parts)


@functools.cache
def _characters(path: Path) -> frozenset[int]:
    """Code points that a font has glyphs for; none where it cannot be read or drawn."""
    from matplotlib.ft2font import FT2Font

    try:
        face = FT2Font(str(path))
        return frozenset(face.get_charmap()) if face.scalable else frozenset()
    except (OSError, RuntimeError):
        return frozenset()


def _visible(text: str) -> frozenset[str]:
    return frozenset(character for character in text if not character.isspace())


def require_matplotlib() -> None:
    """See that pictures can be drawn.

    Raises:
        UsageError: matplotlib is not installed; the message says how to install it.
    """
    if find_spec("matplotlib") is None:
        raise UsageError(
            f"Drawing pictures needs the library matplotlib, which is not installed. {how_to_install('pictures')}"
        )
