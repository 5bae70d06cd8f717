"""Types and protocols that cross a boundary. Frozen, small, and free of everything but msgspec."""
