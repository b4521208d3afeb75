"""Episodes: onset, peak, resolution and recurrence, and the day rules of single criteria."""

import pytest

from equipoise.criteria import ALL
from equipoise.episodes import episodes
from small_records import record_of, value

BY_ID = {c.id: c for c in ALL}
CELLS = {"type": "cells", "at": 0, "product": "axicabtagene"}
GRAFT = {"type": "cells", "at": 0, "product": "graft"}


def finding(name, what, at):
    return {"type": "finding", "at": at, "name": name, "value": what}


def given(agent, amount, at):
    return {"type": "dose", "at": at, "agent": agent, "amount": amount, "route": "iv"}


def ward(at, temperature, low=False, flow="", drugs=()):
    """A round: temperature, hypotension, oxygen by cannula, vasopressors."""
    events = [
        value("temperature", f"{temperature} Cel", at), finding("hypotension", low, at),
        finding("vasopressors", list(drugs), at),
        finding("oxygen_device", "nasal_cannula" if flow else "none", at),
    ]  # fmt: skip
    return [*events, *([value("oxygen_flow", f"{flow} L/min", at)] if flow else [])]


def found(id_, events, t=1000.0, *, certain=True, **header):
    all_ = episodes(BY_ID[id_], record_of(*events, t=t, **header), t)
    return [e for e in all_ if e.certain] if certain else list(all_)


def times(e):
    return (e.onset.after, e.onset.by), (e.low, e.high), (e.resolution.after, e.resolution.by)


# --- CRS ----------------------------------------------------------------------------------------

WAVE = [
    CELLS, *ward(4, 36.8), *ward(28, 36.9), *ward(40, 38.5), *ward(52, 39.0, True),
    given("tocilizumab", "560 mg", 53), *ward(64, 36.9, flow="2"), *ward(76, 36.8),
]  # fmt: skip


def test_onset_peak_and_resolution_lie_between_what_was_seen():
    (one,) = found("crs_astct2019", WAVE, 90.0)
    assert times(one) == ((28.0, 40.0), (2, 2), (64.0, 76.0))
    assert (one.onset.day_after, one.onset.day_by) == (1, 2)
    assert (one.peak_at, one.ended, one.recurrence, one.pauses) == (52.0, "resolved", False, ())
    assert {(b.name, b.at) for b in one.because} >= {("temperature", 40.0), ("hypotension", 52.0)}


def test_the_fever_waiver_lasts_over_the_episode():
    """After tocilizumab oxygen alone keeps the grade; without any therapy CRS ends with fever."""
    (with_it,) = found("crs_astct2019", WAVE, 70.0)
    assert (with_it.resolution.after, with_it.ended) == (64.0, "open")
    untreated = [e for e in WAVE if e["type"] != "dose"]
    untreated += [finding("antipyretic_or_anticytokine", False, 52)]
    (without,) = found("crs_astct2019", untreated, 70.0)
    assert times(without)[2] == (52.0, 64.0)


def test_a_second_episode_by_the_waiver_alone_is_said_to_be_one():
    later = [*WAVE, *ward(90, 36.8), *ward(100, 36.7, True), *ward(110, 36.7)]
    first, second = found("crs_astct2019", later, 120.0)
    assert times(second) == ((90.0, 100.0), (2, 2), (100.0, 110.0))
    assert (first.renewed, second.renewed, second.recurrence) == (None, False, True)
    febrile = [*WAVE, *ward(90, 36.8), *ward(100, 38.7, True), *ward(110, 36.7)]
    assert found("crs_astct2019", febrile, 120.0)[1].renewed is True
    unknown = [*WAVE, *ward(90, 36.8), *ward(115, 36.7, True)[1:], *ward(120, 36.7)]
    assert found("crs_astct2019", unknown, 121.0)[1].renewed is None


def test_a_stretch_without_values_may_be_a_pause():
    events = [CELLS, *ward(4, 36.8), *ward(10, 38.5), *ward(60, 38.5), *ward(65, 36.8)]
    (one,) = found("crs_astct2019", events, 70.0)
    assert one.pauses == ((10.0, 60.0),)
    assert (one.low, one.high) == (1, 4)


def test_what_cannot_be_excluded_is_no_certain_episode():
    events = [CELLS, *ward(4, 36.8), *ward(60, 36.8)]
    first, second = found("crs_astct2019", events, 61.0, certain=False)
    assert not first.certain
    # Until the first round, and from the end of its window to the next round.
    assert (first.onset.after, first.resolution.by) == (0.0, 4.0)
    assert (second.onset.after, second.resolution.by) == (4.0, 60.0)
    assert (second.onset.by, second.low, second.high, second.number) == (None, 0, 4, 0)


