"""The sequence that a runner drives: what it asks, how each candidate ends, how often it is wrong at the boundary."""

from __future__ import annotations

import math
from typing import Any

import pytest

np = pytest.importorskip("numpy")

from llmlint.evals.procedure import ModelPlan, PlanError, Procedure, Result, Setup, start  # noqa: E402
from llmlint.evals.statistics.sizes import draws_needed, items_needed  # noqa: E402

PRICES = {"tiny": 0.1, "small": 0.2, "medium": 1.0, "big": 10.0, "huge": 20.0}
BOTH = pytest.mark.parametrize("target", ["dataset", "population"])


def scores_of(means: dict[str, float], items: int, seed: int = 0, graded: bool = False) -> Any:
    """Correlated scores, (models in the order of PRICES, items)."""
    generator = np.random.default_rng(seed)
    ease = generator.random(items)
    rows = []
    for name in PRICES:
        own = np.where(generator.random(items) < 0.7, ease, generator.random(items))
        right = (own < means.get(name, 0.3)).astype(float)
        rows.append(np.clip(right - 0.2 * generator.random(items), 0, 1) if graded else right)
    return np.array(rows)


def setup_of(items: int, **options: Any) -> Setup:
    models = [ModelPlan(name, usd) for name, usd in PRICES.items()]
    return Setup(**{"models": models, "reference": "big", "margin": 0.05, "items": items, "target": "dataset", **options})


def drive(setup: Setup, scores: Any, portions: int = 10_000) -> Procedure:
    procedure = start(setup)
    while asks := procedure.asks():
        for ask in asks:
            items = ask.items[:portions]
            procedure.tell(ask.model, items, scores[ask.model, list(items)].tolist())
    return procedure


def ended(result: Result) -> dict[str, str]:
    return {one.model: one.reason for one in result.candidates}


@BOTH
@pytest.mark.parametrize("graded", [False, True])
def test_the_cheapest_adequate_one_is_found_for_less(target: str, graded: bool) -> None:
    scores = scores_of({"small": 0.9, "medium": 0.9, "big": 0.9}, 1500, graded=graded)
    procedure = drive(setup_of(1500, target=target), scores)
    result = procedure.result()
    assert result.recommendation == procedure.recommendation == "small"
    small = result.candidates[1]
    assert small.verdict == "non-inferior" and small.reason == "proven" and small.interval is not None
    assert small.interval[0] >= -0.05 and small.n < 1500 and small.needed_items is None
    assert ended(result)["huge"] == "not-cheaper" and ended(result)["medium"] == "dearer-than-proven"
    assert result.looks and all(look.interval[0] <= look.difference <= look.interval[1] for look in result.looks)


@BOTH
def test_portions_and_their_order_change_nothing(target: str) -> None:
    scores = scores_of({"small": 0.88, "medium": 0.9, "big": 0.9}, 400)
    assert drive(setup_of(400, target=target), scores).result() == drive(setup_of(400, target=target), scores, 3).result()


def test_twenty_items_can_prove_what_is_plain() -> None:
    scores = scores_of({"small": 1.0, "big": 1.0}, 20)
    procedure = drive(setup_of(20, target="population", margin=0.3), scores)
    assert procedure.recommendation == "small"


def test_all_items_settle_the_dataset_exactly() -> None:
    scores = scores_of({"tiny": 0.86, "big": 0.9}, 300, seed=4)
    goal = scores[3].sum() - 0.05 * 300  # exactly on the margin: adequate
    tiny = np.flatnonzero(scores[0] == 1)
    scores[0, tiny[: int(scores[0].sum() - goal)]] = 0
    assert (scores[0] - scores[3]).mean() == pytest.approx(-0.05)
    result = drive(setup_of(300), scores).result()
    assert result.recommendation == "tiny" and result.candidates[0].dataset.interval == pytest.approx((-0.05, -0.05))


