"""The handlers of a client's events: the session's are held once, and not copied for each client.

botocore copies a tree of 400 nodes for each client, and looks for each event's name among 130 that are no longer used.
In a run over many regions that is a tenth of the CPU. Where botocore is made otherwise than this module knows it, its
own tree and its own names are used.
"""

from __future__ import annotations

from copy import copy
from typing import Any

from botocore import hooks

# botocore-stubs do not have what is private to the module.
Names: Any = hooks.EventAliaser
Trie: Any = getattr(hooks, "_PrefixTrie", object)
# The name of an event to try the tree with.
TRIAL = "before-call.ec2.DescribeRegions"


class SharedTrie(Trie):  # type: ignore[misc]
    """A tree of handlers, whose copy has the same nodes: a tree that changes makes those anew that it changes."""

    _root: dict[str, Any]

    @classmethod
    def of(cls, root: dict[str, Any]) -> SharedTrie:
        """Return a tree with these nodes."""
        made = cls()
        made._root = root
        return made

    def __copy__(self) -> SharedTrie:
        return self.of(self._root)

    def append_item(self, key: str, *value: Any, **more: Any) -> None:
        """Add a handler of the events whose names begin so."""
        self._own(key)
        super().append_item(key, *value, **more)

    def remove_item(self, key: str, value: Any) -> None:
        """Remove a handler; raises ValueError when no handler is for that name."""
        self._own(key)
        super().remove_item(key, value)

    def prefix_search(self, key: str) -> list[Any]:
        """Return the handlers of an event. Each client keeps them for each event; a deque takes 760 bytes."""
        return list(super().prefix_search(key))

    def _own(self, key: str) -> None:
        """Make the nodes anew that a name leads to: other trees can have them, too."""
        node = self._root = anew(self._root)
        for part in key.split("."):
            if part not in node["children"]:
                return
            child = node["children"][part] = anew(node["children"][part])
            node = child


def anew(node: dict[str, Any]) -> dict[str, Any]:
    """Return a node with the same children, and with lists of the same handlers."""
    values = node["values"]
    return {**node, "children": dict(node["children"]), "values": values and hooks.NodeList(*map(list, values))}


class Events(Names):  # type: ignore[misc]
    """Events by the names that botocore has for them today, which it is asked for only where an old one can be."""

    def __init__(self, event_emitter: Any, event_aliases: dict[str, str] | None = None) -> None:
        super().__init__(event_emitter, event_aliases)
        self._old = {name.partition(".")[0] for name in self._event_aliases}

    def _alias_event_name(self, event_name: str) -> str:
        if self._old.isdisjoint(event_name.split(".")):
            return event_name
        name: str = super()._alias_event_name(event_name)
        return name


def share_handlers(session: Any) -> None:
    """Let the clients that a botocore session makes from now on share its handlers."""
    events = session.get_component("event_emitter")
    try:
        emitter = events._emitter
        if (type(events), type(emitter), type(emitter._handlers)) != (Names, hooks.HierarchicalEmitter, Trie):
            return
        shared, tree = Events(emitter, events._event_aliases), SharedTrie.of(emitter._handlers._root)
        tried = copy(tree)
        tried.append_item(TRIAL, share_handlers)
        heard = [share_handlers in each.prefix_search(TRIAL) for each in (tree, tried)]
        if heard != [False, True] or not hasattr(Names, "_alias_event_name"):
            return
    except (AttributeError, KeyError, TypeError):
        return
    emitter._handlers = tree
    session.register_component("event_emitter", shared)
