"""Budgets: reserved before a request, settled behind it, told of when they run low."""