def test_only_what_was_known_at_t_counts():
    late = [{**e, "known": 72.0} if e.get("name") == "temperature" and e["at"] == 40 else e
            for e in WAVE]  # fmt: skip
    assert found("crs_astct2019", late, 71.0)[0].onset.by == 52.0
    assert found("crs_astct2019", late, 73.0)[0].onset.by == 40.0


# --- which infusion -----------------------------------------------------------------------------


def test_after_a_second_infusion_days_and_episodes_count_from_it():
    again = {"type": "cells", "at": 500, "product": "axicabtagene"}
    events = [*WAVE, again, *ward(505, 36.8), *ward(530, 38.4), *ward(545, 36.8)]
    first, second = found("crs_astct2019", events, 560.0)
    assert (first.infusion, first.number) == (0.0, 1)
    assert (second.infusion, second.number, second.recurrence) == (500.0, 1, False)
    # 500 h is 06:00 of day 21, 530 h is 12:00 of day 22.
    assert (second.onset.day_after, second.onset.day_by) == (0, 1)


def test_an_episode_that_lasts_into_the_next_infusion_ends_with_it():
    again = {"type": "cells", "at": 60, "product": "axicabtagene"}
    events = [CELLS, *ward(4, 36.8), *ward(50, 38.5), again, *ward(70, 38.5)]
    first, second = found("crs_astct2019", events, 75.0)
    assert (first.ended, first.resolution.by) == ("next infusion", None)
    assert (second.infusion, second.onset.after, second.ended) == (60.0, 60.0, "open")


def test_a_graft_does_not_count_days_of_a_car_t_criterion():
    graft = {"type": "cells", "at": 300, "product": "graft"}
    (one,) = found("crs_astct2019", [*WAVE, graft, *ward(310, 36.8)], 320.0)
    assert (one.infusion, one.ended) == (0.0, "resolved")


def test_death_ends_an_episode():
    events = [CELLS, *ward(4, 36.8), *ward(50, 38.5, True), finding("death", "crs", 60)]
    (one,) = found("crs_astct2019", events, 100.0)
    assert (one.ended, one.low, one.high, one.resolution.by) == ("death", 5, 5, None)


# --- ICAHT --------------------------------------------------------------------------------------


def counts(name, numbers, unit, product=CELLS):
    """One count a day from day 0 at noon; None leaves the day out."""
    return [
        product,
        *(value(name, f"{n} {unit}", 2.0 + 24.0 * day) for day, n in numbers.items()),
    ]  # fmt: skip


def test_runs_are_joined_over_recoveries_of_two_days_and_not_of_three():
    numbers = dict.fromkeys(range(31), 2000) | dict.fromkeys((5, 6, 7, 10, 11, 15, 16), 400)
    (one,) = found("icaht_early_2023", counts("neutrophils", numbers, "/uL"), 740.0)
    assert (one.low, one.high, one.ended) == (2, 2, "counted")
    first, second = one.spells
    # Days 8 and 9 are a recovery of two days and count; days 12 to 14 part the runs.
    assert (first.first, first.last, first.days) == ((5, 5), (11, 11), (7, 7))
    assert (second.first, second.last, second.days) == ((15, 15), (16, 16), (2, 2))
    assert not second.running


def test_gaps_of_seven_days_are_filled_by_a_line_and_longer_ones_are_open():
    numbers = dict.fromkeys(range(31), 2000) | dict.fromkeys((5, 13), 400)
    short = {d: n for d, n in numbers.items() if not 5 < d < 13}
    (one,) = found("icaht_early_2023", counts("neutrophils", short, "/uL"), 740.0)
    assert [s.days for s in one.spells] == [(9, 9)]
    long = {**{d: n for d, n in numbers.items() if not 5 < d < 14}, 14: 400}
    (one,) = found("icaht_early_2023", counts("neutrophils", long, "/uL"), 740.0)
    (spell,) = one.spells
    assert spell.days == (1, 10)
    assert (spell.first, spell.last) == ((5, 5), (14, 14))
    # Eight days without a count may all have been at or below 100 per uL.
    assert (one.low, one.high) == (1, 3)


def test_a_run_that_has_not_ended_runs():
    numbers = dict.fromkeys(range(6, 11), 400) | dict.fromkeys(range(6), 2000)
    (one,) = found("icaht_early_2023", counts("neutrophils", numbers, "/uL"), 24.0 * 10 + 3)
    (spell,) = one.spells
    assert (spell.days, spell.running, spell.depth) == ((5, 5), True, (1, 1))


