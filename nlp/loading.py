"""Models by key, each loaded when it is first met: a program that serves several languages starts at once, and takes
memory for those that are asked for."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Generic, TypeVar

Source = TypeVar("Source", bound=Hashable)
Loaded = TypeVar("Loaded")


class LoadedWhenMet(Mapping[str, Loaded], Generic[Source, Loaded]):
    """What is loaded from the `sources` by their keys, each when it is first taken out, and kept.

    Keys with equal sources share what is loaded. For one thread at a time.

    Args:
        sources: what `load` is given for a key: a name, a folder, a bundle.
        load: whatever it raises, taking out raises, and the next one tries again.
        loaded: what is there already, by source.
    """

    def __init__(
        self,
        sources: Mapping[str, Source],
        load: Callable[[Source], Loaded],
        loaded: Mapping[Source, Loaded] | None = None,
    ) -> None:
        self.sources, self._load = sources, load
        self._loaded = dict(loaded or {})

    def __getitem__(self, key: str) -> Loaded:
        source = self.sources[key]
        if source not in self._loaded:
            self._loaded[source] = self._load(source)
        return self._loaded[source]

    def __iter__(self) -> Iterator[str]:
        return iter(self.sources)

    def __len__(self) -> int:
        return len(self.sources)

    def __contains__(self, key: object) -> bool:
        return key in self.sources  # Mapping's own would load it

    def is_loaded(self, key: str) -> bool:
        """Whether what belongs to this key is in memory. Raises: KeyError for one that there is not."""
        return self.sources[key] in self._loaded
