"""Tracing: runs a compiled policy step by step for those who write it, and tells which lines ran and which rules held.

Never asked about a live request: the engine alone decides. What is traced is compared with what the engine answered.
"""