def test_undecided_says_what_it_would_take() -> None:
    scores = scores_of({"small": 0.9, "big": 0.9}, 80, seed=2)
    result = drive(setup_of(80, target="population", chance=0.0001, worth=0.0, margin=0.02), scores).result()
    assert result.recommendation is None
    small = next(one for one in result.candidates if one.model == "small")
    assert small.verdict == "undecided" and small.difference is not None
    if small.difference > -0.02:
        assert small.needed_items is not None and small.needed_items > 0
        assert small.needed_usd == pytest.approx(small.needed_items * 10.2)


def test_what_is_too_near_the_margin_to_be_settled_says_which_margin_it_supports() -> None:
    scores = scores_of({"small": 0.9, "big": 0.9}, 400, seed=3)
    scores[3, :], scores[1, :] = 1.0, 1.0
    scores[1, ::20] = 0.0  # a difference of −0.05
    result = drive(setup_of(400, target="population", chance=0.0001, worth=0.0, margin=0.051), scores).result()
    small = next(one for one in result.candidates if one.model == "small")
    assert small.verdict == "undecided" and small.needed_items is None and small.interval is not None
    assert small.supported_margin == -small.interval[0] and 0.051 < small.supported_margin < 0.3
    said = math.ceil(1000 * small.supported_margin) / 10
    assert small.why.endswith(f"to be settled at a margin of 5.1 points; what was seen supports a margin of {said:g} points")
    wider = drive(setup_of(400, target="population", margin=small.supported_margin + 1e-6), scores).result()
    assert wider.recommendation == "small"


@BOTH
def test_pairs_that_are_missing_are_left_out(target: str) -> None:
    scores = scores_of({"small": 0.9, "big": 0.9}, 1500)
    scores[1, ::7] = np.nan
    result = drive(setup_of(1500, target=target), scores).result()
    assert result.recommendation == "small"
    scores[3] = np.nan
    result = drive(setup_of(1500, target=target), scores).result()
    assert result.recommendation is None and set(ended(result).values()) <= {"no-data", "not-cheaper"}


@BOTH
def test_a_model_that_ends_is_not_asked_again(target: str) -> None:
    scores = scores_of({"tiny": 0.9, "small": 0.9, "big": 0.9}, 800)
    procedure = start(setup_of(800, target=target))
    procedure.end(0, "403: no access")
    while asks := procedure.asks():
        for ask in asks:
            assert ask.model != 0
            procedure.tell(ask.model, ask.items, scores[ask.model, list(ask.items)].tolist())
    result = procedure.result()
    assert result.recommendation == "small" and ended(result)["tiny"] == "ended"


@BOTH
def test_the_end_of_the_reference_ends_all(target: str) -> None:
    procedure = start(setup_of(100, target=target))
    procedure.end(3, "quota")
    while asks := procedure.asks():
        for ask in asks:
            procedure.tell(ask.model, ask.items, [1.0] * len(ask.items))
    assert set(ended(procedure.result()).values()) == {"ended"} or procedure.result().recommendation is None


@BOTH
@pytest.mark.parametrize(
    ("floor", "margin", "chosen"), [(0.8, None, "small"), (0.93, None, None), (0.8, 0.05, "small"), (0.92, 0.05, None)]
)
def test_a_floor_alone_or_with_the_margin(target: str, floor: float, margin: float | None, chosen: str | None) -> None:
    scores = scores_of({"small": 0.9, "big": 0.9}, 1500)
    procedure = drive(setup_of(1500, target=target, floor=floor, margin=margin), scores)
    assert procedure.recommendation == chosen
    asked_reference = procedure.result().candidates[1].n  # without a margin the reference is not asked
    assert asked_reference > 0
    alone = setup_of(1500, target=target, floor=floor, margin=None, reference=None)
    if margin is None:
        assert drive(alone, scores).recommendation == chosen


