"""What a user of PyAirbyte writes, as a program for PyAirbyte's own environment: a read into its DuckDB cache.

Arguments: the connector's executable, the address of Stripe's API, the cache's file. The key is in STRIPE_API_KEY. What
is in the cache afterwards goes to stdout as JSON: rows by stream, and those the read itself brought.
"""

import json
import os
import sys

import airbyte
from airbyte.caches import DuckDBCache

executable, api_base, cache_file = sys.argv[1:]
source = airbyte.get_source(
    "source-stripe",
    local_executable=executable,
    config={"api_key": os.environ["STRIPE_API_KEY"], "api_base": api_base, "requests_per_second": 500},
    streams=["charges", "customers", "coupons"],
)
source.check()
result = source.read(cache=DuckDBCache(db_path=cache_file), force_full_refresh=False)
rows = {name: [{"id": row["id"], "name": row.get("name")} for row in dataset] for name, dataset in result.items()}
sys.stdout.write("\n" + json.dumps({"rows": rows, "read": result.processed_records}) + "\n")
