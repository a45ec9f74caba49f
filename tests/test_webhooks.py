"""Webhooks are displayed distinctly, without their keys and passwords."""

from __future__ import annotations

import pytest

from awsbase.webhooks import as_listed, masked


@pytest.mark.parametrize(
    ("endpoint", "shown"),
    [
        ("ann@x.example", "ann@x.example"),
        ("arn:aws:sqs:eu-west-1:123456789012:q", "arn:aws:sqs:eu-west-1:123456789012:q"),
        ("https://x.example", "https://x.example"),
        ("https://x.example:8443/v1/json/cloud-watch/", "https://x.example:8443/v1/json/cloud-watch/"),
        ("https://ann:hunter2@x.example/", "https://****@x.example/#"),
        ("https://K3Y@x.example/", "https://****@x.example/#"),
        ("https://ann:p@ss:w@x.example/", "https://****@x.example/#"),
        ("https://x.example/integration/0a1b2c/enqueue", "https://x.example/integration/****/enqueue#"),
        ("https://x.example/services/T0/B0/Xyz", "https://x.example/services/****/****/****#"),
        ("https://x.example/TOKEN?apiKey=k&k2#f", "https://x.example/****?apiKey=****&****#****#"),
        ("https://x.example/a?secret", "https://x.example/a?****#"),
    ],
)
def test_possible_keys_are_masked(endpoint: str, shown: str) -> None:
    said = masked(endpoint)
    assert (said if said == endpoint else said[:-8]) == shown


def test_masked_endpoints_differ_but_not_by_password() -> None:
    assert masked("https://x.example/?k=1") != masked("https://x.example/?k=2")
    assert masked("https://a:1@x.example/") != masked("https://b:1@x.example/")
    assert masked("https://a:1@x.example/") == masked("https://a:2@x.example/") == masked("https://a:****@x.example/")


def test_listed_endpoints_contain_no_password() -> None:
    assert as_listed("https://ann:p@ss:w@x.example/a?b:c@d") == "https://ann:****@x.example/a?b:c@d"
    assert as_listed("https://ann@x.example/a:b@c") == "https://ann@x.example/a:b@c"
