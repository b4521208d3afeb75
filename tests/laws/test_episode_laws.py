"""What holds for the episodes of every criterion, on random records."""

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from test_criteria_laws import complete, empty, hideable, without

from equipoise import units
from equipoise.criteria import ALL, HLH_2004
from equipoise.criterion import snapshot
from equipoise.episodes import episodes
from equipoise.probe import with_entries
from equipoise.record import Cells, Measurement

END = 130.0
FEW = settings(max_examples=20, deadline=None)
HAVE = [c for c in ALL if c.has_episodes]
ENDINGS = frozenset(("death", "last_follow_up", "next_therapy", "progression", "relapse"))
"""Counts go on until one of these is charted: an ending without a record is one that has not come,
and no value that could be known better (the criteria say so)."""


@st.composite
def charted(draw):
    """A record with each observation of the present at one or two times of its own, some with a
    second infusion.
    """
    # Drawn first: after it `complete` runs code under test, and nothing more is drawn.
    chance = random.Random(draw(st.integers(0, 10**6)))
    record = draw(complete())
    events = []
    for event in record.events:
        if isinstance(event, Cells) or event.at < 0:
            events.append(event)
            continue
        for _ in range(chance.randint(1, 2)):
            at = float(chance.randint(1, 120))
            events.append(replace(event, at=at, known=at + chance.choice((0.0, 0.0, 6.0))))
    if chance.random() < 0.25:
        at = float(chance.randint(20, 100))
        events.append(Cells(at=at, known=at, product="tisagenlecleucel"))
    return replace(record, events=tuple(events))


def known_at_once(record):
    """The record as if all that is known by the end had been known when it happened; of two values
    of one time that known last stays the last.
    """
    known = sorted((e for e in record.events if e.known <= END), key=lambda e: (e.at, e.known))
    return replace(
        record, events=tuple(replace(e, known=e.at, row=row) for row, e in enumerate(known))
    )


def shown(found):
    return [e.to_json() for e in found]


@FEW
@given(record=charted(), name=st.sampled_from(["temperature", "ferritin", "creatinine"]))
def test_what_became_known_later_changes_no_episode(record, name):
    t = 100.0
    unit = {"temperature": "Cel", "ferritin": "ng/mL", "creatinine": "mg/dL"}[name]
    drawn = Measurement(
        at=80.0, known=t + 1.0, name=name, value=units.parse(f"39 {unit}"), number=39.0
    )
    later = with_entries(record, t + 1.0, [("death", "crs"), ("hypotension", True)])
    later = replace(later, events=(*later.events, drawn))
    before, after, cut = (
        [shown(episodes(c, each, t)) for c in HAVE] for each in (record, later, later.until(t))
    )
    assert before == after == cut


@FEW
@given(record=charted())
def test_an_episode_is_there_where_it_says_and_absent_where_it_says(record):
    """The grade at a moment, with everything that is known at the end known at once, says so."""
    at_once = known_at_once(record)

    def state(criterion, t):
        now = snapshot(criterion, at_once, t)
        if now.low is None:
            return False
        if criterion.met is not None:
            return now.met
        return True if now.low >= 1 else (False if now.high == 0 else None)

    found = [episodes(c, record, END) for c in HAVE]
    for criterion, several in zip(HAVE, found, strict=True):
        for e in several:
            assert e.low <= e.high
            if e.certain:
                assert state(criterion, e.onset.by) is True
                assert e.low >= snapshot(criterion, at_once, e.peak_at).low
                assert e.onset.by <= e.peak_at
            if e.onset.after is not None and e.onset.after != e.infusion:
                assert state(criterion, e.onset.after) is False
                assert e.onset.by is None or e.onset.after < e.onset.by
            if e.resolution.by is not None:
                assert state(criterion, e.resolution.by) is False


def test_of_two_temperatures_of_one_time_the_one_known_last_counts():
    """Drawn once by chance: its fever made HLH-2004 certain at 120 h, and a law that made both
    known at 120 h asked another record.
    """
    five = {
        "splenomegaly": True, "ferritin": "9000 ng/mL", "fibrinogen": "90 mg/dL",
        "hemophagocytosis": True, "low_nk_activity": False, "soluble_il2r": "500 U/mL",
        "hemoglobin": "13 g/dL", "platelets": "250 10*9/L", "neutrophils": "3 10*9/L",
    }  # fmt: skip
    record = with_entries(empty(), 119.0, five.items())
    record = with_entries(record, 120.0, [("temperature", "36.9 Cel")])
    (fever,) = with_entries(empty(), 120.0, [("temperature", "39.5 Cel")]).measurements(
        "temperature"
    )
    # As entered before the other one, and known six hours later.
    late = replace(fever, known=126.0, row=0)
    record = replace(record, events=(*record.events, late))
    (found,) = episodes(HLH_2004, record, END)
    assert (found.certain, found.onset.by, found.low) == (True, 120.0, 5)
    assert snapshot(HLH_2004, known_at_once(record), 120.0).met is True


@FEW
@given(seed=st.integers(0, 10**6), record=charted())
def test_completing_the_record_narrows_onset_peak_and_resolution(seed, record):
    # Counts before the infusion only help to fill a gap.
    record = without(record, {("neutrophils", True), ("platelets", True)})
    chance = random.Random(seed)
    could = [(key, before) for key, before in hideable(record) if key not in ENDINGS]
    some = without(record, set(chance.sample(could, chance.randint(0, 12))))
    all_full = [[e for e in episodes(c, record, END) if e.certain] for c in HAVE]
    all_wide = [[e for e in episodes(c, some, END) if e.certain] for c in HAVE]
    for full, found in zip(all_full, all_wide, strict=True):
        for wide in found:
            narrows(wide, [e for e in full if e.infusion == wide.infusion])


def narrows(wide, full):
    """Whether what is known more lies inside what was known less; it may part one episode."""

    def around(moment):
        (one,) = [e for e in full if spans(e, moment)]
        return one

    first, last = around(wide.onset.by), around(wide.resolution.after)
    assert first.onset.by <= wide.onset.by
    if wide.onset.after is not None:
        assert first.onset.after >= wide.onset.after
    assert last.resolution.after >= wide.resolution.after
    if wide.resolution.by is not None:
        assert last.resolution.by <= wide.resolution.by
    parts = [e for e in full if first.onset.by <= e.onset.by <= last.onset.by]
    assert max(e.low for e in parts) >= wide.low
    assert max(e.high for e in parts) <= wide.high


def spans(e, moment):
    after = -1e9 if e.onset.after is None else e.onset.after
    by = 1e9 if e.resolution.by is None else e.resolution.by
    # What is there at the moment of the infusion begins with it.
    return (after < moment or after == e.infusion == moment) and moment < by
