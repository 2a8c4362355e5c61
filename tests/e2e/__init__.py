"""End to end: real sockets, real client SDKs, Guard as its users run it."""
