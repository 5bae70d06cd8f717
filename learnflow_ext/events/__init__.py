"""How events travel: bus, relay and consumers.

The outbox table is the truth; the bus only carries. The relay publishes what the outbox holds, at least once
and in order per student; a consumer writes the effect of an event and its id in one transaction, so a double
has no effect.
"""
