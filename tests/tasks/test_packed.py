"""Sums of rows of bytes are those of the numbers that they stand for, however many rows are added."""

from __future__ import annotations

import json

import pytest

from llmlint.tasks.packed import table_from_json, table_to_json


@pytest.mark.parametrize("width", [1, 2, 15])
@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 600])
def test_sums(width: int, count: int) -> None:
    rows = [[(37 * i + 91 * j) % 256 - 128 for j in range(width)] for i in range(600)]
    rows[:300] = [[127] * width] * 300  # the largest ones: no lane may run over
    table = table_from_json(json.loads(json.dumps(table_to_json([f"n{i}" for i in range(600)], rows))))
    names = [f"n{i}" for i in range(count)]
    assert table.sums([*names, "unknown"]) == [sum(row[j] for row in rows[:count]) for j in range(width)]
    assert [table.at("n599", j) for j in range(width)] == rows[599]
