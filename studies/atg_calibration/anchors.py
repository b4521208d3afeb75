"""What was published about active Thymoglobulin, and what each row may do here: the declared split.

Written before anything was fitted. An anchor is an observation in known units and the only thing
that enters the distance; what is built into the structures was assumed, so that it tests nothing;
what is held out is predicted and never fitted: simulation output by others, other assays, secondary
digests; a row computed from another row stands beside its parent and enters nothing. A review after
the fit gave `handbook_weight` its role and added `bishop_half`; neither enters the distance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum


class Role(Enum):
    """What a row may do."""

    ANCHOR = "anchor"
    FREE_SCALE = "anchor, on a scale of its own"
    ASSUMED = "assumed, in both structures"
    HELD_OUT = "held out"
    DERIVED = "derived, held out"
    OTHER_PRODUCT = "another product, not used"


@dataclass(frozen=True, slots=True)
class Row:
    """One published number.

    numbers  as printed;  read: what of the source was read
    role     what it may do;  why: the reason, where the role needs one
    """

    id: str
    what: str
    numbers: tuple[float, ...]
    unit: str
    source: str
    read: str
    role: Role
    why: str = ""


WALLER = "Waller 2003, doi:10.1016/s1083-8791(03)00127-7"
REVIEW = "abstract; McCune 2016 (PMC4824644) Table 3"
LAKKARAJA = "Lakkaraja 2022, Blood Adv 6(3):1054"
DVORAK = "Dvorak 2024, doi:10.1182/bloodadvances.2024012670"
OOSTENBRINK = "Oostenbrink 2019, doi:10.3389/fimmu.2019.00315"
WANG = "Wang 2022, doi:10.1016/j.jtct.2022.03.018"
BISHOP = "Bishop 2026, doi:10.1002/psp4.70176"
HANDBOOK = "EBMT Handbook 2024, doi:10.1007/978-3-031-44080-9_10"
FLOW = "doi:10.1038/s41409-019-0505-5"
ADMIRAAL = "Admiraal 2015, doi:10.1007/s40262-014-0214-6"

ROWS = (
    Row(
        "waller_peak", "active peak after 6 mg/kg, mean and SD, sampled from day +1 on",
        (9.2, 5.8), "ug/mL", WALLER, REVIEW, Role.ANCHOR,
        "in the assay's ug/mL: a factor to AU/mL is free",
    ),
    Row(
        "waller_below_one", "day from which active antibody is below 1 ug/mL: median, range",
        (15.0, 8.0, 38.0), "d", WALLER, REVIEW, Role.ANCHOR,
    ),
    Row("waller_half_life", "half-life of active antibody", (6.0,), "d", WALLER, REVIEW,
        Role.ANCHOR),
    Row(
        "cd34_median", "AUC after the graft, CD34-selected grafts, median of 554",
        (47.0,), "AU.d/mL", LAKKARAJA, "abstract", Role.ANCHOR,
        "schedule and weights of the cohort are not in the abstract: both are drawn",
    ),
    Row(
        "alpha_beta", "children by AUC before (50 or more) and after the graft (below 12): "
        "more/less, less/less, less/more, more/more",
        (52.0, 47.0, 13.0, 51.0), "1", DVORAK, "abstract", Role.ANCHOR,
        "schedules of the nine centers are not in the abstract: they are drawn",
    ),
    Row(
        "dose_direction", "children: active antibody stays longer after 10 than after 6-8 mg/kg",
        (1.0,), "1", OOSTENBRINK, "abstract and Table 1", Role.ANCHOR,
    ),
    Row(
        "beijing_window", "total AUC of 106 adults straddles this window after 10 mg/kg",
        (100.0, 148.5), "UE.d/mL", WANG, "abstract", Role.FREE_SCALE,
        "UE and AU are two scales: it can inform their ratio and nothing else",
    ),
    Row(
        "bishop_fixed", "adults, fixed dose: attainment of 60-95 AU.d/mL after the graft, at best",
        (25.0,), "%", BISHOP, "secondary digest", Role.HELD_OUT,
        "simulation; which doses on which days was not read",
    ),
    Row(
        "bishop_guided", "the same, last dose from 6-10 levels over 5-7 days, at best",
        (32.0,), "%", BISHOP, "secondary digest", Role.HELD_OUT, "simulation",
    ),
    Row(
        "bishop_gain", "the gain over the fixed dose, at best", (7.0,), "%", BISHOP,
        "secondary digest", Role.HELD_OUT, "simulation",
    ),
    Row(
        "bishop_half", "days of sampling before an attainment above 50 %, more than",
        (8.0,), "d", BISHOP, "secondary digest", Role.HELD_OUT, "simulation",
    ),
    Row(
        "bishop_shrinkage", "shrinkage of the etas of CL and Vmax, more than",
        (30.0,), "%", BISHOP, "secondary digest", Role.HELD_OUT, "simulation",
    ),
    Row(
        "bishop_slope", "change of the median AUC after the graft per 10 kg, dosed per kg",
        (10.0,), "AU.d/mL", BISHOP, "secondary digest", Role.HELD_OUT, "simulation",
    ),
    Row(
        "bishop_lymphocytes", "change of the median AUC from 0.1 to 1.0 x10^9/L, less than",
        (5.0,), "%", BISHOP, "secondary digest", Role.HELD_OUT, "simulation; 5 % is ours",
    ),
    Row(
        "cd34_highest", "highest AUC after the graft among those 554", (101.0,), "AU.d/mL",
        LAKKARAJA, "abstract", Role.HELD_OUT,
        "an extreme of individual estimates, which shrinkage draws in",
    ),
    Row(
        "flow_peak", "active peak after 6 mg/kg over 4 days, another flow assay, n = 3",
        (20.8, 1.4), "ug/mL", FLOW, "abstract", Role.HELD_OUT, "another assay, three patients",
    ),
    Row(
        "flow_half_life", "half-life in those three", (6.1, 0.7), "d", FLOW, "abstract",
        Role.HELD_OUT, "another assay, three patients",
    ),
    Row(
        "admiraal_direction", "children, 10 mg/kg: exposure rises with weight, falls with "
        "lymphocytes", (1.0, 1.0), "1", ADMIRAAL, "abstract", Role.HELD_OUT, "a model's result",
    ),
    Row(
        "handbook_weight", "weight changes clearance only below", (40.0,), "kg", HANDBOOK,
        "chapters 10 and 26", Role.ASSUMED, "what is predicted of it checks code, not the model",
    ),
    Row(
        "digest_clearance", "linear clearance of the model of Admiraal 2015", (2.12,), "L/d",
        BISHOP, "secondary digest", Role.HELD_OUT, "unit and reference weight not printed",
    ),
    Row(
        "digest_volume", "its central volume", (7.84,), "L", BISHOP, "secondary digest",
        Role.HELD_OUT, "unit and reference weight not printed",
    ),
    Row(
        "post_spread", "SD of the log AUC after the graft that 25 % attainment implies", (0.72,),
        "1", BISHOP, "our arithmetic", Role.DERIVED, "restates the attainment",
    ),
    Row(
        "beijing_inside", "share of the 106 inside the window, from the widths of the intervals",
        (54.0,), "%", WANG, "our arithmetic", Role.DERIVED, "a rough reading of two intervals",
    ),
    Row(
        "grafalon_day", "children, Grafalon: median day of falling below 1 AU/mL", (16.0,), "d",
        "Oostenbrink 2024, doi:10.3324/haematol.2023.284632", "abstract", Role.OTHER_PRODUCT,
        "the two rabbit products never mix",
    ),
)  # fmt: skip


def row(name: str) -> Row:
    """A row by its id."""
    return next(each for each in ROWS if each.id == name)


def fitted() -> tuple[Row, ...]:
    """Rows that may enter the distance."""
    return tuple(r for r in ROWS if r.role in (Role.ANCHOR, Role.FREE_SCALE))


@dataclass(frozen=True, slots=True)
class Summary:
    """One number of the distance: what a simulated study gives and what was observed.

    of      the row it comes from;  name: of the summary
    shown   words for the page;  log: compared as a logarithm
    """

    of: str
    name: str
    observed: float
    shown: str
    log: bool = False


def _summaries() -> tuple[Summary, ...]:
    mean, spread = row("waller_peak").numbers
    middle, first, last = row("waller_below_one").numbers
    (half,) = row("waller_half_life").numbers
    (cd34,) = row("cd34_median").numbers
    more_less, less_less, less_more, more_more = row("alpha_beta").numbers
    children = more_less + less_less + less_more + more_more
    low, high = row("beijing_window").numbers
    return (
        Summary("waller_peak", "peak", math.log(mean), "mean peak, ug/mL", True),
        Summary("waller_peak", "peak_cv", math.log(spread / mean), "SD / mean of the peak", True),
        Summary("waller_below_one", "day_middle", math.log(middle), "median day below 1", True),
        Summary("waller_below_one", "day_first", math.log(first), "first day below 1", True),
        Summary("waller_below_one", "day_last", math.log(last), "last day below 1", True),
        Summary("waller_half_life", "half_life", math.log(half), "half-life, d", True),
        Summary("cd34_median", "cd34", math.log(cd34), "median AUC after, AU.d/mL", True),
        Summary("alpha_beta", "pre_high", (more_less + more_more) / children,
                "share with 50 or more before"),
        Summary("alpha_beta", "post_high", (less_more + more_more) / children,
                "share with 12 or more after"),
        Summary("alpha_beta", "both_high", more_more / children, "share with both"),
        Summary("beijing_window", "beijing", math.log(math.sqrt(low * high)),
                "middle total AUC, UE.d/mL", True),
        Summary("dose_direction", "direction", row("dose_direction").numbers[0],
                "10 mg/kg stays longer (1: yes)"),
    )  # fmt: skip


SUMMARIES = _summaries()
"""What is compared. The last is met or not: a draw that misses it is left out."""

OBSERVED = tuple(s.observed for s in SUMMARIES)
