"""The graph in each of its styles."""

import pytest

from awsbase.view.graph import draw

NEEDS = {"key/k": [], "bucket/b": ["key/k"], "policy/p": ["bucket/b", "key/k"], "group/g": ["policy/p"], "user/u": []}


@pytest.mark.parametrize(
    ("style", "lines"),
    [
        ("text", ["group/g", "  policy/p", "    bucket/b", "      key/k", "    key/k", "user/u"]),
        (
            "mermaid",
            [
                "flowchart LR",
                *('  n0["key/k"]', '  n1["bucket/b"]', '  n2["policy/p"]', '  n3["group/g"]', '  n4["user/u"]'),
                *("  n1 --> n0", "  n2 --> n1", "  n2 --> n0", "  n3 --> n2"),
            ],
        ),
        (
            "dot",
            [
                "digraph awsbase {",
                "  rankdir=LR; node [shape=box];",
                *('  "key/k";', '  "bucket/b";', '  "policy/p";', '  "group/g";', '  "user/u";'),
                *('  "bucket/b" -> "key/k";', '  "policy/p" -> "bucket/b";', '  "policy/p" -> "key/k";'),
                *('  "group/g" -> "policy/p";', "}"),
            ],
        ),
    ],
)
def test_graph(style: str, lines: list[str]) -> None:
    assert draw(NEEDS, style).splitlines() == lines


def test_a_repeated_subtree_is_abbreviated() -> None:
    needs = {"key/k": [], "bucket/b": ["key/k"], "user/u": ["bucket/b"], "user/v": ["bucket/b"]}
    assert draw(needs, "text").splitlines() == ["user/u", "  bucket/b", "    key/k", "user/v", "  bucket/b  …"]
