"""What resources cost: one table, exact sums, and nothing made up for a region that the table does not have."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest

from awsbase.manifest.load import load
from awsbase.manifest.manifest import resources
from awsbase.prices import Cost, Price, by_section, by_use, dollars, monthly, total
from awsbase.prices import table as prices
from awsbase.view import cost
from tests.scripts.conftest import ACCOUNT, EMPTY, written
from tests.scripts.test_commands import awsbase

ROOT = Path(__file__).parents[2]
MANIFESTS = sorted((ROOT / "manifests").glob("*.yaml"))
TABLE = [
    each
    for each in [*vars(prices).values(), *prices.INSTANCES.values(), *prices.S3_CLASSES.values()]
    if isinstance(each, Price)
]


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("1", "$1"),
        ("0.1", "$0.10"),
        ("0.0010", "$0.001"),
        ("3.65", "$3.65"),
        ("1.00", "$1"),
        ("100", "$100"),
        ("0", "$0"),
    ],
)
def test_amounts_read_as_people_write_them(amount: str, shown: str) -> None:
    assert dollars(Decimal(amount)) == shown


def test_every_price_names_its_page_and_is_more_than_nothing() -> None:
    assert len(TABLE) > 30
    for price in TABLE:
        assert price.page.startswith("https://aws.amazon.com/")
        assert re.fullmatch(r"|20\d\d-\d\d-\d\d", price.read)
        assert price.usd
        assert min(price.usd.values()) > 0


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1"])
def test_no_price_is_known_where_aws_bills_by_another_list(region: str) -> None:
    assert {price.at(region) for price in TABLE} == {None}


def test_a_region_that_the_table_does_not_have_is_no_free_one() -> None:
    costs = [monthly(prices.VOLUME, "af-south-1", 8, "its volume"), monthly(prices.KMS_KEY, "af-south-1")]
    assert [str(each) for each in costs] == [
        "EBS per GB a month: price not known in af-south-1",
        "$1 a month",
    ]
    (sum_of_all,) = by_section({"bastion": costs}).values()
    assert (sum_of_all.usd, sum_of_all.unknown) == (Decimal(1), ("EBS",))


def test_a_section_without_known_prices_is_not_one_by_use() -> None:
    unknown, used = monthly(prices.VOLUME, "af-south-1"), by_use(prices.S3_STORAGE, "eu-west-1")
    sums = by_section({"bastion": [unknown], "audit": [used], "state": [unknown, used]})
    assert [cost.amount(each) for each in sums.values()] == ["price not known", "by use", "by use"]


def test_what_is_free_for_an_account_is_taken_off_once() -> None:
    eight = [monthly(prices.ALARM, region) for region in ("us-east-1", "eu-west-1") for _ in range(4)]
    sections = by_section({"alarms": eight, "bastion": eight})
    assert [each.usd for each in sections.values()] == [Decimal(0), Decimal("0.60")]
    assert total(sections.values()).usd == Decimal("0.60")


def test_a_cost_by_use_adds_nothing_to_the_sum_and_is_named() -> None:
    (sum_of_all,) = by_section(
        {"audit": [by_use(prices.S3_STORAGE, "eu-west-1"), monthly(prices.KMS_KEY, "eu-west-1")]}
    ).values()
    assert str(sum_of_all) == "about $1 a month; and by use: S3"
    assert str(by_section({"buckets": [by_use(prices.S3_STORAGE, "eu-west-1")]})["buckets"]) == "by use: S3"


def test_hours_and_gigabytes_are_exact() -> None:
    micro = monthly(prices.INSTANCES["t4g.micro"], "us-east-1", prices.HOURS, "a t4g.micro")
    assert str(micro) == "$6.13 a month for a t4g.micro"
    assert by_section({"bastion": [micro]})["bastion"].usd == Decimal("6.1320")
    assert str(Cost(None, "us-east-1", Decimal(1), "a z9.huge")) == "a z9.huge: price not known in us-east-1"


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_sections_add_up_to_the_total(path: Path) -> None:
    told = cost.document(resources(load(path)), account=ACCOUNT, region="eu-west-1")
    parts = [Decimal(each["usd_a_month"]) for each in told["sections"].values()]
    assert sum(parts) == Decimal(told["total"]["usd_a_month"])
    json.dumps(told)


def test_the_command_shows_sections_and_makes_no_calls(tmp_path: Path) -> None:
    file = written(tmp_path / "acme.yaml", EMPTY + "state: {}\n")
    shown = awsbase("cost", file)
    assert shown.exit_code == 0
    assert "state  $1 a month\n  key/" in shown.output
    assert "total: about $1 a month; and by use: KMS, S3\n" in shown.output
    told = json.loads(awsbase("cost", file, "--json").output)
    assert told["total"] == {"usd_a_month": "1.00", "by_use": ["KMS", "S3"], "price_not_known": []}


def test_no_price_stands_anywhere_else() -> None:
    # `$1` alone is the first argument of a shell.
    amount = re.compile(r"\$\d+(\.\d|,?\s+(a|an|per|for)\b)")
    # The manifest's descriptions are one language with its schema: they are compared below.
    elsewhere = [path for path in (ROOT / "awsbase").rglob("*.py") if not {"manifest", "prices"} & {*path.parts}]
    found = [
        f"{path.name}: {line.strip()}"
        for path in elsewhere
        for line in path.read_text().splitlines()
        if amount.search(line) and "NAT gateway" not in line
    ]
    assert found == []


def test_amounts_in_the_descriptions_of_the_manifest_are_those_of_the_table() -> None:
    known = {usd for price in TABLE for usd in price.usd.values()}
    # A key after two rotations; a NAT gateway, which awsbase does not make.
    known |= {3 * prices.KMS_KEY.usd["*"], Decimal(32)}
    text = "".join(path.read_text() for path in (ROOT / "awsbase/manifest").glob("*.py"))
    named = {Decimal(each) for each in re.findall(r"\$(\d+(?:\.\d+)?)", text)}
    assert len(named) > 5
    assert named - known == set()
