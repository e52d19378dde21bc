"""What admins see of people's judgements: numbers by model, nobody's words."""

from dataclasses import dataclass

from bot.store.database import Database


@dataclass(frozen=True)
class Ratings:
    """How the replies of a model were judged, as far as that is stored."""

    model: str
    up: int
    down: int


class Figures(Database):
    """The part of the store that counts."""

    def ratings(self) -> list[Ratings]:
        """The judgements of each model's replies, by name; texts written by hand are nobody's."""
        query = (
            "SELECT model, SUM(rating = 1), SUM(rating = -1) FROM feedback"
            " WHERE rating != 0 AND kind != 'aside' AND model != '' GROUP BY model ORDER BY model"
        )
        return [Ratings(*row) for row in self.rows(query)]