def test_spells_of_platelets_are_those_of_the_late_period_too():
    numbers = dict.fromkeys(range(101), 150) | dict.fromkeys((40, 41, 44, 60), 15)
    (one,) = found("ticaht_late", counts("platelets", numbers, "10*9/L"), 24.0 * 101)
    assert [(s.first[1], s.last[0], s.days) for s in one.spells] == [
        (40, 44, (5, 5)), (60, 60, (1, 1)),
    ]  # fmt: skip


# --- transplantation ----------------------------------------------------------------------------

TMA = ("schistocytes", "hypertension", "platelet_refractory", "red_cell_transfusion")


def tma(*days):
    return [GRAFT, *(finding(name, True, 24.0 * d) for d in days for name in TMA)]


def test_tma_begins_at_the_second_of_two_time_points_and_lasts_their_fourteen_days():
    (one,) = found("tma_jodele2022", tma(20, 25), 24.0 * 45, born="2015-04-01")
    assert one.onset.by == 24.0 * 25
    # The first of the two is 14 days old on day 34.
    assert one.resolution.after == 24.0 * 25
    assert one.low == 4
    assert found("tma_jodele2022", tma(20, 35), 24.0 * 45, born="2015-04-01") == []


def liver(day, *, bilirubin="2.5", weight="60", ascites=True, pain=True):
    at = 24.0 * day
    return [value("bilirubin", f"{bilirubin} mg/dL", at), value("weight", f"{weight} kg", at),
            finding("ascites", ascites, at), finding("painful_hepatomegaly", pain, at),
            finding("reversed_portal_flow", False, at)]  # fmt: skip


def test_sos_begins_with_the_weight_above_five_percent():
    base = [GRAFT, value("weight", "60 kg", -10.0)]
    none = {"ascites": False, "pain": True}
    days = [*liver(8, weight="63", **none), *liver(9, weight="63.1", **none),
            *liver(12, weight="61", **none)]  # fmt: skip
    (one,) = found("vod_ebmt2016", base + days, 24.0 * 13)
    assert times(one) == ((192.0, 216.0), (1, 1), (216.0, 288.0))
    assert (one.onset.day_after, one.onset.day_by) == (8, 9)


def test_after_day_21_two_signs_make_sos_with_evidence_of_flow():
    signs = {"bilirubin": "1.0", "ascites": True, "pain": True}
    base = [GRAFT, value("weight", "60 kg", -10.0)]
    flow = finding("reversed_portal_flow", True, 24.0 * 20 + 1)
    before = [*base, *liver(20, **signs), flow]
    assert found("vod_ebmt2016", before, 24.0 * 21) == []
    (one,) = found("vod_ebmt2016", before, 24.0 * 22)
    # Nothing is charted at midnight: day 22 itself makes it late-onset.
    assert one.onset.day_by == 22


def kidney(*pairs):
    dry = [e for at, _ in pairs for e in (
        {**value("urine_output", "1.0 mL/kg/h", at), "over": "24 h"}, finding("dialysis", False, at)
    )]  # fmt: skip
    return [*(value("creatinine", f"{number} mg/dL", at) for at, number in pairs), *dry]


def test_a_rise_counts_within_48_hours_and_not_after():
    (one,) = found("aki_kdigo2012", kidney((0, "1.0"), (47, "1.3")), 48.0)
    assert (one.onset.after, one.onset.by, one.low) == (None, 47.0, 1)
    slow = kidney((0, "1.0"), (40, "1.1"), (84, "1.3"))
    assert found("aki_kdigo2012", slow, 85.0) == []


def test_a_creatinine_that_stays_high_does_not_end_the_episode_after_seven_days():
    """The lowest of seven days rises with it; the episode keeps what it began from."""
    steps = [(24.0 * d, "1.0" if d < 2 else "2.1") for d in range(14)]
    events = kidney(*steps, (24.0 * 14, "1.2"))
    (one,) = found("aki_kdigo2012", events, 24.0 * 14 + 1)
    assert (one.onset.by, one.low, one.high) == (48.0, 2, 2)
    assert one.resolution.after == 24.0 * 13
    assert one.resolution.by == 24.0 * 14


# --- refusals -----------------------------------------------------------------------------------


def test_a_score_has_no_episodes():
    for id_ in ("easix", "hscore_2014", "car_hematotox_2021"):
        with pytest.raises(ValueError, match="has no episodes"):
            episodes(BY_ID[id_], record_of(CELLS), 10.0)


def test_without_an_infusion_there_is_none():
    assert found("crs_astct2019", WAVE[1:], 90.0, certain=False) == []
