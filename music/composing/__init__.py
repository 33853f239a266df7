"""Composing: one song, sampled from a model that the caller provides.

The service, the report and the benchmarks compose with this package. It knows no network, no server
and no time limit: `Model` has the three calls that it needs.
"""
