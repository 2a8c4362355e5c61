"""Guard: a guardrail proxy for token streams."""

__version__ = "0.1.0"
