"""Several published models of one agent: how far they are apart, and odds from their mixture.

Candidates answer the same question from the same levels, or they are not weighed together. Odds are
weighted sums of the candidates' odds, never of averaged parameters. By default the candidates stand
side by side; the mixture is for who asks for it, until a replay of a center's own patients shows
that it forecasts better than the best of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from equipoise.assessment import NextSample, Option, OptionList, Under
from equipoise.clock import clock_text
from equipoise.courses import TURNAROUND, option_list, proposals_for
from equipoise.exposure import Known
from equipoise.fit import candidate_weights
from equipoise.importance import log_sum
from equipoise.model import Model
from equipoise.nextdraw import SHOWN, flipped, samples_under
from equipoise.plan import Proposal
from equipoise.source import weakest
from equipoise.target import Target, Window

Chance = Callable[[str], np.random.Generator]
"""A stream of chance for a word."""


class MixtureError(ValueError):
    """Models that cannot be weighed together: one sentence with the pair and the reason."""


@dataclass(frozen=True, slots=True)
class Mixture:
    """Candidates with their weights.

    members   each model with what the levels said under it
    prior     weights before the levels, equal; they sum to 1
    weights   after them: as before under two levels, then by predictive density with a floor
    evidence  ln of the predictive density of the levels under each, over its readings
    levels    that every candidate used
    """

    members: tuple[Known, ...]
    prior: tuple[float, ...]
    weights: tuple[float, ...]
    evidence: tuple[float, ...]
    levels: int
    cautions: tuple[str, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of the candidates."""
        return tuple(m.model.id for m in self.members)

    @property
    def text(self) -> str:
        """ "busulfan_a 50 % before, 72 % after 3 levels; ..."."""
        after = f"after {self.levels} level{'' if self.levels == 1 else 's'}"
        return "; ".join(
            f"{id_} {100 * p:.0f} % before, {100 * w:.0f} % {after}"
            for id_, p, w in zip(self.ids, self.prior, self.weights, strict=True)
        )

    @property
    def whole(self) -> Known:
        """All candidates' beliefs in one, each with its model's weight times its reading's.

        Doses, record and present course are those of the first, which the others share.
        """
        beliefs = tuple(
            replace(b, weight=float(w) * b.weight)
            for m, w in zip(self.members, self.weights, strict=True)
            for b in m.beliefs
        )
        doubt = next((m.doubt for m in self.members if m.doubt), "")
        return replace(self.members[0], beliefs=beliefs, doubt=doubt)


def unlike(one: Model, other: Model) -> str:
    """Why two models cannot be candidates for the same question, or "" where they can."""
    a, b = one.observations[0], other.observations[0]
    pairs = (
        ("agent", one.agent, other.agent),
        ("analyte", a.analyte, b.analyte),
        ("dose unit", one.dose_unit, other.dose_unit),
        ("population", one.population_class, other.population_class),
    )
    for what, mine, theirs in pairs:
        if mine != theirs:
            return f"{one.id} and {other.id} differ in {what}: {mine or 'any'}, {theirs or 'any'}"
    for what, mine, theirs in (("matrix", a.matrix, b.matrix), ("assay", a.assay, b.assay)):
        if mine and theirs and mine != theirs:
            return f"{one.id} and {other.id} differ in {what}: {mine}, {theirs}"
    if not set(one.routes) & set(other.routes):
        return f"{one.id} and {other.id} share no route"
    if not one.purposes & other.purposes:
        return f"{one.id} and {other.id} were made for different questions"
    return ""


def mixture(members: Sequence[Known]) -> Mixture:
    """Weighs candidates by what they said of the levels before they saw them.

    Fails  MixtureError for fewer than two, the same one twice, or models that are not alike
    """
    models = [m.model for m in members]
    if len({m.id for m in models}) < len(models) or len(models) < 2:
        raise MixtureError("a mixture needs two different models or more")
    for other in models[1:]:
        why = unlike(models[0], other)
        if why:
            raise MixtureError(f"{why}; they are not weighed together")
    used = [tuple(j.level.at for j in m.judged if j.verdict != "left out") for m in members]
    evidence = tuple(
        float(log_sum(np.array([b.posterior.evidence for b in m.beliefs])))
        - math.log(len(m.beliefs))
        for m in members
    )
    cautions = []
    # Densities of different levels say nothing of each other.
    same = len(set(used)) == 1
    levels = len(used[0]) if same else 0
    if not same:
        counts = ", ".join(f"{m.model.id} {len(u)}" for m, u in zip(members, used, strict=True))
        cautions.append(
            f"the candidates use different levels ({counts}): their weights stay as before them"
        )
    elif levels < 2:
        cautions.append("fewer than two levels: the candidates' weights stay as before them")
    unknown = [m.id for m in models if not m.observations[0].assay]
    if 0 < len(unknown) < len(models):
        cautions.append(f"the assay behind {', '.join(unknown)} is not known")
    prior = np.full(len(models), 1.0 / len(models))
    weights = candidate_weights(evidence, prior, levels=levels)
    return Mixture(
        tuple(members),
        tuple(float(p) for p in prior),
        tuple(float(w) for w in weights),
        evidence,
        levels,
        tuple(cautions),
    )


