"""Make the seven made-up records of `equipoise.examples` again, to the byte.

    python examples/make_examples.py            writes them over those in src/equipoise/examples
    python examples/make_examples.py FOLDER     writes them into FOLDER

Levels are drawn from a model of the shelf for one patient: between-subject variability and
residual error come from the stream (SEED, record id, model id). Everything else is written here by
hand and is nobody's chart. The published patient is not made here; it is transcribed.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from equipoise import files
from equipoise.chance import stream
from equipoise.model import Model, PlainDose, course, draw_etas, simulate
from equipoise.models.atg_thymoglobulin_linear import MODEL as ATG
from equipoise.models.busulfan_choe2012 import MODEL as CHOE
from equipoise.models.sirolimus_wu2012 import MODEL as WU
from equipoise.record import Record

SEED = 4
"""The first of 1, 2, 3, ... whose sirolimus patient has an early trough below and a late trough
inside 5-15 ng/mL, so that the early one misleads; the others take what this seed gives."""

FOLDER = Path(__file__).resolve().parents[1] / "src" / "equipoise" / "examples"

Event = dict[str, Any]


class _Clock:
    """Clock times around day 0, in its offset, as ISO text and as hours."""

    def __init__(self, day0: str) -> None:
        self.day0 = datetime.fromisoformat(day0)

    def at(self, day: int, clock: str) -> str:
        """The ISO time of a clock time on a calendar day; day 0 is the date of day 0."""
        hour, minute = (int(part) for part in clock.split(":"))
        moment = self.day0.replace(hour=hour, minute=minute) + timedelta(days=day)
        return moment.isoformat()

    def hours(self, text: str) -> float:
        """Hours from day 0 of an ISO time."""
        return (datetime.fromisoformat(text) - self.day0).total_seconds() / 3600.0


def levels(
    model: Model,
    record: str,
    doses: Sequence[PlainDose],
    times: Sequence[float],
    *,
    covariates: Mapping[str, float],
) -> list[float]:
    """Levels of one patient drawn from the model's population, with residual error.

    times  hours; a sample at a dose time is taken before the dose
    """
    rng = stream(SEED, record, model.id)
    etas = draw_etas(model, 1, rng)
    observation = model.observations[0]
    what = course(model, doses, covariates=covariates)
    true = simulate(model, [what], np.asarray(times, dtype=float), etas=etas)
    values = true.values[observation.analyte][0, 0]
    errors = rng.standard_normal(len(times)) * np.sqrt(observation.residual.variance(values))
    return [float(v) for v in values + errors]


def _lab(name: str, value: str, at: str, known: str) -> Event:
    return {"type": "measurement", "at": at, "known": known, "name": name, "value": value}


def _bedside(name: str, value: str, at: str) -> Event:
    return {"type": "measurement", "at": at, "name": name, "value": value}


def _record(content: Event, events: Sequence[Event], clock: _Clock) -> Record:
    """The record, events in the order in which they became known to a reader of the chart."""

    def order(event: Event) -> tuple[float, float]:
        at = clock.hours(event["at"])
        return (clock.hours(event["known"]) if "known" in event else at, at)

    return files.record_from_json({"equipoise": 1, **content, "events": sorted(events, key=order)})


def sirolimus_adult() -> Record:
    """2 mg daily for 16 days, a trough on day 4 and on day 14, posaconazole planned for day 16."""
    id_, clock = "bundled-sirolimus-adult", _Clock("2026-01-12T08:00:00+01:00")
    events: list[Event] = []
    before, seen = clock.at(-1, "14:00"), clock.at(-1, "16:00")
    events += [
        _bedside("weight", "68 kg", before),
        _bedside("height", "166 cm", before),
        _lab("hematocrit", "31 %", before, seen),
        _lab("hemoglobin", "10.3 g/dL", before, seen),
        _lab("leukocytes", "5.8 K/uL", before, seen),
        _lab("platelets", "14 K/uL", before, seen),
        _lab("bilirubin", "0.6 mg/dL", before, seen),
        _lab("alt", "22 U/L", before, seen),
        _lab("creatinine", "0.8 mg/dL", before, seen),
        _lab("albumin", "3.9 g/dL", before, seen),
        _lab("triglycerides", "132 mg/dL", before, clock.at(-1, "18:00")),
    ]
    for day, platelets in ((7, 19), (14, 33)):
        drawn, known = clock.at(day, "07:30"), clock.at(day, "09:30")
        events.append(_lab("platelets", f"{platelets} K/uL", drawn, known))
    drawn, known = clock.at(14, "07:30"), clock.at(14, "09:30")
    events += [
        _lab("hematocrit", "31 %", drawn, known),
        _lab("bilirubin", "0.7 mg/dL", drawn, known),
        _lab("alt", "26 U/L", drawn, known),
        _lab("creatinine", "0.8 mg/dL", drawn, known),
        _lab("triglycerides", "171 mg/dL", drawn, clock.at(14, "11:30")),
    ]
    dose = {"agent": "sirolimus", "amount": "2 mg", "route": "oral", "formulation": "tablet"}
    for day in range(16):
        events.append({"type": "dose", "at": clock.at(day, "08:00"), **dose})
    draws = [clock.at(day, "07:30") for day in (4, 14)]
    plain = [PlainDose(0.0, 2.0, "oral", interval=24.0, additional=15)]
    found = levels(WU, id_, plain, [clock.hours(t) for t in draws], covariates={"hematocrit": 31.0})
    for day, drawn, level in zip((4, 14), draws, found, strict=True):
        result = _lab("sirolimus", f"{level:.1f} ng/mL", drawn, clock.at(day + 1, "07:30"))
        events += [
            {"type": "procedure", "at": drawn, "name": "level_drawn", "of": "sirolimus"},
            {**result, "method": "LC-MS/MS"},
        ]
    renewed, ordered = clock.at(15, "09:00"), clock.at(15, "16:00")
    for day in range(16, 23):
        planned = {"type": "dose", "at": clock.at(day, "08:00"), "known": renewed}
        events.append({**planned, **dose, "status": "planned"})
    twice_first = [(16, "08:00"), (16, "20:00"), *((day, "08:00") for day in range(17, 23))]
    for day, hour in twice_first:
        planned = {"type": "dose", "at": clock.at(day, hour), "known": ordered}
        drug = {"agent": "posaconazole", "amount": "300 mg", "route": "oral"}
        events.append({**planned, **drug, "formulation": "tablet", "status": "planned"})
    head = {
        "id": id_,
        "day0": clock.day0.isoformat(),
        "born": "1978-06-15",
        "sex": "female",
        "indication": "itp",
        "note": "Made up: levels simulated from Wu 2012 (examples/make_examples.py).",
    }
    return _record(head, events, clock)


def sirolimus_child_12kg() -> Record:
    """Nothing given yet: from tomorrow 2.25 mg once, then 0.75 mg daily, 14 days in all."""
    clock = _Clock("2026-02-03T08:00:00+01:00")
    drawn, known, agreed = clock.at(-1, "09:00"), clock.at(-1, "11:00"), clock.at(-1, "16:00")
    events = [
        _bedside("weight", "12 kg", drawn),
        _bedside("height", "92 cm", drawn),
        _lab("bilirubin", "30 umol/L", drawn, known),
        _lab("hemoglobin", "84 g/L", drawn, known),
        _lab("hematocrit", "26 %", drawn, known),
        _lab("platelets", "31 x10^9/L", drawn, known),
        _lab("neutrophils", "2.9 x10^9/L", drawn, known),
        _lab("alt", "24 U/L", drawn, known),
        _lab("ldh", "540 U/L", drawn, known),
        _lab("creatinine", "27 umol/L", drawn, known),
    ]
    for day in range(14):
        amount = "2.25 mg" if day == 0 else "0.75 mg"
        planned = {"type": "dose", "at": clock.at(day, "08:00"), "known": agreed}
        drug = {"agent": "sirolimus", "amount": amount, "route": "oral"}
        events.append({**planned, **drug, "formulation": "solution", "status": "planned"})
    head = {
        "id": "bundled-sirolimus-child-12kg",
        "day0": clock.day0.isoformat(),
        "born": "2022-11-20",
        "sex": "male",
        "indication": "evans",
        "note": "Made up (examples/make_examples.py).",
    }
    return _record(head, events, clock)


def _atg(
    id_: str,
    head: Event,
    graft: Event,
    *,
    weight: int,
    height: int,
    lymphocytes: str,
    per_kg: str,
    given: Sequence[int],
    planned: int,
    draws: Sequence[tuple[int, str]],
) -> Record:
    """Thymoglobulin at 14:00 over 6 h on the days given, one more planned; graft at noon of day 0.

    draws  (day, "HH:MM") of levels of active ATG, each known 24 h later
    """
    clock = _Clock("2026-01-20T12:00:00+01:00")
    admitted, counted = clock.at(-7, "08:00"), clock.at(-7, "10:00")
    first = clock.at(given[0], "08:00")
    events: list[Event] = [
        _bedside("weight", f"{weight} kg", admitted),
        _bedside("height", f"{height} cm", admitted),
        _lab("bilirubin", "0.6 mg/dL", admitted, counted),
        _lab("creatinine", "0.9 mg/dL", admitted, counted),
        _lab("lymphocytes", lymphocytes, first, clock.at(given[0], "10:00")),
        {"type": "cells", "at": clock.at(0, "12:00"), "known": admitted, **graft},
    ]
    drug = {"agent": "thymoglobulin", "amount": f"{per_kg} mg/kg", "duration": "6 h", "route": "iv"}
    for day in given:
        events.append({"type": "dose", "at": clock.at(day, "14:00"), **drug})
    last = {"type": "dose", "at": clock.at(planned, "14:00"), "known": admitted}
    events.append({**last, **drug, "status": "planned"})
    plain = [
        PlainDose(clock.hours(clock.at(d, "14:00")), float(per_kg) * weight, "iv", duration=6.0)
        for d in given
    ]
    at = [clock.at(day, hour) for day, hour in draws]
    found = levels(ATG, id_, plain, [clock.hours(t) for t in at], covariates={})
    for (day, hour), drawn, level in zip(draws, at, found, strict=True):
        result = _lab("atg_active_au", f"{level:.1f} AU/mL", drawn, clock.at(day + 1, hour))
        events += [
            {"type": "procedure", "at": drawn, "name": "level_drawn", "of": "atg_active_au"},
            {**result, "method": "flow cytometry"},
        ]
    content = {"id": id_, "day0": clock.day0.isoformat(), **head}
    return _record(content, events, clock)


def atg_adult_unrelated() -> Record:
    """1.25 mg/kg on days -5, -4 and -3, a fourth planned for day -1: 5 mg/kg in all."""
    return _atg(
        "bundled-atg-adult-unrelated",
        {
            "born": "1973-09-08",
            "sex": "male",
            "indication": "gvhd_prophylaxis",
            "platform": "adult_unrelated",
            "covariates": {"conditioning": "reduced"},
            "note": "Made up: levels simulated from a provisional model "
            "(examples/make_examples.py).",
        },
        {"product": "graft", "source": "peripheral_blood", "donor": "matched_unrelated",
         "status": "planned"},
        weight=75,
        height=178,
        lymphocytes="0.35 K/uL",
        per_kg="1.25",
        given=(-5, -4, -3),
        planned=-1,
        draws=((-4, "08:00"), (-3, "08:00"), (-2, "08:00")),
    )  # fmt: skip


def atg_haploidentical() -> Record:
    """2.5 mg/kg on days -5, -4 and -3, a fourth planned for day -2: 10 mg/kg in all."""
    return _atg(
        "bundled-atg-haploidentical",
        {
            "born": "1991-12-02",
            "sex": "female",
            "indication": "gvhd_prophylaxis",
            "platform": "haploidentical_replete",
            "covariates": {"conditioning": "myeloablative"},
            "note": "Made up: levels simulated from a provisional model "
            "(examples/make_examples.py).",
        },
        {"product": "graft", "source": "peripheral_blood", "donor": "haploidentical",
         "status": "planned"},
        weight=65,
        height=168,
        lymphocytes="0.20 K/uL",
        per_kg="2.5",
        given=(-5, -4, -3),
        planned=-2,
        draws=((-4, "08:00"), (-3, "08:00")),
    )  # fmt: skip


def busulfan_adult() -> Record:
    """200 mg over 3 h on day -7 given, three more planned; four levels of the first day known."""
    id_, clock = "bundled-busulfan-adult", _Clock("2026-03-17T12:00:00+01:00")
    admitted, counted = clock.at(-9, "09:00"), clock.at(-9, "11:00")
    events: list[Event] = [
        _bedside("weight", "78 kg", admitted),
        _bedside("height", "180 cm", admitted),
        _lab("bilirubin", "0.7 mg/dL", admitted, counted),
        _lab("alt", "31 U/L", admitted, counted),
        _lab("creatinine", "0.9 mg/dL", admitted, counted),
        _lab("albumin", "4.0 g/dL", admitted, counted),
        {"type": "dose", "at": clock.at(-9, "22:00"), "agent": "paracetamol", "amount": "1000 mg",
         "route": "oral"},
        {"type": "cells", "at": clock.at(0, "12:00"), "known": admitted, "product": "graft",
         "source": "peripheral_blood", "donor": "matched_unrelated", "status": "planned"},
    ]  # fmt: skip
    for day in range(-8, -3):
        drug = {"agent": "levetiracetam", "amount": "500 mg", "route": "oral"}
        when = {"at": clock.at(day, "20:00")}
        if day > -8:
            when["known"] = admitted
        status = {"status": "planned"} if day > -8 else {}
        events.append({"type": "dose", **when, **drug, **status})
    busulfan = {"agent": "busulfan", "amount": "200 mg", "duration": "3 h", "route": "iv"}
    events.append({"type": "dose", "at": clock.at(-7, "08:00"), **busulfan})
    for day in (-6, -5, -4):
        planned = {"type": "dose", "at": clock.at(day, "08:00"), "known": admitted}
        events.append({**planned, **busulfan, "status": "planned"})
    for day in (-3, -2):
        planned = {"type": "dose", "at": clock.at(day, "10:00"), "known": admitted}
        drug = {"agent": "cyclophosphamide", "amount": "60 mg/kg", "duration": "2 h", "route": "iv"}
        events.append({**planned, **drug, "status": "planned"})
    draws = [clock.at(-7, hour) for hour in ("12:00", "13:00", "14:00", "16:00")]
    plain = [PlainDose(clock.hours(clock.at(-7, "08:00")), 200.0, "iv", duration=3.0)]
    man = {"weight": 78.0, "sex": 1.0}
    found = levels(CHOE, id_, plain, [clock.hours(t) for t in draws], covariates=man)
    for drawn, level in zip(draws, found, strict=True):
        result = _lab("busulfan", f"{level:.0f} ng/mL", drawn, clock.at(-7, "18:00"))
        events += [
            {"type": "procedure", "at": drawn, "name": "level_drawn", "of": "busulfan"},
            {**result, "method": "LC-MS/MS"},
        ]
    head = {
        "id": id_,
        "day0": clock.day0.isoformat(),
        "born": "1987-10-30",
        "sex": "male",
        "platform": "adult_unrelated",
        "covariates": {"conditioning": "myeloablative"},
        "note": "Made up: levels simulated from Choe 2012 (examples/make_examples.py).",
    }
    return _record(head, events, clock)


def falling_chimerism() -> Record:
    """Haploidentical graft, off immunosuppression; CD3 chimerism falls, residual disease rises."""
    id_, clock = "bundled-falling-chimerism", _Clock("2026-02-03T12:00:00+01:00")

    def share(name: str, value: str, day: int, **more: str) -> Event:
        known = clock.at(day + 3, "12:00")
        return {**_lab(name, value, clock.at(day, "09:00"), known), **more}

    def disease(value: str, day: int) -> Event:
        return share("mrd", value, day, marker="Ig/TR", specimen="marrow", method="NGS",
                     input="5e5 cells")  # fmt: skip

    def cd3(value: str, day: int) -> Event:
        return share("donor_chimerism_cd3", value, day, specimen="blood", method="STR",
                     limit="1 %")  # fmt: skip

    def dose(agent: str, amount: str, day: int) -> Event:
        return {"type": "dose", "at": clock.at(day, "20:00"), "agent": agent, "amount": amount,
                "route": "oral"}  # fmt: skip

    events: list[Event] = [
        _bedside("weight", "70 kg", clock.at(-6, "09:00")),
        _bedside("height", "172 cm", clock.at(-6, "09:00")),
        {"type": "cells", "at": clock.at(0, "12:00"), "product": "graft",
         "source": "peripheral_blood", "donor": "haploidentical",
         "doses": {"CD34": "5.5e6 /kg", "CD3": "2.1e8 /kg"}},
        dose("ciclosporin", "150 mg", 5),
        dose("mycophenolate", "1000 mg", 5),
        dose("mycophenolate", "1000 mg", 34),
        {"type": "stop", "at": clock.at(35, "09:00"), "agent": "mycophenolate"},
        dose("ciclosporin", "50 mg", 95),
        {"type": "stop", "at": clock.at(96, "09:00"), "agent": "ciclosporin"},
        cd3(">99 %", 30), cd3(">99 %", 60), cd3("98 %", 90), cd3("91 %", 147),
        share("donor_chimerism_whole", "98 %", 147, specimen="blood", method="STR", limit="1 %"),
        disease("0", 30), disease("0", 60), disease("1.2e-5", 90), disease("3e-4", 147),
        {"type": "finding", "at": clock.at(147, "09:00"), "name": "active_gvhd", "value": False},
        {"type": "finding", "at": clock.at(150, "12:00"), "name": "relapse", "value": False},
        _lab("weight", "68 kg", clock.at(147, "09:00"), clock.at(147, "09:00")),
        _lab("neutrophils", "2.4 10*9/L", clock.at(150, "09:00"), clock.at(150, "11:00")),
        _lab("platelets", "118 10*9/L", clock.at(150, "09:00"), clock.at(150, "11:00")),
        _lab("cd3", "640 /uL", clock.at(147, "09:00"), clock.at(148, "09:00")),
        _lab("creatinine", "0.9 mg/dL", clock.at(150, "09:00"), clock.at(150, "11:00")),
        _bedside("temperature", "36.7 Cel", clock.at(150, "10:00")),
        {"type": "procedure", "at": clock.at(153, "09:00"), "known": clock.at(150, "12:00"),
         "name": "bone_marrow_aspirate"},
    ]  # fmt: skip
    head = {
        "id": id_,
        "day0": clock.day0.isoformat(),
        "born": "1993-06-14",
        "sex": "male",
        "platform": "post_transplant_cyclophosphamide",
        "note": "Made up: every value is written by hand (examples/make_examples.py).",
    }
    return _record(head, events, clock)


def microtransplant_older_aml() -> Record:
    """Induction and one consolidation with microtransplanted cells; a third course is planned.

    Day 0 is the first infusion of cells. Nothing is simulated: all values are written by hand.
    """
    id_, clock = "bundled-microtransplant-older-aml", _Clock("2026-02-16T11:00:00+01:00")
    admitted = clock.at(-9, "09:00")
    events: list[Event] = [
        _bedside("weight", "62 kg", admitted),
        _bedside("height", "164 cm", admitted),
    ]
    induction = [("mitoxantrone", "8 mg/m2", day, "30 min") for day in range(-8, -5)]
    induction += [("cytarabine", "150 mg/m2", day, "24 h") for day in range(-8, -1)]
    second = [("cytarabine", "1 g/m2", day, "3 h") for day in (38, 39, 40)]
    for agent, amount, day, duration in [*induction, *second]:
        events.append({"type": "dose", "at": clock.at(day, "09:00"), "agent": agent,
                       "amount": amount, "duration": duration, "route": "iv"})  # fmt: skip
    agreed = clock.at(82, "14:00")
    for day in (90, 91, 92):
        events.append({"type": "dose", "at": clock.at(day, "09:00"), "known": agreed,
                       "agent": "cytarabine", "amount": "1 g/m2", "duration": "3 h", "route": "iv",
                       "status": "planned"})  # fmt: skip
    cells = {"type": "cells", "product": "microtransplant", "donor": "haploidentical",
             "source": "peripheral_blood"}  # fmt: skip
    for number, when, cd34, cd3 in (
        (1, clock.at(0, "11:00"), "2.4e6 /kg", "1.1e8 /kg"),
        (2, clock.at(41, "14:00"), "2.1e6 /kg", "1.3e8 /kg"),
    ):
        events.append({**cells, "at": when, "course": number, "after_chemotherapy": "26 h",
                       "doses": {"CD34": cd34, "CD3": cd3}})  # fmt: skip
    events.append({**cells, "at": clock.at(93, "14:00"), "known": agreed, "course": 3,
                   "status": "planned"})  # fmt: skip
    for day, neutrophils, platelets in (
        (-9, "0.6", "38"), (5, "0.05", "12"), (10, "0.31", "17"), (11, "0.62", "19"),
        (15, "1.9", "34"), (28, "3.1", "162"), (50, "0.12", "20"), (54, "0.71", "31"),
        (70, "2.6", "148"), (82, "3.0", "171"),
    ):  # fmt: skip
        drawn, told = clock.at(day, "06:00"), clock.at(day, "08:00")
        events.append(_lab("neutrophils", f"{neutrophils} 10*9/L", drawn, told))
        events.append(_lab("platelets", f"{platelets} 10*9/L", drawn, told))
    for day in (2, 6, 47):
        events.append({"type": "transfusion", "at": clock.at(day, "15:00"), "product": "platelets"})
    events.append({"type": "transfusion", "at": clock.at(4, "15:00"), "product": "red_cells"})
    for day, method, value in (
        (7, "dPCR", "0.21 %"), (14, "dPCR", "0.05 %"), (14, "STR", "<1 %"), (35, "dPCR", "<0.01 %"),
        (49, "dPCR", "0.34 %"), (63, "dPCR", "0.03 %"), (77, "dPCR", "<0.01 %"),
    ):  # fmt: skip
        limit = "0.01 %" if method == "dPCR" else "1 %"
        found = _lab("donor_chimerism_whole", value, clock.at(day, "06:30"),
                     clock.at(day + 3, "12:00"))  # fmt: skip
        events.append({**found, "method": method, "specimen": "blood", "limit": limit})
    for day, value in ((28, "2.1e-3"), (77, "<1e-5")):
        found = _lab("mrd", value, clock.at(day, "10:00"), clock.at(day + 4, "12:00"))
        events.append({**found, "marker": "NPM1c", "specimen": "marrow", "limit": "1e-5"})
    events.append({"type": "finding", "at": clock.at(82, "10:00"), "name": "active_gvhd",
                   "value": False})  # fmt: skip
    head = {
        "id": id_,
        "day0": clock.day0.isoformat(),
        "born": "1957-06-02",
        "sex": "female",
        "platform": "microtransplant",
        "note": "Made up: every value is written by hand (examples/make_examples.py).",
    }
    return _record(head, events, clock)


MADE = {
    "sirolimus_adult": sirolimus_adult,
    "sirolimus_child_12kg": sirolimus_child_12kg,
    "atg_adult_unrelated": atg_adult_unrelated,
    "atg_haploidentical": atg_haploidentical,
    "busulfan_adult": busulfan_adult,
    "falling_chimerism": falling_chimerism,
    "microtransplant_older_aml": microtransplant_older_aml,
}
"""Name of the file without its ending -> what makes the record."""


def write(folder: Path) -> tuple[Path, ...]:
    """Write every made-up record into a folder; gives the paths."""
    paths = []
    for name, make in MADE.items():
        paths.append(folder / f"{name}.json")
        files.write_record(make(), paths[-1])
    return tuple(paths)


if __name__ == "__main__":
    for written in write(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER):
        print(written)
