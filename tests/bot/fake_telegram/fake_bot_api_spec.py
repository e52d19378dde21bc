"""Checks of requests, answers and updates against a specification of the Bot API that nobody here wrote.

It is a JSON file scraped from Telegram's own pages. It lies beside the repository, not in it: `Spec.find` answers None
where it is missing, and what would have been checked is then skipped.
"""

import functools
import json
import re
from pathlib import Path

from tests.bot.fake_telegram.fake_bot_api_rules import rules_of

SPEC_FILE = Path(__file__).resolve().parents[4] / "shared" / "telegram" / "bot-api-10.0.json"

INSTEAD = re.compile(r"^Required if (\w+) is not specified")
BUTTON_LOOKS = {"text", "icon_custom_emoji_id", "style"}
BASE_TYPES = {"Integer": int, "Float": (int, float), "String": str, "Boolean": bool, "True": bool}


class Spec:
    """Methods and types of the Bot API. Every check answers a list of messages, empty if nothing is wrong."""

    def __init__(self, methods, types):
        self.methods, self.types = methods, types
        self.update_kinds = frozenset(field["name"] for field in types["Update"]["fields"]) - {"update_id"}

    @staticmethod
    @functools.cache
    def find(path=SPEC_FILE):
        """The specification beside this repository, or None where there is none."""
        if not path.exists():
            return None
        content = json.loads(path.read_text(encoding="utf-8"))
        return Spec(content["methods"], content["types"])

    def request(self, method, raw, parts=()):
        """Of a call with `raw` parameters (strings from a form, any values from JSON) and the names of its files."""
        if method not in self.methods:
            return [f"{method}: no such method"]
        fields = {field["name"]: field for field in self.methods[method].get("fields", [])}
        found = [f"{method}.{name}: no such parameter" for name in raw if name not in fields]
        attached = {name for name in parts if "InputFile" in fields.get(name, {}).get("types", ())}
        for name, field in fields.items():
            where = f"{method}.{name}"
            if name not in raw:
                if name not in parts and is_required(field, raw):
                    found.append(f"{where}: missing")
                continue
            try:
                value = decoded(raw[name], field["types"])
            except ValueError:
                found.append(f"{where}: {raw[name]!r} is no {' or '.join(field['types'])}")
                continue
            attached |= set(attachments(value))
            found += self._field(method, field, value, where, parsed_later="parse_mode" in raw)
        found += self._kinds_of_updates(method, raw)
        found += [f"{method}: attach://{name} names no file of the request" for name in attached - set(parts)]
        return found + [f"{method}: nothing names the file {name!r}" for name in set(parts) - attached]

    def answer(self, method, result):
        """Of what a call of `method` was answered, without the envelope."""
        return self._value(result, self.methods[method]["returns"], f"answer of {method}")

    def failure(self, envelope):
        """Of the whole JSON object that refuses a call."""
        found = [] if envelope.get("ok") is False else ["failure.ok: must be false"]
        found += self._value(envelope.get("error_code"), ["Integer"], "failure.error_code")
        found += self._value(envelope.get("description"), ["String"], "failure.description")
        if "parameters" in envelope:
            found += self._value(envelope["parameters"], ["ResponseParameters"], "failure.parameters")
        return found

    def update(self, update):
        """Of one update, however it is delivered."""
        kinds = sorted(set(update) & self.update_kinds)
        many = [f"Update: holds {' and '.join(kinds)} at once"] if len(kinds) > 1 else []
        return many + self._value(update, ["Update"], "Update")

    def _kinds_of_updates(self, method, raw):
        try:
            kinds = decoded(raw.get("allowed_updates", "[]"), ["Array of String"])
        except ValueError:
            return []
        known = isinstance(kinds, list)
        return [
            f"{method}.allowed_updates: no such kind: {kind}" for kind in kinds if kind not in self.update_kinds
        ] * known

    def _field(self, owner, field, value, where, parsed_later=False):
        found = self._value(value, field["types"], where)
        rules = rules_of(owner, field["name"], tuple(field["types"]), field["description"])
        if found or (parsed_later and rules.unit == "characters"):
            return found
        return list(rules.problems(value, where))

    def _value(self, value, type_names, where):
        """Problems of `value` as the one of `type_names` that it comes closest to."""
        kinds = [kind for name in type_names for kind in self._concrete(name)]
        misfits = {kind: self._misfit(value, kind) for kind in kinds}
        least = min(misfits.values())
        return min((self._as(value, kind, where) for kind in kinds if misfits[kind] == least), key=len)

    def _concrete(self, name):
        subtypes = self.types.get(name, {}).get("subtypes")
        return [kind for subtype in subtypes for kind in self._concrete(subtype)] if subtypes else [name]

    def _misfit(self, value, kind):
        """How far `value` is from being a `kind` on the outside: 0 fits, 100 has another shape."""
        if kind.startswith("Array of "):
            return 0 if isinstance(value, list) else 100
        if kind in BASE_TYPES:
            return 0 if is_base(value, kind) else 100
        if not isinstance(value, dict):
            return 0 if kind == "InputFile" and isinstance(value, str) and value.startswith("attach://") else 100
        fields = {field["name"]: field for field in self.types[kind].get("fields", [])}
        unlike = sum(
            rules.constant is not None and value.get(name) != rules.constant
            for name, field in fields.items()
            for rules in [rules_of(kind, name, tuple(field["types"]), field["description"])]
        )
        missing = sum(field["required"] and name not in value for name, field in fields.items())
        return 50 * unlike + missing + len(set(value) - set(fields))

    def _as(self, value, kind, where):
        if kind.startswith("Array of "):
            if not isinstance(value, list):
                return [f"{where}: {shown(value)} is no list"]
            inner = [kind.removeprefix("Array of ")]
            return [each for index, item in enumerate(value) for each in self._value(item, inner, f"{where}[{index}]")]
        if kind in BASE_TYPES:
            return [] if is_base(value, kind) else [f"{where}: {shown(value)} is no {kind}"]
        if kind == "InputFile":
            return [] if self._misfit(value, kind) == 0 else [f"{where}: {shown(value)} is no file"]
        if not isinstance(value, dict):
            return [f"{where}: {shown(value)} is no {kind}"]
        return self._object(value, kind, where)

    def _object(self, value, kind, where):
        fields = {field["name"]: field for field in self.types[kind].get("fields", [])}
        found = [f"{where}.{name}: {kind} has no such field" for name in value if name not in fields]
        found += [
            f"{where}.{n}: {kind} needs it" for n, field in fields.items() if field["required"] and n not in value
        ]
        for name in value.keys() & fields.keys():
            found += self._field(kind, fields[name], value[name], f"{where}.{name}", "parse_mode" in value)
        if kind == "InlineKeyboardButton" and len(value.keys() - BUTTON_LOOKS) != 1:
            found.append(f"{where}: a button does exactly one thing, not {sorted(value.keys() - BUTTON_LOOKS)}")
        return found


def is_required(field, raw):
    """Whether `field` may not be left out of a request that has the parameters `raw`."""
    instead = INSTEAD.match(field["description"])
    return field["required"] or bool(instead and instead[1] not in raw)


def is_base(value, kind):
    """Whether `value` is of the base type `kind`; a truth value is no number."""
    return isinstance(value, BASE_TYPES[kind]) and (kind in ("Boolean", "True")) == isinstance(value, bool)


def decoded(raw, type_names):
    """A parameter as its types say: forms carry everything as text.

    Raises:
        ValueError: if the text is none of these types.
    """
    if not isinstance(raw, str) or type_names == ["String"]:
        return raw
    if "Integer" in type_names and re.fullmatch(r"-?\d+", raw):
        return int(raw)
    if "String" in type_names:
        return raw
    return json.loads(raw)


def attachments(value):
    """Names of the file parts that `value` refers to, at any depth."""
    if isinstance(value, str) and value.startswith("attach://"):
        yield value.removeprefix("attach://")
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from attachments(item)


def shown(value):
    """`value` short enough for a message."""
    text = repr(value)
    return text if len(text) < 80 else f"{text[:77]}..."
