"""Database URIs and what dlt is told of them."""

from pathlib import Path
from typing import Any

import dlt
import pytest

from source_stripe.ingest.destinations import destination_of, secrets_in
from source_stripe.ingest.refusal import Refused

PASSWORD = "s3cret/word"
WRITTEN = "s3cret%2Fword"


def test_three_slashes_name_a_duckdb_file_here_and_four_one_from_the_root() -> None:
    here, there = destination_of("duckdb:///stripe.duckdb"), destination_of("duckdb:////data/stripe.duckdb")
    assert (here.kind, here.path, here.file_format) == ("duckdb", Path("stripe.duckdb").resolve(), "parquet")
    assert there.path == Path("/data/stripe.duckdb")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_every_way_to_write_postgres_is_one(scheme: str) -> None:
    made = destination_of(f"{scheme}://me:{WRITTEN}@db.example:5433/warehouse?sslmode=require")
    assert (made.kind, made.file_format) == ("postgres", "csv")
    assert made.settings == {"credentials": f"postgresql://me:{WRITTEN}@db.example:5433/warehouse?sslmode=require"}


@pytest.mark.parametrize(
    ("uri", "kind", "settings"),
    [
        (
            f"redshift://me:{WRITTEN}@cluster:5439/dev",
            "redshift",
            {"credentials": f"redshift://me:{WRITTEN}@cluster:5439/dev"},
        ),
        ("md:lake?motherduck_token=t0ken", "motherduck", {"credentials": {"database": "lake", "password": "t0ken"}}),
        ("motherduck://lake?token=t0ken", "motherduck", {"credentials": {"database": "lake", "password": "t0ken"}}),
        ("md:", "motherduck", {"credentials": {"database": "my_db"}}),
        (
            f"snowflake://me:{WRITTEN}@acc-1/DB?warehouse=W&role=R",
            "snowflake",
            {
                "credentials": {
                    "username": "me",
                    "password": PASSWORD,
                    "host": "acc-1",
                    "database": "DB",
                    "warehouse": "W",
                    "role": "R",
                }
            },
        ),
        (
            "bigquery://my-project?location=EU",
            "bigquery",
            {"location": "EU", "project_id": "my-project"},
        ),
        (
            "databricks://token:dapi1@host.example?http_path=/sql/1.0/warehouses/1&catalog=main",
            "databricks",
            {
                "credentials": {
                    "server_hostname": "host.example",
                    "http_path": "/sql/1.0/warehouses/1",
                    "access_token": "dapi1",
                    "catalog": "main",
                }
            },
        ),
        (
            f"clickhouse://me:{WRITTEN}@ch.example:9440/db?http_port=8443&secure=1",
            "clickhouse",
            {
                "credentials": {
                    "host": "ch.example",
                    "username": "me",
                    "password": PASSWORD,
                    "database": "db",
                    "port": 9440,
                    "http_port": 8443,
                    "secure": 1,
                }
            },
        ),
        ("s3://bucket/stripe", "filesystem", {"bucket_url": "s3://bucket/stripe"}),
        ("file:///data/stripe", "filesystem", {"bucket_url": "/data/stripe"}),
    ],
)
def test_a_uri_says_to_dlt_what_dlts_destination_takes(uri: str, kind: str, settings: dict[str, Any]) -> None:
    made = destination_of(uri)
    assert (made.kind, made.settings) == (kind, settings)
    for secret in (PASSWORD, WRITTEN, "t0ken", "dapi1"):
        assert secret not in repr(made)
        assert secret not in made.shown


@pytest.mark.parametrize(
    "uri",
    [
        f"redshift://me:{WRITTEN}@cluster:5439/dev",
        "md:lake?motherduck_token=t0ken",
        f"snowflake://me:{WRITTEN}@acc-1/DB?warehouse=W&role=R",
        "databricks://token:dapi1@host.example?http_path=/sql/1.0/warehouses/1&catalog=main",
        f"clickhouse://me:{WRITTEN}@ch.example:9440/db?http_port=8443&secure=1",
        f"postgresql://me:{WRITTEN}@db.example/warehouse",
        "file:///data/stripe",
    ],
)
def test_dlt_has_all_that_it_needs_of_it(uri: str) -> None:
    # dlt asks its environment for whatever is missing, and raises where nothing answers.
    made = destination_of(uri)
    factory = getattr(dlt.destinations, made.kind)(**made.settings)
    assert factory.configuration(factory.spec()._bind_dataset_name("stripe")).is_resolved()


def test_files_keep_every_version_of_a_row() -> None:
    assert not destination_of("s3://bucket/stripe").merges
    assert destination_of("duckdb:///stripe.duckdb").merges


def test_two_places_are_two_and_one_is_one_whatever_the_password() -> None:
    one, other = (destination_of(f"postgresql://me:{word}@db/warehouse").identity for word in ("old", "new"))
    assert one == other
    assert one != destination_of("postgresql://me:old@db/another").identity


@pytest.mark.parametrize(
    ("uri", "word"),
    [
        ("snowflke://a/b", "did you mean snowflake"),
        ("stripe.duckdb", "begins with 'nothing'"),
        ("duckdb://", "names no file"),
        ("postgresql://host", "names no database"),
        ("snowflake://me@acc", "names no database"),
        ("databricks://token:t@host", "names no http_path"),
        ("postgresql://host:port/db", "no URI"),
        ("bigquery://p?credentials_path=/nowhere.json", "cannot be read"),
    ],
)
def test_what_is_missing_is_said_with_an_example(uri: str, word: str) -> None:
    with pytest.raises(Refused, match=word):
        destination_of(uri)


def test_a_folder_is_no_duckdb_file(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="is a folder"):
        destination_of(f"duckdb:///{tmp_path}")


def test_what_must_not_be_shown_of_a_uri_is_known_in_both_spellings() -> None:
    assert {WRITTEN, PASSWORD, "t0ken"} <= set(secrets_in(f"x://me:{WRITTEN}@host/db?token=t0ken"))
