"""Secrets by their providers' forms: a file for each family of providers, and what is read behind a name.

Every table is listed in `table.py`.
"""
