"""The command line: one file per command. It holds no logic of its own beyond reading options and showing results.

Parts that are slow to import (engines, the server) are imported by the command that needs them.
"""
