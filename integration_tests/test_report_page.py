"""The report as a file: what it holds whatever the database holds, and the command that writes it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import pytest

from integration_tests.in_process import read
from integration_tests.sandbox import Clock, Sandbox
from integration_tests.tables import write_tables
from source_stripe.report.command import main, report
from source_stripe.report.currencies import plain
from source_stripe.report.database import Database
from source_stripe.report.page import CURRENCIES
from source_stripe.report.refusal import ReportRefused

ROOT = Path(__file__).parents[1]
PATHS = {**os.environ, "PYTHONPATH": str(ROOT)}
MADE = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
CREATED = 1_773_100_800
Row = dict[str, Any]


class Parts(HTMLParser):
    """What a browser would see of a page: its elements, and their texts by the elements around them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def charge(number: int, amount: int = 10_00, **fields: Any) -> Row:
    captured = {"captured": True, "amount_captured": amount, "status": "succeeded"}
    return {"id": f"ch_{number}", "created": CREATED, "currency": "usd", "amount": amount, **captured, **fields}


def page_of(path: Path, **streams: list[Row]) -> str:
    database = write_tables(path / "stripe.duckdb", streams)
    report(database, path / "page.html", made=MADE)
    return (path / "page.html").read_text("utf-8")


def test_one_charge_makes_a_page_that_says_what_else_there_could_be(tmp_path: Path) -> None:
    page = Parts(page_of(tmp_path, charges=[charge(1)]))
    assert "Gross volume 10.00 USD 1 payment all time 10.00" in page.text
    assert "No failed payments in USD." in page.text
    assert "This needs the tables subscriptions and subscription_items, not in the database so far." in page.text
    database = tmp_path / "stripe.duckdb"
    assert (
        "source-stripe ingest --source-uri stripe:// --source-table subscriptions,subscription_items "
        f"--dest-uri duckdb:///{database} --dest-table stripe" in page.text
    )
    assert f"--source-table refunds --dest-uri duckdb:///{database} --dest-table stripe.refunds" in page.text
    assert "Made by source-stripe from stripe.duckdb on 2026-11-01 12:00 UTC" in page.text


def test_a_database_without_any_amount_makes_a_page(tmp_path: Path) -> None:
    page = Parts(page_of(tmp_path, products=[], charges=[]))
    assert "No payments and no balance transactions so far." in page.text
    assert "nav" not in {tag for tag, _ in page.elements}


def test_a_missing_column_is_named_and_the_other_sections_stand(tmp_path: Path) -> None:
    database = write_tables(tmp_path / "stripe.duckdb", {"charges": [charge(1)], "disputes": []})
    with duckdb.connect(str(database)) as connection:
        connection.execute("alter table stripe.stripe.disputes drop column status")
    report(database, tmp_path / "page.html", made=MADE)
    text = Parts((tmp_path / "page.html").read_text("utf-8")).text
    assert "The table disputes lacks the column status. To load it anew:" in text
    assert "--dest-table stripe.disputes --full-refresh" in text
    assert "Gross volume 10.00 USD" in text


HOSTILE = "<script>x()</script>\"'><img src=x onerror=x()></style>&lt;"


def test_what_customers_wrote_is_text_on_the_page_and_nothing_else(tmp_path: Path) -> None:
    recurring = {"interval": "month", "interval_count": 1, "usage_type": "licensed"}
    price = {
        "id": "price_1",
        "currency": "usd",
        "product": "prod_1",
        "unit_amount_decimal": "500",
        "recurring": recurring,
    }
    plain_page = page_of(tmp_path, charges=[charge(1, status="failed")])
    (tmp_path / "stripe.duckdb").unlink()
    page = page_of(
        tmp_path,
        account=[{"id": "acct_1", "business_profile": {"name": HOSTILE}}],
        charges=[charge(1, status="failed", failure_code=HOSTILE), charge(2, currency=HOSTILE)],
        subscriptions=[{"id": "sub_1", "created": CREATED, "currency": "usd", "status": "active", "updated": CREATED}],
        subscription_items=[
            {"id": "si_1", "subscription_id": "sub_1", "subscription_updated": CREATED, "quantity": 1, "price": price}
        ],
        products=[{"id": "prod_1", "name": HOSTILE}],
    )
    parts = Parts(page)
    tags = Counter(tag for tag, _ in parts.elements)
    assert tags["script"] == Counter(tag for tag, _ in Parts(plain_page).elements)["script"] == 1
    assert tags["img"] == 0
    assert tags["style"] == 1
    assert page.count("</style>") == 1
    assert not [attributes for _, attributes in parts.elements if "onerror" in attributes]
    # The name of the account in title and heading, the reason of the failure; the product at its bar.
    assert parts.text.count(HOSTILE) >= 3
    assert f"{HOSTILE}\n5.00 USD" in [attributes.get("aria-label") for _, attributes in parts.elements]