@BOTH
def test_forty_candidates_are_no_more_than_there_is_room_for(target: str) -> None:
    generator = np.random.default_rng(3)
    ease = generator.random(400)
    means = [*np.linspace(0.84, 0.88, 40), 0.9]
    scores = np.array([np.where(generator.random(400) < 0.7, ease, generator.random(400)) < mean for mean in means]) * 1.0
    models = [ModelPlan(str(k), 0.01 * (k + 1)) for k in range(40)] + [ModelPlan("big", 10.0)]
    options = {"models": models, "reference": "big", "margin": 0.04, "worth": 0.0, "chance": 0.0}
    result = drive(setup_of(400, target=target, **options), scores).result()
    assert len(result.candidates) == 40 and "running" not in ended(result).values()


def test_items_of_a_group_are_drawn_together() -> None:
    groups = [item // 4 for item in range(400)]
    procedure = start(setup_of(400, target="population", groups=groups))
    first = procedure.asks()[0].items
    drawn = [groups[item] for item in first]
    assert len(first) % 4 == 0 and all(drawn.count(group) == 4 for group in set(drawn))


@BOTH
def test_identical_models_need_not_many_items(target: str) -> None:
    scores = np.ones((5, 1000))
    procedure = drive(setup_of(1000, target=target), scores)
    assert procedure.recommendation == "tiny" and procedure.result().candidates[0].n < 300


@pytest.mark.parametrize("seed", range(3))
def test_intervals_of_both_targets_hold_the_truth(seed: int) -> None:
    means = {"tiny": 0.7, "small": 0.86, "medium": 0.88, "big": 0.9}
    scores = scores_of(means, 900, seed=seed)
    for target in ("dataset", "population"):
        for one in drive(setup_of(900, target=target, seed=seed), scores).result().candidates:
            if one.dataset.interval is not None and one.model != "huge":
                true = (scores[list(PRICES).index(one.model)] - scores[3]).mean()
                assert one.dataset.interval[0] - 1e-9 <= true <= one.dataset.interval[1] + 1e-9
                assert one.population.interval is not None
                assert one.population.interval[0] <= means[one.model] - 0.9 <= one.population.interval[1]


@BOTH
def test_at_the_boundary_hardly_any_seed_is_wrong(target: str) -> None:
    scores = scores_of({"tiny": 0.85, "small": 0.85, "medium": 0.85, "big": 0.9}, 400, seed=1)
    for model in range(3):  # just below the margin, all three
        row, goal = scores[model], math.ceil(scores[3].sum() - 0.05 * 400) - 1
        change = int(row.sum() - goal)
        of = np.flatnonzero(row == (1.0 if change > 0 else 0.0))[: abs(change)]
        row[of] = 0.0 if change > 0 else 1.0
    generator, wrong, runs = np.random.default_rng(0), 0, 60
    for seed in range(runs):
        drawn = scores if target == "dataset" else scores[:, generator.integers(0, 400, 400)]
        wrong += drive(setup_of(400, target=target, seed=seed), drawn).recommendation is not None
    assert wrong / runs <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / runs)


def as_good(generator: np.random.Generator, items: int, variance: float) -> Any:
    """A candidate that is right as often as the reference, and where they differ by chance: (2, items)."""
    reference = (generator.random(items) < 0.85) * 1.0
    flips = generator.random(items) < variance / 2 / np.where(reference == 1, 0.85, 0.15)
    return np.array([np.where(flips, 1 - reference, reference), reference])


@pytest.mark.parametrize(("variance", "margin", "power"), [(0.1, 0.05, 0.8), (0.25, 0.06, 0.9)])
def test_the_formula_for_a_population_agrees_with_the_procedure(variance: float, margin: float, power: float) -> None:
    models = [ModelPlan("new", 0.05), ModelPlan("old", 1.0)]
    items, runs, proven = items_needed(margin, variance, 0.05, power) or 0, 60, 0
    for seed in range(runs):
        setup = Setup(models, "old", margin, items, "population", seed=seed)
        proven += drive(setup, as_good(np.random.default_rng(seed), items, variance)).recommendation == "new"
    assert proven / runs == pytest.approx(power, abs=0.05 + 2 * math.sqrt(power * (1 - power) / runs))


