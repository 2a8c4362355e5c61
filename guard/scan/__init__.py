"""The streaming multi-pattern automaton that privacy and security compile their patterns into.

Pure computation over native matchers; it knows patterns and positions, not policies or streams of bytes.
"""
