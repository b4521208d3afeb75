"""`equipoise plan`: candidate courses with their odds, and the next best sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import click

from equipoise import interactions as interactions_shelf
from equipoise import models as models_shelf
from equipoise import targets as targets_shelf
from equipoise.assessment import NOT_FOR_DOSING, OptionList, Part
from equipoise.chance import stream
from equipoise.cli.approving import formulary_option
from equipoise.cli.assessing import research_option
from equipoise.cli.errors import WrongInput
from equipoise.cli.shelf import nearest
from equipoise.cli.words import (
    at_option,
    json_option,
    moment,
    percent,
    print_json,
    read_record,
    reading,
    seed_option,
    show,
    table,
    working,
)
from equipoise.courses import TURNAROUND, option_list, proposals_for
from equipoise.exposure import Known, know
from equipoise.formulary import MODELS, TARGETS, read_formulary, require
from equipoise.joint import apart, combinations, read_limit
from equipoise.model import Model
from equipoise.modelfile import load
from equipoise.offer import Offer, proposals, read_offer
from equipoise.plan import GateError, gate
from equipoise.preference import ranges_text
from equipoise.record import Record
from equipoise.target import Target, Window, choose


@click.command(
    epilog="Example: equipoise plan sirolimus.json --model sirolimus_wu2012 "
    "--target sirolimus_itp_adult --offer tablets.toml"
)
@click.argument("record", type=click.Path(dir_okay=False))
@click.option("--model", required=True, metavar="ID", help="Shelf id or Python model file.")
@click.option("--target", "wanted", multiple=True, required=True, metavar="ID",
              help="Target window; may be given several times.")  # fmt: skip
@click.option("--limit", "bounds", multiple=True, metavar="TEXT",
              help="A bound of your own that has to hold too: \"trough < 15 ng/mL\".")  # fmt: skip
@click.option(
    "--offer",
    "offer_file",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="TOML of what can be given; default: fractions of the present course.",
)
@at_option
@formulary_option
@research_option
@seed_option
@json_option
def plan(
    record: str,
    model: str,
    wanted: tuple[str, ...],
    bounds: tuple[str, ...],
    offer_file: str | None,
    when: str | None,
    formulary_file: str | None,
    research: bool,
    seed: int,
    as_json: bool,
) -> int:
    """Weigh courses against target windows: the odds that the true exposure lies in each.

    Windows of different metrics, and every limit, also have to hold at once: joint odds.
    """
    found = load(model, {m.id: m for m in models_shelf.ALL})
    shelf = {t.id: t for t in targets_shelf.ALL}
    for id_ in wanted:
        if id_ not in shelf:
            raise WrongInput(f"--target {id_}: no such target; {nearest(id_, shelf)}")
    if formulary_file is not None:
        if research:
            raise WrongInput(
                "--formulary is what a site doses by and --research is not for dosing: leave one "
                "out"
            )
        site = read_formulary(formulary_file)
        require(site, MODELS, found.id, found)
        for id_ in wanted:
            require(site, TARGETS, id_, shelf[id_])
    patient = read_record(record)
    at = moment(when, patient)
    past = patient.assuming_turnaround().until(at)
    offer: Offer | None = None
    if offer_file is not None:
        with reading(offer_file):
            offer = read_offer(offer_file, past)
    targets = [shelf[id_] for id_ in dict.fromkeys(wanted)]
    for target in targets:
        if target.agent != found.agent:
            raise WrongInput(f"--target {target.id} is for {target.agent}, not {found.agent}")
        _refuse(target, found, research=research)
    limits = [read_limit(text, found) for text in dict.fromkeys(bounds)]
    for limit in limits:
        why = apart([targets[0], limit])
        if why:
            raise GateError(f"--limit {limit.text}: {why}")
    with working("planning") as step:
        step(found.id)
        try:
            known = know(found, past, at, seed=seed, interactions=interactions_shelf.ALL)
            doses = known.all_doses
        except ValueError as error:
            raise WrongInput(str(error)) from error
        if not doses and offer is None:
            raise WrongInput(
                f"the record holds no dose of {found.agent}; give --offer FILE with what can "
                "be given"
            )
        measured = known.judged[-1].level.name if known.judged else found.analytes[0]
        answers: list[OptionList] = []
        joint: list[OptionList] = []
        for target in targets:
            step(target.id)
            _, refused = choose([target], past, at, agent=found.agent, analyte=measured)
            if refused:
                raise GateError(f"--target {target.id} does not serve this patient: "
                                f"{refused[0].reason}")  # fmt: skip
            answers.append(_answer(known, offer, (target,), seed, research=research))
        for windows in combinations(targets, limits):
            step("all at once")
            first = next(a for a in answers if a.target is windows[0])
            own = _answer(known, offer, windows, seed, research=research)
            joint.append(replace(own, next_samples=first.next_samples))
    all_ = (*joint, *answers)
    cautions = tuple(dict.fromkeys((*known.cautions, *(c for a in all_ for c in a.cautions))))
    if as_json:
        # One target, the usual case, is read without going through the list of plans.
        sole = joint if joint else answers
        only = _document(sole[0]) if len(sole) == 1 else {}
        print_json(
            {**only, "record": past.id, "at": at, "seed": seed, "model": found.id,
             "research": research, "watermark": NOT_FOR_DOSING if research else "",
             "cautions": cautions, "plans": [_document(a) for a in answers],
             "joint": [_document(a) for a in joint]}
        )  # fmt: skip
        return 0
    for answer in joint:
        _print_joint(answer, past)
    for answer in answers:
        _print(answer, past)
    for caution in cautions:
        click.echo(f"caution: {caution}")
    click.echo(f"seed {seed}, model {found.id}")
    return 0


def _answer(
    known: Known, offer: Offer | None, windows: Sequence[Window], seed: int, *, research: bool
) -> OptionList:
    """One list of options: against one window, or against several at once."""
    target, *also = windows
    assert isinstance(target, Target)
    courses = proposals_for(known, target) if offer is None else proposals(known, offer, target)
    if not courses:
        raise WrongInput("no regular course runs and no dose is planned; give --offer FILE")
    return option_list(
        known, target, courses, research=research, also=also, sampled=not also,
        rng=stream(seed, known.record.id, known.model.id, target.id, "plan"),
        turnaround=TURNAROUND if offer is None else offer.turnaround,
    )  # fmt: skip


def _refuse(target: Target, model: Model, *, research: bool) -> None:
    why = gate(model, target, research=research)
    if why:
        raise GateError(why)


def _document(answer: OptionList) -> dict[str, object]:
    samples = answer.next_samples
    return {
        "target": answer.target.id if answer.target else None,
        "window": answer.target.window if answer.target else None,
        "unit": answer.target.unit if answer.target else None,
        "together": answer.together,
        "standing": answer.standing,
        "watermark": answer.watermark,
        "options": [
            {
                "id": o.id, "course": o.course, "exposure": o.exposure, "within": o.within,
                "below": o.below, "above": o.above, "measured_within": o.measured_within,
                "error": o.error, "expected_utility": o.expected_utility, "notes": o.notes,
                **({"parts": o.parts} if o.parts else {}),
                **({"under": o.under} if o.under else {}),
            }
            for o in answer.options
        ],
        "weight_ranges": answer.weight_ranges,
        "none_reaches": answer.none_reaches,
        "reach": answer.reach,
        "next_sample": samples[0] if samples else None,
        "other_samples": samples[1:],
    }  # fmt: skip


def _print(answer: OptionList, past: Record) -> None:
    assert answer.target is not None
    head = f"{answer.target.id}: {answer.metric_label}, window {answer.target.window}"
    if answer.watermark:
        head = f"{answer.watermark}  {head}"
    rows = [
        (
            o.label, f"{o.exposure[2]:.3g}", f"{o.exposure[0]:.3g}-{o.exposure[4]:.3g}",
            percent(o.below), f"{percent(o.within)} ± {100 * o.error:.0f}", percent(o.above),
            percent(o.measured_within),
        )
        for o in answer.options
    ]  # fmt: skip
    columns = (("course", "left"), ("median", "right"), ("90 % band", "right"), ("below", "right"),
               ("within", "right"), ("above", "right"), ("measured within", "right"))  # fmt: skip
    show(head, table(columns, rows))
    click.echo("in % of each window: below/within/above; one exceeded: above any of them")
    _print_ending(answer, past)


def _thirds(part: Part) -> str:
    odds = (part.below, part.within, part.above)
    return "/".join(percent(x).removesuffix(" %") for x in odds)


def _print_joint(answer: OptionList, past: Record) -> None:
    """Windows by letter, so that their numbers fit beside each other."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    head = "all at once: " + "; ".join(
        f"{letter} {words}" for letter, words in zip(letters, answer.together, strict=False)
    )
    if answer.watermark:
        head = f"{answer.watermark}  {head}"
    rows = [
        (
            o.label, f"{percent(o.within)} ± {100 * o.error:.0f}", percent(o.above),
            *(_thirds(p) for p in o.parts),
            *(f"{p.exposure[2]:.3g}" for p in o.parts),
        )
        for o in answer.options
    ]  # fmt: skip
    named = list(zip(letters, answer.options[0].parts, strict=False))
    columns = (
        ("course", "left"), ("all hold", "right"), ("one exceeded", "right"),
        *((f"{letter}, %", "right") for letter, _ in named),
        *((f"median {letter}", "right") for letter, _ in named),
    )  # fmt: skip
    show(head, table(columns, rows))
    _print_ending(answer, past)


def _print_ending(answer: OptionList, past: Record) -> None:
    if answer.none_reaches:
        what = "all windows at once" if answer.together else "the window"
        click.echo(f"no course reaches {what} with a chance of {100 * answer.reach:.0f} %")
    if answer.weight_ranges:
        labels = {o.id: o.label for o in answer.options}
        click.echo(
            "best, by the weight of below against above (0 to 1; no weight is assumed): "
            + ranges_text(answer.weight_ranges, labels)
        )
    for sample in answer.next_samples[:1]:
        when = f"{past.clock(sample.at):%d %b %H:%M} (day {past.calendar_day(sample.at):+d})"
        click.echo(f"next sample that would tell most: at {when}; {sample.text}")
