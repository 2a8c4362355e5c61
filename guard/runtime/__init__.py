"""Drives exchanges: admission, the pump, deadlines, cancellation, settlement. It can't see sockets or JSON."""
