"""Wire APIs: bytes <-> frames <-> the core's events. Pure: no I/O, no clock, no policy."""