def test_the_page_loads_nothing(tmp_path: Path) -> None:
    page = page_of(tmp_path, charges=[charge(1)])
    parts = Parts(page)
    for tag, attributes in parts.elements:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base", "form"), tag
        assert not {"src", "srcset", "data", "action", "background"} & attributes.keys()
        for name in ("href", "xlink:href"):
            assert attributes.get(name, "#").startswith("#")
    assert not re.search(r"@import|url\((?!#)", page)
    [policy] = [each["content"] for _, each in parts.elements if each.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe-inline" not in policy.partition("script-src")[2]


def test_no_two_elements_have_the_same_id(tmp_path: Path) -> None:
    charges = [charge(number, currency=currency) for number, currency in enumerate(("usd", "eur", "jpy"))]
    identifiers = Counter(each["id"] for _, each in Parts(page_of(tmp_path, charges=charges)).elements if "id" in each)
    assert identifiers.most_common(1)[0][1] == 1


def test_every_month_of_a_chart_is_said_in_words(tmp_path: Path) -> None:
    said = [
        each["aria-label"] for _, each in Parts(page_of(tmp_path, charges=[charge(1)])).elements if "aria-label" in each
    ]
    assert said.count("Mar 2026\nGross 10.00 USD\n1 payment") == 2  # for laptops and for phones
    assert said.count("Apr 2025\nGross 0.00 USD\n0 payments") == 2


def test_a_page_stays_small_however_much_there_is(tmp_path: Path) -> None:
    path = tmp_path / "stripe.duckdb"
    write_tables(path, {"charges": [], "subscriptions": [], "subscription_items": [], "products": []})
    with duckdb.connect(str(path)) as connection:
        # 60 currencies, 30 years, 5,000 reasons
        connection.execute(
            "insert into stripe.stripe.charges by name select 'ch_' || i as id, "
            "chr(97 + (i % 60 // 26)::int) || chr(97 + (i % 26)::int) || 'x' as currency, "
            "100 as amount, true as captured, 100 as amount_captured, 'code_' || (i % 5000) as failure_code, "
            "case when i % 3 = 0 then 'failed' else 'succeeded' end as status, "
            "to_timestamp(770000000 + i * 5000) as created from range(200000) as numbers(i)"
        )
    report(path, tmp_path / "page.html", made=MADE)
    page = (tmp_path / "page.html").read_text("utf-8")
    assert len(page) < 2_000_000
    text = Parts(page).text
    assert text.count("Gross volume") >= CURRENCIES
    assert "Further currencies" in text


def test_the_busiest_currencies_come_first_and_the_others_in_a_table(tmp_path: Path) -> None:
    codes = [f"c{letter}x" for letter in "abcdefghijkl"]
    charges = [
        charge(100 * place + number, currency=code) for place, code in enumerate(codes) for number in range(place + 1)
    ]
    parts = Parts(page_of(tmp_path, charges=charges))
    radios = [text.strip() for text in parts.texts if re.fullmatch(r"C.X", text.strip())]
    assert radios[:2] == ["CLX", "CKX"]
    [others] = re.findall(r"Further currencies.*?All time\.", parts.text)
    assert "CAX 10.00 – – – – – –" in others


def test_a_sandbox_in_the_database_is_the_sandbox_on_the_page(tmp_path: Path) -> None:
    streams = (
        "account balance_transactions charges disputes invoice_line_items invoices payouts products refunds "
        "subscription_items subscriptions"
    ).split()
    run = read(Sandbox(size=500, synthesized=5, clock=Clock(running=False)), streams, mode="full_refresh")
    rows = {stream: run.records(stream) for stream in streams}
    text = Parts(page_of(tmp_path, **rows)).text
    succeeded = [each for each in rows["charges"] if each["status"] == "succeeded"]
    paid = sum(each["amount"] for each in rows["payouts"] if each["status"] == "paid")
    active = {each["id"] for each in rows["subscriptions"] if each["status"] == "active"}
    mrr = sum(
        each["price"]["unit_amount"] * each["quantity"]
        for each in rows["subscription_items"]
        if each["subscription"] in active
    )
    recurring = sum(
        each["amount"]
        for each in rows["invoice_line_items"]
        if each["parent"]["type"] == "subscription_item_details"
        if each["invoice_id"] in {each["id"] for each in rows["invoices"] if each["status"] != "void"}
    )
    net = sum(each["net"] for each in rows["balance_transactions"] if each["type"] != "payout")
    fees = sum(each["fee"] for each in rows["balance_transactions"])
    assert f"all time {plain(sum(each['amount_captured'] for each in succeeded), 'usd')}" in text
    assert f"all time {plain(net, 'usd')}" in text
    assert f"all time {plain(fees, 'usd')}" in text
    assert f"all time {plain(sum(each['amount'] for each in rows['refunds']), 'usd')}" in text
    assert f"all time {plain(recurring, 'usd')}" in text
    assert f"all time {plain(paid, 'usd')}" in text
    assert f"MRR now {plain(mrr, 'usd')} USD" in text
    assert f"Active subscriptions now {len(active):,}" in text
    assert "Difference 0.00 USD each one agrees" in text
    assert "Test data" in text
    assert "lacks the column" not in text
    assert "This needs the table" not in text


# --- where the tables are


def test_the_schema_is_found_and_a_prefix_too(tmp_path: Path) -> None:
    database = write_tables(tmp_path / "warehouse.duckdb", {"charges": [charge(1)], "refunds": []}, "raw", "acme_")
    write_tables(database, {"charges": [charge(1)]}, "raw_staging")
    report(database, tmp_path / "page.html", made=MADE)
    text = Parts((tmp_path / "page.html").read_text("utf-8")).text
    assert "Gross volume 10.00 USD" in text
    assert "No refunds so far." in text


def test_of_several_schemas_one_is_to_be_chosen_unless_one_is_called_stripe(tmp_path: Path) -> None:
    database = write_tables(tmp_path / "x.duckdb", {"charges": [charge(1)]}, "eu")
    write_tables(database, {"charges": [charge(1, 20_00)]}, "us")
    with pytest.raises(ReportRefused, match=r"choose one with --schema \(eu, us\)"):
        report(database, tmp_path / "page.html")
    report(database, tmp_path / "page.html", "us", MADE)
    assert "Gross volume 20.00 USD" in Parts((tmp_path / "page.html").read_text("utf-8")).text
    write_tables(database, {"charges": [charge(1, 30_00)]}, "stripe")
    report(database, tmp_path / "page.html", made=MADE)
    assert "Gross volume 30.00 USD" in Parts((tmp_path / "page.html").read_text("utf-8")).text


# --- the command


def test_the_command_writes_beside_the_database_and_says_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tables(tmp_path / "stripe.duckdb", {"charges": [charge(1)]})
    monkeypatch.chdir(tmp_path)
    assert main(["duckdb:///stripe.duckdb"]) == 0
    assert capsys.readouterr().out == "stripe.html\n"
    assert main(["stripe.duckdb", "--output", "other.html"]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other.html", "stripe.duckdb", "stripe.html"]


def test_it_is_a_command_of_the_connectors_own_entry_point(tmp_path: Path) -> None:
    database = write_tables(tmp_path / "stripe.duckdb", {"charges": [charge(1)]})
    command = [sys.executable, "-m", "main", "report"]
    ran = subprocess.run([*command, str(database)], capture_output=True, text=True, cwd=ROOT)
    assert (ran.returncode, ran.stdout) == (0, f"{tmp_path / 'stripe.html'}\n")
    refused = subprocess.run([*command, "nothing.duckdb"], capture_output=True, text=True, cwd=tmp_path, env=PATHS)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("There is no file nothing.duckdb")


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(list(arguments)) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    return said.err


def test_what_cannot_be_read_is_refused_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no database\n" * 5000)
    empty = write_tables(tmp_path / "empty.duckdb", {})
    charges = write_tables(tmp_path / "charges.duckdb", {"charges": [charge(1)]})
    assert "There is no file" in refusal(capsys, str(tmp_path / "nothing.duckdb"))
    assert "is not a file" in refusal(capsys, str(tmp_path))
    assert "is not a DuckDB database" in refusal(capsys, str(text))
    assert "There is no table of a stream" in refusal(capsys, str(empty))
    assert "in the schema other of" in refusal(capsys, str(charges), "--schema", "other")
    assert "is the database itself" in refusal(capsys, str(charges), "--output", str(charges))
    assert "cannot be written" in refusal(capsys, str(charges), "--output", str(tmp_path / "no" / "page.html"))
    with duckdb.connect(str(charges)) as connection:
        connection.execute("alter table stripe.charges alter column created type varchar[] using ['x']")
    assert "are not laid out as" in refusal(capsys, str(charges))


def test_a_database_that_a_sync_writes_to_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = write_tables(tmp_path / "stripe.duckdb", {"charges": [charge(1)]})
    hold = f"import duckdb; c = duckdb.connect({str(database)!r}); print('held', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        assert "is in use: wait until the sync has ended" in refusal(capsys, str(database))
        holder.communicate("\n")
    assert main([str(database)]) == 0


def test_duckdb_draws_nothing_over_what_the_command_says_and_leaves_nothing_behind(tmp_path: Path) -> None:
    database = write_tables(tmp_path / "stripe.duckdb", {"charges": [charge(1)]})
    with Database(database) as opened:
        [row] = opened.rows(
            "select current_setting('enable_progress_bar') as bar, current_setting('temp_directory') as aside"
        )
        assert row["bar"] is False
        assert Path(row["aside"]).is_dir()
    assert not Path(row["aside"]).exists()
    assert [path.name for path in tmp_path.iterdir()] == ["stripe.duckdb"]


def test_what_a_sync_left_in_the_log_of_a_killed_run_is_read(tmp_path: Path) -> None:
    database = write_tables(tmp_path / "stripe.duckdb", {"charges": [charge(1)]})
    kill = (
        f"import duckdb, os; c = duckdb.connect({str(database)!r}); "
        "c.execute('update stripe.stripe.charges set amount_captured = 700'); os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", kill]).returncode == 9
    assert Path(f"{database}.wal").exists()
    report(database, tmp_path / "page.html", made=MADE)
    assert "Gross volume 7.00 USD" in Parts((tmp_path / "page.html").read_text("utf-8")).text


def test_without_the_extra_the_command_says_how_to_install_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("source_stripe.report.") and "refusal" not in name]:
        if name != "source_stripe.report.command":
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "duckdb", None)
    assert "pip install 'source-stripe[ingest]'" in refusal(capsys, str(tmp_path / "x.duckdb"))


def test_the_report_needs_neither_the_cdk_nor_the_loader(tmp_path: Path) -> None:
    database = write_tables(tmp_path / "stripe.duckdb", {"charges": [charge(1)]})
    asked = (
        "import json, sys; from source_stripe.report.command import main; "
        f"code = main([{str(database)!r}]); "
        "print(json.dumps([code, *sorted({name.partition('.')[0] for name in sys.modules})]))"
    )
    ran = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    code, *modules = json.loads(ran.stdout.splitlines()[-1])
    assert code == 0
    assert not {"airbyte_cdk", "dlt", "requests"} & set(modules)
