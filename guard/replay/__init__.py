"""The digital twin: what another policy would have done with recorded exchanges, and what another load would do.

Pure: it reads no files, asks no clock and draws from seeds; the command line hands it records and prints reports.
"""
