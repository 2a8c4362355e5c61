"""Backends: connections, routing, and the map from foreign network errors to ours.

Nobody above this room knows httpx.
"""
