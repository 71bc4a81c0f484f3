"""A first look at the copied data: one HTML page out of the DuckDB database that the streams were loaded into.

It needs no dlt and no connection to Stripe, only DuckDB and what draws the page: the extra `ingest`.
"""
