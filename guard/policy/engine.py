"""Loads regopy, Microsoft's binding of the Rego engine rego-cpp, into a process that has other C++ libraries.

regopy's library brings `operator new` and `operator delete` of its own and shares libstdc++ with whoever loaded that
before (the pattern engine, the HTTP client). Then one allocates and the other frees: memory leaks with each decision,
or the process aborts. The dynamic linker looks through the global scope first, so libstdc++ is put there before the
engine is loaded, and both sides use its allocator (dlopen(3), `RTLD_GLOBAL`).
"""

import ctypes
import importlib
import sys
from types import ModuleType

from guard.errors import ConfigError


def load_engine() -> ModuleType:
    """The module `regopy`. Nothing else may import it. Raises ConfigError."""
    try:
        if sys.platform == "linux":
            ctypes.CDLL("libstdc++.so.6", mode=ctypes.RTLD_GLOBAL)
        return importlib.import_module("regopy")
    except (OSError, ImportError):
        raise ConfigError("the Rego engine can't be loaded: install regopy and the system's libstdc++") from None
