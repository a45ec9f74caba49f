"""What a report needs of people, one line for each person, or for a group of people with the same needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from awsbase.engine.changes import ManualAction
from awsbase.view.changes import some

MOST_NAMES = 8


def needs(actions: Iterable[ManualAction]) -> Iterator[str]:
    """Yield who needs what: `alice, sam: password and MFA device`; an action of nobody's by its title."""
    of: dict[str, list[str]] = {}
    for action in actions:
        of.setdefault(action.who or action.title, []).extend([action.need or action.title] if action.who else [])
    alike: dict[tuple[str, ...], list[str]] = {}
    for who, several in of.items():
        if several:
            alike.setdefault(tuple(several), []).append(who)
        else:
            alike[who,] = []
    for same, people in alike.items():
        counts = Counter(same).items()
        text = " and ".join(need if number == 1 else f"{need} ({number} times)" for need, number in counts)
        yield f"{some(people, MOST_NAMES)}: {text}" if people else text
