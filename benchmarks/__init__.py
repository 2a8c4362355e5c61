"""Benchmarks: one question per file, run against the real thing on loopback. Nothing here is imported by Guard."""
