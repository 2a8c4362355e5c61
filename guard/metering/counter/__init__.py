"""Counters: in this process, in Redis or Valkey for several, and what holds while Redis is away."""