def mixed_list(
    found: Mixture,
    windows: Sequence[Window],
    proposals: Sequence[Proposal] | None,
    *,
    research: bool,
    rng: Chance,
    turnaround: float = TURNAROUND,
) -> OptionList:
    """Options by the mixture against one window, or several at once, with the odds under each.

    proposals  None: fractions of the present course
    rng        one for each candidate's name, and for "mixture"
    Every candidate has to pass the gate: one that does not closes the list.
    """
    target, *also = windows
    assert isinstance(target, Target)
    courses = proposals_for(found.whole, target) if proposals is None else tuple(proposals)
    alone = [
        option_list(
            m, target, courses, research=research, rng=rng(m.model.id), also=also, sampled=False
        )
        for m in found.members
    ]
    one = option_list(
        found.whole, target, courses, research=research, rng=rng("mixture"), also=also,
        sampled=False,
    )  # fmt: skip
    refused = next((a.refused for a in alone if a.refused), one.refused)
    standing = weakest(*(a.standing for a in alone))
    named = replace(
        one, model=" and ".join(found.ids), standing=standing, refused=refused,
        watermark=next((a.watermark for a in alone if a.watermark), one.watermark),
    )  # fmt: skip
    if refused:
        return replace(named, options=(), none_reaches=False, cautions=(), weight_ranges=())
    samples, flip = samples_of(found, target, rng, turnaround)
    return replace(
        named,
        options=tuple(replace(o, under=_under(found, alone, o)) for o in one.options),
        next_samples=samples,
        cautions=(
            f"odds of a mixture of candidates: {found.text}",
            *found.cautions, *((flip,) if flip else ()), *one.cautions,
        ),
    )  # fmt: skip


def _under(found: Mixture, lists: Sequence[OptionList], option: Option) -> tuple[Under, ...]:
    odds = []
    for member, weight, each in zip(found.members, found.weights, lists, strict=True):
        same = [o for o in each.options if (o.id, o.course) == (option.id, option.course)]
        odds += [
            Under(member.model.id, weight, o.below, o.within, o.above, o.exposure[2])
            for o in same[:1]
        ]
    return tuple(odds) if len(odds) == len(lists) else ()


def samples_of(
    found: Mixture, target: Target, rng: Chance, turnaround: float
) -> tuple[tuple[NextSample, ...], str]:
    """The next samples by the weighted mean of the candidates' gains, and a sentence where the
    candidates name different ones as the best. Times that not all candidates can use are left out.
    """
    rankings = []
    for member in found.members:
        belief = max(member.beliefs, key=lambda b: b.weight)
        drawn = samples_under(member, belief, target.metric, rng(member.model.id), turnaround)
        rankings.append((member.model.id, drawn))
    common = set.intersection(*({s.at for s in drawn} for _, drawn in rankings))
    means = []
    for at in sorted(common):
        each = [next(s for s in drawn if s.at == at) for _, drawn in rankings]
        gains = [s.gain for s in each]
        mean = math.fsum(w * g for w, g in zip(found.weights, gains, strict=True))
        low, high = 100 * min(gains), 100 * max(gains)
        text = (
            f"a level there is expected to narrow the {target.metric.value} by {100 * mean:.0f} % "
            f"({low:.0f} to {high:.0f} % by candidate)"
        )
        means.append(replace(each[0], gain=mean, text=text))
    means.sort(key=lambda s: (-s.gain, s.at))
    record = found.members[0].record
    clock = [clock_text(record.clock(d[0].at)) if d else "" for _, d in rankings]
    return tuple(means[:SHOWN]), flipped(rankings, clock)


def with_spread(lists: Sequence[OptionList], known: Sequence[Known]) -> tuple[OptionList, ...]:
    """Lists of one assessment, where several models of one agent were applied: the odds under each
    stand beside every option. Nothing is averaged.
    """
    groups: dict[tuple[str, str, tuple[str, ...]], list[OptionList]] = {}
    for one in lists:
        if one.options and one.target is not None:
            groups.setdefault((one.agent, one.target.id, one.together), []).append(one)
    changed: dict[int, OptionList] = {}
    for group in groups.values():
        members = [k for one in group for k in known if k.model.id == one.model]
        if len(members) != len(group) or len(group) < 2:
            continue
        try:
            found = mixture(members)
        except MixtureError as error:
            said = str(error)
            changed |= {id(one): replace(one, cautions=(said, *one.cautions)) for one in group}
            continue
        firsts = [(one.model, one.next_samples) for one in group]
        clock = [clock_text(k.record.clock(s[0].at)) if s else ""
                 for k, (_, s) in zip(members, firsts, strict=True)]  # fmt: skip
        flip = flipped(firsts, clock)
        said = (
            f"{len(group)} models answer here and stand side by side ({found.text}); "
            "`equipoise plan` with --mixture weighs them together"
        )
        for one in group:
            options = tuple(replace(o, under=_under(found, group, o)) for o in one.options)
            notes = (said, *found.cautions, *((flip,) if flip else ()))
            changed[id(one)] = replace(one, options=options, cautions=(*notes, *one.cautions))
    return tuple(changed.get(id(one), one) for one in lists)
