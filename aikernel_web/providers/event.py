"""The event provider: between Python and the bus, and from Python to the program (reference contract, section 3.6)."""

from __future__ import annotations

import json

from ..contracts.cancellation import CancellationToken, refuse_cancelled
from ..contracts.errors import InvalidArgumentError, KernelError
from ..contracts.events import EventBus, EventHandler
from ..contracts.results import direct
from ..runtime.attempts import attempted
from .service import ServiceProvider


class WasmEventProvider(ServiceProvider):
    """Publishes and subscribes on the target's bus, where a program's own events arrive too, and sends to the program.

    What the program writes to ``/dev/event`` is published under the name that it gives, with the process's id as its
    source; what `send` gives it, it reads there.
    """

    PROVIDER_ID = "wasm.event"
    NAME = "WASM Event Provider"
    OPERATIONS = ("wasm.event.publish", "wasm.event.subscribe")
    DATA_TYPES = ("event",)

    @attempted
    async def try_publish(
        self, event_name: str, payload: object = None, *, cancellation: CancellationToken | None = None
    ) -> None:
        """Publish ``payload`` under ``event_name``; without a bus nobody hears it.

        Fails with ``EVENT_NAME_REQUIRED`` for a blank name.
        """
        refuse_cancelled(cancellation)
        if self.target.event_bus is not None:
            await self.target.event_bus.publish(event_name, payload)

    publish = direct(try_publish)

    @attempted
    async def try_subscribe(self, event_name: str, handler: EventHandler) -> str:
        """Call ``handler(payload)`` for events of that name or pattern; return the id of the subscription.

        Fails with ``WASM_EVENT_BUS_REQUIRED`` where the target has no bus, and with the bus's own codes.
        """
        return self._bus().subscribe(event_name, handler)

    subscribe = direct(try_subscribe)

    @attempted
    async def try_unsubscribe(self, subscription_id: str) -> bool:
        """End a subscription; False when there is none of that id. Fails with ``WASM_EVENT_BUS_REQUIRED``."""
        return self._bus().unsubscribe(subscription_id)

    unsubscribe = direct(try_unsubscribe)

    @attempted
    async def try_send(self, payload: object, *, cancellation: CancellationToken | None = None) -> None:
        """Give the program ``payload`` as a line of JSON on ``/dev/event``.

        Fails with ``WASM_EVENT_PAYLOAD_INVALID`` for what JSON does not know (RFC 8259), ``WASM_MODULE_NOT_LOADED``
        where there is no program.
        """
        refuse_cancelled(cancellation)
        try:
            line = json.dumps(payload, allow_nan=False, separators=(",", ":"))
        except (TypeError, ValueError, RecursionError) as error:
            message = f"The payload cannot be written as JSON: {error}."
            raise InvalidArgumentError(message, code="WASM_EVENT_PAYLOAD_INVALID") from None
        await self.target.send_event(line)

    send = direct(try_send)

    def _bus(self) -> EventBus:
        bus = self.target.event_bus
        if bus is None:
            message = "The target has no event bus: give its context or process one, such as kernel.events."
            raise KernelError(message, code="WASM_EVENT_BUS_REQUIRED")
        return bus
