"""`equipoise plan`: candidate courses with their odds, and the next best sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

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
    three,
    working,
)
from equipoise.clock import clock_text
from equipoise.courses import NO_OFFER, TURNAROUND, option_list, proposals_for
from equipoise.exposure import Known, know
from equipoise.formulary import MODELS, TARGETS, read_formulary, require
from equipoise.interaction import label_words, running
from equipoise.joint import apart, combinations, read_limit
from equipoise.mixture import Mixture, mixed_list, mixture, with_spread
from equipoise.model import Model
from equipoise.modelfile import load, unreproduced
from equipoise.offer import Offer, proposals, read_offer
from equipoise.plan import GateError, gate, unanswered
from equipoise.preference import ranges_text
from equipoise.record import Record
from equipoise.target import Target, Window, choose

SHOWN = 25
"""Courses that are printed; `--json` has all."""


@click.command(
    epilog="Example: equipoise plan src/equipoise/examples/sirolimus_adult.json --at day+15T18:00 "
    "--model sirolimus_wu2012 --target sirolimus_itp_5_15 --limit 'trough < 12 ng/mL'"
)
@click.argument("record", type=click.Path(dir_okay=False))
@click.option("--model", "model_names", multiple=True, required=True, metavar="ID",
              help="Shelf id or Python model file; several are candidates.")  # fmt: skip
@click.option("--mixture", "mixed", is_flag=True,
              help="Odds of the candidates' mixture; else they stand side by side.")  # fmt: skip
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
    model_names: tuple[str, ...],
    mixed: bool,
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
    shelf_models = {m.id: m for m in models_shelf.ALL}
    models = [load(name, shelf_models) for name in dict.fromkeys(model_names)]
    if mixed and len(models) < 2:
        raise WrongInput("--mixture weighs several candidates: give --model twice or more")
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
        for model in models:
            require(site, MODELS, model.id, model)
        for id_ in wanted:
            require(site, TARGETS, id_, shelf[id_])
    patient = read_record(record)
    at = moment(when, patient)
    past = patient.assuming_turnaround().until(at)
    offer: Offer | None = None
    if offer_file is not None:
        with reading(offer_file):
            offer = read_offer(offer_file, past)
        for model in models:
            if offer.route and offer.route not in model.routes:
                raise WrongInput(
                    f"offer: route {offer.route!r}: {model.id} knows {', '.join(model.routes)}"
                )
    targets = [shelf[id_] for id_ in dict.fromkeys(wanted)]
    for target, model in product(targets, models):
        if target.agent != model.agent:
            raise WrongInput(f"--target {target.id} is for {target.agent}, not {model.agent}")
        shelved = shelf_models.get(model.id) is model
        missed = "" if research or shelved else unreproduced(model)
        why = gate(model, target, research=research) or missed
        if why:
            raise GateError(why)
    limits = [read_limit(text, models[0]) for text in dict.fromkeys(bounds)]
    for limit in limits:
        shut = [unanswered(m, limit.metric) for m in models] + [apart([t, limit]) for t in targets]
        why = next((why for why in shut if why), "")
        if why:
            raise GateError(f"--limit {limit.text}: {why}")
    answers: list[OptionList] = []
    joint: list[OptionList] = []
    with working("planning") as step:
        members = []
        for model in models:
            step(model.id)
            known = _known(model, past, at, seed, offer)
            members.append(known)
            for target in targets:
                step(target.id)
                _fits(target, known)
                if not mixed:
                    answers.append(_answer(known, offer, (target,), seed, research=research))
            for windows in () if mixed else combinations(targets, limits):
                step("all at once")
                first = next(a for a in answers[-len(targets) :] if a.target is windows[0])
                own = _answer(known, offer, windows, seed, research=research)
                joint.append(replace(own, next_samples=first.next_samples))
        candidates = mixture(members) if len(members) > 1 else None
        if candidates is not None and mixed:
            step("mixture")
            answers = [_mixed(candidates, offer, (t,), seed, research=research) for t in targets]
            joint = [
                _mixed(candidates, offer, windows, seed, research=research)
                for windows in combinations(targets, limits)
            ]
        elif candidates is not None:
            answers = list(with_spread(answers, members))
            joint = list(with_spread(joint, members))
    all_ = (*joint, *answers)
    labels = _labels(members)
    told = dict.fromkeys((*(NO_OFFER if offer is None else ()),
                          *(c for k in members for c in k.cautions),
                          *(c for a in all_ for c in a.cautions)))  # fmt: skip
    if as_json:
        # One question, the usual case, is read without going through the list of plans.
        sole = joint if joint else answers
        only = _document(sole[0]) if len(sole) == 1 else {}
        print_json(
            {**only, "record": past.id, "at": at, "seed": seed,
             "model": " and ".join(m.id for m in models), "mixture": mixed,
             "candidates": _candidates(candidates),
             "research": research, "watermark": NOT_FOR_DOSING if research else "",
             "labels": labels, "cautions": tuple(told), "plans": [_document(a) for a in answers],
             "joint": [_document(a) for a in joint]}
        )  # fmt: skip
        return 0
    for text in labels:
        click.echo(f"label: {text}")
    for answer in joint:
        _print_joint(answer, past)
    for answer in answers:
        _print(answer, past, named=len(models) > 1)
    _print_spread(all_)
    for caution in told:
        click.echo(f"caution: {caution}")
    click.echo(f"seed {seed}, model {' and '.join(m.id for m in models)}")
    return 0


def _known(model: Model, past: Record, at: float, seed: int, offer: Offer | None) -> Known:
    try:
        known = know(model, past, at, seed=seed, interactions=interactions_shelf.ALL)
        doses = known.all_doses
    except ValueError as error:
        raise WrongInput(str(error)) from error
    if not doses and offer is None:
        raise WrongInput(
            f"the record holds no dose of {model.agent}; give --offer FILE with what can be given"
        )
    return known


def _labels(members: Sequence[Known]) -> tuple[str, ...]:
    """What labels say of partners in the record: it stands before any dose."""
    shelf = interactions_shelf.ALL
    found = [
        label_words(one.interaction)
        for known in members
        for one in running(
            shelf, known.model.agent, known.model.population_class, known.record, known.t
        )
    ]
    return tuple(dict.fromkeys(text for text in found if text))


def _fits(target: Target, known: Known) -> None:
    measured = known.judged[-1].level.name if known.judged else known.model.analytes[0]
    _, refused = choose([target], known.record, known.t, agent=known.model.agent, analyte=measured)
    if refused:
        raise GateError(
            f"--target {target.id} does not serve this patient: {refused[0].reason} (the "
            "record's header holds indication, platform and, under covariates, conditioning)"
        )


def _candidates(found: Mixture | None) -> list[dict[str, object]]:
    if found is None:
        return []
    rows = zip(found.ids, found.prior, found.weights, found.evidence, strict=True)
    return [
        {"model": id_, "prior": p, "weight": w, "log_density": e, "levels": found.levels}
        for id_, p, w, e in rows
    ]


def _mixed(
    found: Mixture, offer: Offer | None, windows: Sequence[Window], seed: int, *, research: bool
) -> OptionList:
    target = windows[0]
    assert isinstance(target, Target)
    courses = None if offer is None else proposals(found.whole, offer, target)
    answer = mixed_list(
        found, windows, courses, research=research,
        rng=lambda name: stream(seed, found.members[0].record.id, name, target.id, "plan"),
        turnaround=TURNAROUND if offer is None else offer.turnaround,
    )  # fmt: skip
    if not answer.options and not answer.refused:
        raise WrongInput("no regular course runs and no dose is planned; give --offer FILE")
    return answer


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


def _document(answer: OptionList) -> dict[str, object]:
    samples = answer.next_samples
    return {
        "model": answer.model,
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
        "refused": answer.refused,
        "none_reaches": answer.none_reaches,
        "reach": answer.reach,
        "next_sample": samples[0] if samples else None,
        "other_samples": samples[1:],
    }  # fmt: skip


def _print(answer: OptionList, past: Record, *, named: bool = False) -> None:
    assert answer.target is not None
    head = f"{answer.target.id}: {answer.metric_label}, window {answer.target.window}"
    if named:
        head = f"{answer.model}  {head}"
    if answer.watermark:
        head = f"{answer.watermark}  {head}"
    if _refused(answer, head):
        return
    rows = [
        (
            o.label, three(o.exposure[2]), f"{three(o.exposure[0])}-{three(o.exposure[4])}",
            percent(o.below), f"{percent(o.within)} ± {100 * o.error:.0f}", percent(o.above),
            percent(o.measured_within),
        )
        for o in answer.options[:SHOWN]
    ]  # fmt: skip
    columns = (("course", "left"), ("median", "right"), ("90 % band", "right"), ("below", "right"),
               ("within", "right"), ("above", "right"), ("measured within", "right"))  # fmt: skip
    show(head, table(columns, rows))
    _print_ending(answer, past)


def _refused(answer: OptionList, head: str) -> bool:
    """Says why there are no options, if so."""
    if not answer.refused:
        return False
    click.echo(head)
    click.echo(f"no options are weighed: {answer.refused}")
    return True


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
    if _refused(answer, head):
        return
    rows = [
        (
            o.label, f"{percent(o.within)} ± {100 * o.error:.0f}", percent(o.above),
            *(_thirds(p) for p in o.parts),
            *(three(p.exposure[2]) for p in o.parts),
        )
        for o in answer.options[:SHOWN]
    ]  # fmt: skip
    named = list(zip(letters, answer.options[0].parts, strict=False))
    columns = (
        ("course", "left"), ("all hold", "right"), ("one exceeded", "right"),
        *((f"{letter}, %", "right") for letter, _ in named),
        *((f"median {letter}", "right") for letter, _ in named),
    )  # fmt: skip
    show(head, table(columns, rows))
    click.echo("in % of each window: below/within/above; one exceeded: above any of them")
    _print_ending(answer, past)


def _print_ending(answer: OptionList, past: Record) -> None:
    more = len(answer.options) - SHOWN
    if more > 0:
        click.echo(f"{more} more courses, lower in the order: --json has all")
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
        when = f"{clock_text(past.clock(sample.at))} (day {past.calendar_day(sample.at):+d})"
        click.echo(f"next sample that would tell most: at {when}; {sample.text}")


def _print_spread(answers: Sequence[OptionList]) -> None:
    """The odds within under each candidate, once for each question."""
    seen = set()
    for answer in answers:
        spread = [o for o in answer.options if o.under]
        words = answer.together or ((answer.target.id,) if answer.target else ())
        if not spread or words in seen:
            continue
        seen.add(words)
        columns = [("course", "left")]
        columns += [(f"{u.model} (weight {percent(u.weight)})", "right") for u in spread[0].under]
        rows = [(o.label, *(percent(u.within) for u in o.under)) for o in spread[:SHOWN]]
        show(f"odds within, by candidate: {'; '.join(words)}", table(columns, rows))
