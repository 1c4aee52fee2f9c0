"""Rules of what is no collection: files, and channels. They are the rules of a definition that clients cannot name.

A rule of files is about the file's metadata. One of channels is about `{"name", "presence"}` for `join`, and `{"name",
"event", "data"}` for `publish`.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from tenancy.context import TenantContext
from tenancy.errors import Invalid, Place
from tenancy.model.collection import Action, Collection, rule_to_json
from tenancy.model.json import Json, JsonObject
from tenancy.model.system import CHANNELS, DEFINITIONS, FILES
from tenancy.rules.definition import parse_collection
from tenancy.writes import Create, Update, Write


class _Special(NamedTuple):
    """The definition's name, and what each action is called in it."""

    name: str
    actions: Mapping[str, Action]


SPECIAL: Final[Mapping[str, _Special]] = {
    "files": _Special(FILES, {"read": "read", "create": "create", "update": "update", "delete": "delete"}),
    "channels": _Special(CHANNELS, {"join": "read", "publish": "create"}),
}


def special_rules(context: TenantContext) -> JsonObject:
    """The rules by what they are of and by action; null where nothing was set."""
    return {title: _shown(context.documents.collections().own.get(one.name), one) for title, one in SPECIAL.items()}


def _shown(known: Collection | None, special: _Special) -> JsonObject:
    rules = known.rules if known is not None else {}
    return {
        title: rule_to_json(rules[action]) if action in rules else None for title, action in special.actions.items()
    }


async def change_special_rules(context: TenantContext, body: Json) -> JsonObject:
    """Merge rules by action; null takes one away.

    Raises:
        Invalid: with each place that is wrong.
    """
    if not isinstance(body, dict):
        raise Invalid("The body must be a JSON object.")
    async with context.settings.changing:
        await _change(context, body)
    return special_rules(context)


async def _change(context: TenantContext, body: JsonObject) -> None:
    problems: list[Place] = []
    writes: list[Write] = []
    for title, rules in body.items():
        special = SPECIAL.get(title)
        if special is None or not isinstance(rules, dict):
            problems.append(Place(f"/{title}", f"must be one of {', '.join(SPECIAL)}, with rules by action"))
            continue
        unknown = [action for action in rules if action not in special.actions]
        problems += [Place(f"/{title}/{one}", f"is none of {', '.join(special.actions)}") for one in unknown]
        known = context.documents.collections().own.get(special.name)
        try:
            writes += _changed(known or Collection(special.name), special, rules) if not unknown else []
        except Invalid as error:
            problems += [_place(title, special, place) for place in error.places]
    if problems:
        raise Invalid("The rules are not valid.", places=problems)
    if writes:
        await context.documents.commit(writes)


def _changed(known: Collection, special: _Special, change: JsonObject) -> list[Write]:
    rules: JsonObject = {action: rule_to_json(rule) for action, rule in known.rules.items()}
    for title, rule in change.items():
        if rule is None:
            rules.pop(special.actions[title], None)
        else:
            rules[special.actions[title]] = rule
    definition = {**known.to_json(), **parse_collection(known.name, {"rules": rules}).to_json()}
    definition["indexes"] = known.to_json()["indexes"]
    made = Create(DEFINITIONS, known.name, definition)
    return [Update(DEFINITIONS, known.name, definition, overwrite=True, otherwise=made)]


def _place(title: str, special: _Special, place: Place) -> Place:
    """Where a mistake is in what was sent: `/rules/create/x` becomes `/channels/publish/x`."""
    _, _, action, *rest = place.path.split("/")
    named = next((mine for mine, theirs in special.actions.items() if theirs == action), action)
    return Place("/".join(["", title, named, *rest]), place.message)
