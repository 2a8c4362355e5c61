"""Bundles of policies in OPA's format: archives and directories, their bounds, roots and signatures.

Files in, checked files out; what the policies in them mean is seen elsewhere.
Format: https://www.openpolicyagent.org/docs/management-bundles
"""