def test_the_formula_for_a_dataset_agrees_with_the_procedure() -> None:
    models = [ModelPlan("new", 0.05), ModelPlan("old", 1.0)]
    draws, runs, within = draws_needed(0.05, 0.1, 0.05, 0.8, 800), 30, 0
    for seed in range(runs):
        scores = as_good(np.random.default_rng(seed), 800, 0.1)
        procedure = start(Setup(models, "old", 0.05, 800, "dataset", seed=seed))
        spent = 0
        while asks := procedure.asks():
            for ask in asks:
                procedure.tell(ask.model, ask.items, scores[ask.model, list(ask.items)].tolist())
                spent += len(ask.items) * ask.model
        within += procedure.recommendation == "new" and spent <= 1.1 * draws
    assert within / runs == pytest.approx(0.8, abs=0.2)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"models": []}, "no model"),
        ({"reference": "none"}, "the reference none is not among"),
        ({"reference": None, "margin": None}, "a floor is needed"),
        ({"margin": None}, "no margin"),
        ({"margin": 0.0}, "the margin must lie"),
        ({"floor": 1.5}, "the floor must lie"),
        ({"items": 0}, "no items"),
        ({"groups": [1]}, "not every item has a group"),
        ({"models": [ModelPlan("big", 1.0), ModelPlan("big", 2.0)]}, "same name"),
        ({"models": [ModelPlan("big", math.nan)]}, "a price per item"),
    ],
)
def test_what_cannot_be_decided(options: dict[str, Any], said: str) -> None:
    with pytest.raises(PlanError, match=said):
        setup_of(10, **options) if "items" not in options else setup_of(**options)


@pytest.mark.parametrize(("items", "scores"), [((0,), (1.5,)), ((0,), (-0.1,)), ((0, 1), (1.0,)), ((99,), (1.0,))])
def test_scores_that_cannot_be(items: tuple[int, ...], scores: tuple[float, ...]) -> None:
    procedure = start(setup_of(10))
    procedure.asks()
    with pytest.raises(ValueError):
        procedure.tell(0, items, scores)


@pytest.mark.parametrize("items", [1, 2, 3, 21])
@BOTH
def test_few_items_end_all_the_same(items: int, target: str) -> None:
    result = drive(setup_of(items, target=target), scores_of({"small": 0.9, "big": 0.9}, items)).result()
    assert len(result.candidates) == 4


@BOTH
def test_what_is_asked_ahead_saves_rounds_hardly_costs_and_decides_the_same(target: str) -> None:
    scores = scores_of({"small": 0.89, "medium": 0.9, "big": 0.9}, 400, seed=1)
    procedure, known, needed, rounds, looks = start(setup_of(400, target=target)), set(), set(), 0, 0
    while asks := procedure.asks():
        wanted = {(ask.model, item) for ask in asks for item in ask.items}
        needed |= wanted
        looks += 1
        if not wanted <= known:
            rounds += 1
            known |= wanted | {(ask.model, item) for ask in procedure.ahead() for item in ask.items}
        for ask in asks:
            procedure.tell(ask.model, ask.items, scores[ask.model, list(ask.items)].tolist())
    assert procedure.result() == drive(setup_of(400, target=target), scores).result()
    assert rounds < looks * 0.75 and len(known) < 1.15 * len(needed)


def test_nothing_is_asked_ahead_of_the_first_answers_nor_of_models_that_ended() -> None:
    scores = scores_of({"small": 0.9, "big": 0.9}, 400)
    procedure = start(setup_of(400))
    asks = procedure.asks()
    assert procedure.ahead() == ()
    for ask in asks:
        procedure.tell(ask.model, ask.items, scores[ask.model, list(ask.items)].tolist())
    assert "small" in {list(PRICES)[ask.model] for ask in procedure.ahead()}
    procedure.end(1, "no access")
    assert 1 not in {ask.model for ask in procedure.ahead()}
