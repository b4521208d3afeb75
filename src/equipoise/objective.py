"""The objective of many subjects at once, made ready for being asked again and again.

`Batch` gives what `likelihood` gives, without its cost for each call: what a subject's etas do not
change is worked out once, and one call of the engine serves the perturbed copies of all subjects.
Where a model cannot be computed for several subjects together, `likelihood` computes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise import density
from equipoise.density import NOTHING
from equipoise.kinetics import kernels, row_of
from equipoise.kinetics.prepared import Prepared
from equipoise.likelihood import STUDENT_DF, Observed, Subject, with_errors
from equipoise.model import (
    CLEARANCE_FACTOR,
    Array,
    Model,
    Residual,
    parameter_table,
    starts_of,
    structural_parameters,
)
from equipoise.readout import BY_STATE, Sample

Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

TIGHT = 1e-8
"""Tolerance of the integration behind every number that is given to the outside."""

STEP = 1e-4
"""Of differences, in SD of the prior."""

BY_DOSE = {"F": "bioavailability", "LAG": "lag", "RATE": "modeled_rate",
           "DURATION": "modeled_duration"}  # fmt: skip

AT_ONCE = 4096
"""Lanes of which many are worked through at a time: what they need stays near the processor."""

NO_NUMBERS = np.empty((0, 0, 0))
NO_SHARES: dict[str, Array] = {}

TOGETHER = 32
"""Most points that are perturbed together: those that share the steps of one block."""


class Local(NamedTuple):
    """The joint objective around points, in whitened etas; without ln|Omega|.

    value      (W,); `FAILED` without an answer
    gradient   (W, k)
    expected   (W, k, k) twice the matrix whose determinant OFV takes: the expectation of the
               matrix of second derivatives over the levels, as NONMEM's
    misfit     (W,) squared residuals over their variance and z'z; -2 ln of the probability of a
               censored level
    hessian    (W, k, k) second derivatives, where they were asked for
    """

    value: Array
    gradient: Array
    expected: Array
    misfit: Array
    hessian: Array | None = None


class Batch:
    """Subjects of one model, made ready.

    Every method takes `of` (W,), the subject of each point by place, and whitened etas z (W, k):
    eta = root z with root root' = Omega, so that the prior is z'z.

    student  as in `minus_two_log`
    workers  threads of the engine; default as many as there are processors
    """

    def __init__(
        self,
        model: Model,
        subjects: Sequence[Subject],
        *,
        student: bool = False,
        workers: int | None = None,
    ) -> None:
        self.model, self.subjects, self.student = model, subjects, student
        self.size = len(model.etas)
        self._df = STUDENT_DF if student else 0.0
        self._parameters = model.parameter_names
        self._named: tuple[tuple[str, ...], dict[str, list[str]]] = (), {}
        self._density = density.compiled()
        kernels.announce(self._density)
        self.root, self.log_omega = _rooted(tuple(map(tuple, model.omega)))
        self._order = [_in_order(s.observed) for s in subjects]
        self._levels()
        self._covariates()
        courses = [s.course for s in subjects]
        self._prepared = Prepared(
            model.structure,
            [c.schedule for c in courses],
            [t[:n] for t, n in zip(self._times, self._count, strict=True)],
            after=[
                np.array([row_of(s.observed[i].after) for i in order])
                for s, order in zip(subjects, self._order, strict=True)
            ]
            if any(o.after for s in subjects for o in s.observed)
            else None,
            start=starts_of(courses),
            workers=workers,
        )
        self._resets = any(c.schedule.resets for c in courses)
        self.together = self._computable() and self._agrees()
        """Whether subjects are computed together, or one after the other by `likelihood`."""

    def _levels(self) -> None:
        """Levels as arrays (S, T), in order of time; beyond a subject's last one, nothing."""
        model, count = self.model, [len(order) for order in self._order]
        shape = (len(count), max(count, default=0))
        self._count = self.counts = np.array(count)
        """Levels of each subject, (S,)."""
        self._times, self._y = np.zeros(shape), np.zeros(shape)
        self._censored, kind = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        self.censored: list[bool] = []
        """Whether a subject has a censored level."""
        names: dict[str, int] = {}
        for s, (subject, order) in enumerate(zip(self.subjects, self._order, strict=True)):
            found, n = [subject.observed[i] for i in order], len(order)
            self._times[s, :n] = [level.time for level in found]
            self._y[s, :n] = [level.number for level in found]
            kind[s, :n] = [names.setdefault(level.analyte, len(names)) for level in found]
            cut = any(level.censored for level in found)
            self.censored.append(cut)
            if cut:
                sides = {"": 0, "<": -1, ">": 1}
                self._censored[s, :n] = [sides[level.censored] for level in found]
        self._read = [model.observation(name) for name in names]
        self._kind = kind
        logged = np.array([o.residual.log > 0.0 or o.logged for o in self._read], dtype=np.bool_)
        if np.count_nonzero(logged):
            real = np.arange(shape[1])[None, :] < self._count[:, None]
            as_log = logged[kind] & real
            with np.errstate(divide="ignore"):
                self._y[as_log] = np.log(np.maximum(self._y[as_log], 0.0))
        self._plain = all(o.read is None for o in self._read)
        self._some_plain = any(o.read is None for o in self._read)
        self._readout = np.zeros((len(names), density.READ_COLUMNS))
        for row, o in zip(self._readout, self._read, strict=True):
            if o.read is None:
                r = o.residual
                if r.form:
                    # Asked for its variance, a residual that needs more than a number says so.
                    r.variance(np.ones(1))
                row[density.STATE] = model.states.index(o.state)
                row[density.VOLUME] = model.parameter_names.index(o.volume)
                row[density.FACTOR] = o.factor
                row[density.ADDITIVE] = r.additive**2
                row[density.PROPORTIONAL] = r.proportional**2
                row[density.LOG] = r.log**2

    def _covariates(self) -> None:
        """Covariates (S, P), or (1, P) where they are the same for all subjects."""
        courses = [s.course for s in self.subjects]
        pieces = max([c.pieces for c in courses])
        self._pieces = pieces
        self._by_piece: dict[str, Array] = {}
        for name in courses[0].covariates:
            own = [np.asarray(c.covariates[name], dtype=float) for c in courses]
            if all(len(v) == pieces for v in own):
                table = np.array(own)
            else:
                table = np.array(
                    [np.concatenate([v, np.full(pieces - len(v), v[-1])]) for v in own]
                )
            same = len(table) == 1 or bool((table == table[:1]).all())
            self._by_piece[name] = table[:1] if same else table
        self._same = all(len(v) == 1 for v in self._by_piece.values())
        self._scaled = bool((self._by_piece[CLEARANCE_FACTOR] != 1.0).any())
        breaks = [c.schedule.breaks for c in courses]
        self._piece = np.zeros(self._times.shape, dtype=np.int64)
        if pieces > 1:
            for row, b, t in zip(self._piece, breaks, self._times, strict=True):
                # A sample at a break is read with what held before it, as the amounts are.
                row[:] = np.searchsorted(np.array(b, dtype=float), t, side="left")

    def _computable(self) -> bool:
        """Whether this module knows all that the model's observations do."""
        return all(o.read is not None or type(o.residual) is Residual for o in self._read)

    def _agrees(self) -> bool:
        """Whether the model's functions give for many subjects what they give for each.

        They are written for the covariates of one; most do arithmetic that does not mind.
        """
        if len(self.subjects) == 1 or self._same:
            return True
        count, k = len(self.subjects), self.size
        etas = 0.3 * np.sin(np.arange(1.0, 1.0 + count * k)).reshape(count, k) @ self.root.T
        try:
            table = self._table(np.arange(count), etas)
            for s, subject in enumerate(self.subjects):
                own = structural_parameters(self.model, subject.course, etas[s : s + 1])
                if own.keys() != table.keys():
                    return False
                pieces = subject.course.pieces
                for name, value in own.items():
                    whole = np.broadcast_to(table[name], (count, self._pieces))[s, :pieces]
                    if not np.array_equal(
                        np.broadcast_to(value, (1, pieces))[0], whole, equal_nan=True
                    ):
                        return False
        except Exception:
            # Whatever a model's own code raises for many, it need not raise for one.
            return False
        return all(o.read is None for o in self._read) or self._readers_agree(etas)

    def _readers_agree(self, etas: Array) -> bool:
        count = len(self.subjects)
        states = self.model.states
        amounts = 1.0 + np.sin(np.arange(count * self._times.shape[1] * len(states))) ** 2
        amounts = 10.0 * amounts.reshape(count, -1, len(states))
        try:
            everyone = np.arange(count)
            values = self._errors(everyone, etas, amounts, self._table(everyone, etas))
            for s, subject in enumerate(self.subjects):
                alone, one = Batch(self.model, [subject]), np.zeros(1, dtype=np.int64)
                table = alone._table(one, etas[s : s + 1])
                own = alone._errors(
                    one, etas[s : s + 1], amounts[s : s + 1, : self._count[s]], table
                )
                for ours, theirs in zip(values, own, strict=True):
                    if not np.array_equal(ours[s, : self._count[s]], theirs[0], equal_nan=True):
                        return False
        except Exception:
            return False
        return True

    def _table(self, of: Integers, etas: Array) -> dict[str, Array]:
        covariates = self._by_piece
        if not self._same:
            covariates = {n: v if len(v) == 1 else v[of] for n, v in covariates.items()}
        return parameter_table(self.model, covariates, etas, scaled=self._scaled)

    def _errors(
        self, of: Integers, etas: Array, amounts: Array, table: Mapping[str, Array]
    ) -> tuple[Array, Array]:
        """(center, variance) of levels by the model's own code, (L, T)."""
        sample = self._sample(of, etas, amounts, table)
        shape = amounts.shape[:2]
        center, variance = np.zeros(shape), np.ones(shape)
        for number, o in enumerate(self._read):
            if o.read is not None:
                here = self._kind[of] == number
                found = o.read(sample)
                center = np.where(here, found[0], center)
                variance = np.where(here, np.maximum(found[1], NOTHING), variance)
        return np.ascontiguousarray(center), np.ascontiguousarray(variance)

    def _sample(
        self, of: Integers, etas: Array, amounts: Array, table: Mapping[str, Array]
    ) -> Sample:
        return Sample(
            t=self._times[of],
            theta={name: value.number for name, value in self.model.thetas.items()},
            covariate={n: self._at_levels(of, v if len(v) == 1 else v[of])
                       for n, v in self._by_piece.items()},
            eta={name: etas[:, i : i + 1] for i, name in enumerate(self.model.etas)},
            parameter={n: self._at_levels(of, v) for n, v in table.items()},
            amount=dict(zip(self.model.states, np.moveaxis(amounts, 2, 0), strict=True)),
        )  # fmt: skip

    def _at_levels(self, of: Integers, values: Array) -> Array:
        """Numbers by piece as they hold at levels; broadcasts against (L, T)."""
        values = np.atleast_2d(np.asarray(values, dtype=float))
        if values.shape[1] == 1:
            return values
        whole = np.broadcast_to(values, (len(of), values.shape[1]))
        return np.take_along_axis(whole, np.minimum(self._piece[of], values.shape[1] - 1), axis=1)

    def levels(
        self, of: Integers, z: Array, *, group: int = 1, rtol: float = TIGHT
    ) -> tuple[Array, Array, Booleans]:
        """(center, variance) of each level, (L, T), and which lanes have an answer, (L,).

        group  so many lanes in a row share the steps of the integration, as perturbed copies must
        """
        center, variance, good, found = self._predicted(of, z @ self.root.T, group, rtol)
        if found is not None:
            self._density.read_off(
                found[0], found[1], of, self._piece, self._kind, self._count, self._readout,
                center, variance,
            )  # fmt: skip
        return center, variance, good

    def _predicted(
        self, of: Integers, etas: Array, group: int, rtol: float
    ) -> tuple[Array, Array, Booleans, tuple[Array, Array] | None]:
        """As `levels`, and amounts and parameters from which plain analytes are yet to be read."""
        if not self.together:
            return *self._one_after_the_other(of, etas, rtol), None
        states, lanes = self.model.states, len(of)
        table = self._table(of, etas)
        parameters = np.empty((lanes, self._pieces, len(self._parameters)))
        for j, name in enumerate(self._parameters):
            parameters[:, :, j] = table[name]
        by, initial = NO_SHARES, None
        if named := self._by_state(tuple(table)):
            by = {}
            for prefix, own in named.items():
                values = np.full((lanes, self._pieces, len(states)), BY_STATE[prefix])
                for i, name in enumerate(own):
                    if name:
                        values[:, :, i] = table[name]
                by[prefix] = values
            initial = by.pop("START", None)
            by = {BY_DOSE[prefix]: values for prefix, values in by.items()}
        if initial is not None and self._resets:
            return *self._one_after_the_other(of, etas, rtol), None
        amounts, good = self._prepared.amounts(
            of,
            parameters,
            group=group,
            by=by,
            initial=None if initial is None else np.ascontiguousarray(initial[:, 0, :]),
            rtol=rtol,
        )
        if not self._plain:
            center, variance = self._errors(of, etas, amounts, table)
        else:
            center, variance = np.empty(amounts.shape[:2]), np.empty(amounts.shape[:2])
        return center, variance, good, (amounts, parameters) if self._some_plain else None

    def _by_state(self, names: tuple[str, ...]) -> dict[str, list[str]]:
        """Of what `readout.BY_STATE` names, the parameter of each state, "" where it has none."""
        if self._named[0] != names:
            found: dict[str, list[str]] = {}
            for prefix in BY_STATE:
                common = prefix if prefix in ("F", "LAG") and prefix in names else ""
                every = [f"{prefix}_{state}" for state in self.model.states]
                own = [name if name in names else common for name in every]
                if any(own):
                    found[prefix] = own
            self._named = names, found
        return self._named[1]

    def _one_after_the_other(
        self, of: Integers, etas: Array, rtol: float
    ) -> tuple[Array, Array, Booleans]:
        center = np.zeros((len(of), self._times.shape[1]))
        variance = np.ones_like(center)
        for s in np.unique(of):
            lanes = np.flatnonzero(of == s)
            order = self._order[s]
            found = with_errors(self.model, self.subjects[s], etas[lanes], rtol=rtol)
            center[lanes, : len(order)] = found.center[:, order]
            variance[lanes, : len(order)] = found.variance[:, order]
        return center, variance, np.ones(len(of), dtype=np.bool_)

    def values(
        self,
        of: Integers,
        z: Array,
        *,
        group: int = 1,
        rtol: float = TIGHT,
        df: float | None = None,
    ) -> Array:
        """The joint objective at points, (L,), without ln|Omega|; `FAILED` without an answer.

        df  of heavy-tailed residuals, 0 for normal ones; default as the batch is
        """
        df = self._df if df is None else df
        value = np.empty(len(of))
        size = max(1, AT_ONCE // group) * group
        for lo in range(0, len(of), size):
            own, points = of[lo : lo + size], z[lo : lo + size]
            found = self.levels(own, points, group=group, rtol=rtol)
            self._sum(own, points, *found, df, value[lo : lo + size])
        return value

    def around(
        self,
        of: Integers,
        z: Array,
        *,
        central: bool = True,
        curved: bool = False,
        rtol: float = TIGHT,
    ) -> Local:
        """Value, gradient and curvature at points by their perturbed copies, in one call.

        central  two copies for each eta, else one: gradients to about 1e-6, or 1e-3 of themselves
        curved   second derivatives too, by copies with two etas moved
        """
        k, count = self.size, len(of)
        central = central or curved
        moves = _moves(k, central, curved)
        copies = len(moves)
        total = count * copies
        lanes, etas = np.empty((total, k)), np.empty((total, k))
        owner = np.empty(total, dtype=np.int64)
        self._density.spread(of, z, moves, self.root, owner, lanes, etas)
        center, variance, good, found = self._predicted(owner, etas, copies, rtol)
        amounts, parameters = found if found is not None else (NO_NUMBERS, NO_NUMBERS)
        value, here, misfit = np.empty(total), np.empty(count), np.empty(count)
        gradient, expected = np.empty((count, k)), np.empty((count, k, k))
        hessian = np.empty((count, k, k)) if curved else NO_NUMBERS
        self._density.around(
            amounts, parameters, owner, lanes, self._piece, self._kind, self._count, self._readout,
            center, variance, good, self._y, self._censored, self._df, copies, central, STEP,
            value, here, gradient, expected, misfit, hessian,
        )  # fmt: skip
        kernels.note(self._density)
        return Local(here, gradient, expected, misfit, hessian if curved else None)

    def _second(self, value: Array, copies: int) -> Array:
        """Second derivatives from the objective of the copies of points, (W, k, k)."""
        found = np.empty((len(value) // copies, self.size, self.size))
        self._density.bent(value, copies, STEP, found)
        return found

    def information(self, s: int, z: Array) -> Array:
        """The matrix whose determinant OFV takes, of one subject with censored levels, (k, k).

        These enter with the second derivative of their own -2 ln likelihood (half of it), as in
        `likelihood.conditional_objective`.
        z  (k,);  not for more etas than a block holds copies of (`TOGETHER`)
        """
        k, levels = self.size, self._count[s]
        moves = pattern(k, True, True)
        owner = np.full(len(moves), s)
        center, variance, _ = self.levels(owner, z + STEP * moves, group=len(moves))
        center, variance = center[:, :levels], variance[:, :levels]
        side = self._censored[s, :levels]
        plain, cut = side == 0, side != 0
        a = (center[0 : 2 * k : 2] - center[1 : 2 * k : 2])[:, plain] / (2.0 * STEP)
        c = (variance[0 : 2 * k : 2] - variance[1 : 2 * k : 2])[:, plain] / (2.0 * STEP)
        v = variance[2 * k, plain]
        found = np.eye(k) + (a / v) @ a.T + 0.5 * (c / v) @ (c / v).T
        u = -side[cut] * (self._y[s, :levels][cut] - center[:, cut]) / np.sqrt(variance[:, cut])
        term = [-2.0 * sum(self._density.log_normal(x) for x in lane) for lane in u]
        second = self._second(np.array(term), len(moves))[0]
        return np.asarray(found + 0.5 * second)

    def _sum(
        self,
        of: Integers,
        z: Array,
        center: Array,
        variance: Array,
        good: Booleans,
        df: float,
        value: Array,
    ) -> None:
        self._density.summed(
            center, variance, good, of, z, self._y, self._censored, self._count, df, value
        )
        kernels.note(self._density)


def _in_order(levels: Sequence[Observed]) -> list[int]:
    """Places of levels in order of time, and of row at one time."""
    times = [level.time for level in levels]
    if all(earlier < later for earlier, later in pairwise(times)):
        return list(range(len(times)))
    return sorted(range(len(times)), key=[(o.time, row_of(o.after)) for o in levels].__getitem__)


@lru_cache(maxsize=64)
def _rooted(omega: tuple[tuple[float, ...], ...]) -> tuple[Array, float]:
    """The root of Omega and ln|Omega|."""
    root = np.linalg.cholesky(np.array(omega, dtype=float).reshape(len(omega), len(omega)))
    return root, 2.0 * float(np.log(root.diagonal()).sum())


@lru_cache(maxsize=64)
def _moves(k: int, central: bool, curved: bool) -> Array:
    return STEP * pattern(k, central, curved)


@lru_cache(maxsize=64)
def pattern(k: int, central: bool, curved: bool) -> Array:
    """Moves of the copies of a point, in steps, (m, k): each eta up (and down), then the point,
    then pairs of etas up. Copies up and down stand next to each other: in one block, always.
    """
    eye = np.eye(k)
    moves = [eye[i] * sign for i in range(k) for sign in ((1.0, -1.0) if central else (1.0,))]
    moves.append(np.zeros(k))
    if curved:
        moves += [(eye[i] + eye[j]) for i in range(k) for j in range(i)]
    return np.array(moves).reshape(-1, k)
