"""Who hears an event: subscriptions and observers, by name or by pattern."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from ..contracts.errors import InvalidArgumentError
from ..contracts.events import EventHandler, EventObserver, PayloadType

ROUTES_KEPT = 1024
"""Names whose listeners are remembered. Programs choose names of their own: without a bound they would pile up."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A handler and what it asked for."""

    id: str
    event_name: str
    handler: EventHandler
    payload_type: PayloadType | None
    matches: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Route:
    """The listeners of one name at one moment, in the order in which they came: what a publication works on."""

    observers: tuple[EventObserver, ...]
    subscriptions: tuple[Subscription, ...]
    silent: bool


class Routes:
    """The registry. Safe to change from any thread: a change replaces what is remembered and waits for nobody."""

    def __init__(self) -> None:
        self._subscriptions: dict[str, Subscription] = {}
        self._observers: dict[str, tuple[Callable[[str], bool], EventObserver]] = {}
        self.known: dict[str, Route] = {}
        """The routes already looked up."""

    def of(self, event_name: str) -> Route:
        """Return the listeners of ``event_name``. Raises `InvalidArgumentError` with ``EVENT_NAME_REQUIRED``."""
        known = self.known  # before looking: a change in between replaces it, and this route is then soon forgotten
        route = known.get(event_name)
        if route is not None:
            return route
        require_text(event_name, "event name")
        observers = tuple(tell for matches, tell in tuple(self._observers.values()) if matches(event_name))
        subscriptions = tuple(each for each in tuple(self._subscriptions.values()) if each.matches(event_name))
        route = Route(observers, subscriptions, silent=not observers and not subscriptions)
        if len(known) >= ROUTES_KEPT:
            known.clear()
        known[event_name] = route
        return route

    def subscribe(self, name_or_pattern: str, handler: EventHandler, payload_type: PayloadType | None) -> str:
        """Add a subscription and return its id."""
        if not callable(handler):
            raise TypeError(f"{handler!r} cannot handle events: give a function of the payload")
        matches = matcher(name_or_pattern)
        subscription = Subscription(uuid.uuid4().hex, name_or_pattern, handler, payload_type, matches)
        self._subscriptions[subscription.id] = subscription
        self.known = {}
        return subscription.id

    def unsubscribe(self, subscription_id: str) -> bool:
        """Remove a subscription; False when there is none of that id."""
        require_text(subscription_id, "subscription id")
        removed = self._subscriptions.pop(subscription_id, None)
        self.known = {}
        return removed is not None

    def observe(self, pattern: str, observer: EventObserver) -> Callable[[], None]:
        """Add an observer and return the function that removes it."""
        key = uuid.uuid4().hex
        self._observers[key] = (matcher(pattern), observer)
        self.known = {}

        def end() -> None:
            self._observers.pop(key, None)
            self.known = {}

        return end

    def forget_subscriptions(self) -> None:
        """Remove every subscription; observers stay."""
        self._subscriptions.clear()
        self.known = {}


def matcher(name_or_pattern: str) -> Callable[[str], bool]:
    """Return what tells whether a name is meant: ``*`` stands for any characters, ``?`` for one."""
    require_text(name_or_pattern, "event name")
    if "*" not in name_or_pattern and "?" not in name_or_pattern:
        return name_or_pattern.__eq__
    pattern = re.escape(name_or_pattern).replace(r"\*", ".*").replace(r"\?", ".")
    compiled = re.compile(pattern, re.DOTALL)
    return lambda name: compiled.fullmatch(name) is not None


def require_text(value: str, what: str) -> None:
    """Raise `InvalidArgumentError` with ``EVENT_NAME_REQUIRED`` where ``value`` is blank."""
    if not isinstance(value, str) or not value or value.isspace():
        message = f"The {what} is blank: give the name of the event, such as 'ProcessStopped'."
        raise InvalidArgumentError(message, code="EVENT_NAME_REQUIRED")
