"""The outside world: what the product reads from or sends to anything but its own database."""
