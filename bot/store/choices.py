"""Which models an admin has chosen in place of those that are set; kept, so that a restart changes nothing."""

import json
from dataclasses import asdict, dataclass

from bot.store.database import Database

_KEY = "models"


@dataclass(frozen=True)
class Choice:
    """A model in the place of another."""

    task: str
    language: str
    instead_of: str
    """The folder of the bundle that the settings name, "" for none; once they name another, the choice is void."""
    use: str
    """The folder of the bundle to use."""


class Choices(Database):
    """The part of the store that knows which models were chosen."""

    def model_choices(self) -> list[Choice]:
        """All choices, by task and language."""
        found = self.rows("SELECT value FROM meta WHERE key = ?", (_KEY,))
        return [Choice(**each) for each in json.loads(found[0][0])] if found else []

    def choose_model(self, choice: Choice) -> None:
        """Note a choice, in the place of an earlier one; using what is set anyway takes it away."""
        with self.transaction() as connection:
            slot = (choice.task, choice.language)
            kept = [each for each in self.model_choices() if (each.task, each.language) != slot]
            kept += [choice] if choice.use != choice.instead_of else []
            connection.execute(
                "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                (_KEY, json.dumps([asdict(each) for each in kept])),
            )
