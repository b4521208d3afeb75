"""Three patients for each statement on mTOR inhibitors: it applies, it does not, cannot tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from situations import DAY, Three, daily, finding, graded, situation

ADULT, CHILD = date(1985, 4, 1), date(2018, 4, 1)
ON = daily("sirolimus", range(20))
T = 19 * DAY + 2.0


def _by(indication: str, other: str, *, born: date | None = ADULT) -> Three:
    """On sirolimus for the indication, for another one, for none that the record names."""
    return Three(
        situation(T, *ON, indication=indication, born=born),
        situation(T, *ON, indication=other, born=born),
        situation(T, *ON, born=born),
        "indication",
    )


def _prophylaxis(platform: str, other: str) -> Three:
    """The donor of the platform, the other one, none that the record names."""
    patients = []
    for each in (platform, other, ""):
        found = situation(T, *ON, indication="gvhd_prophylaxis", born=ADULT)
        patients.append(replace(found, record=replace(found.record, platform=each)))
    return Three(*patients, "platform")


def _cold(applies: bool) -> Three:
    def of(*found):
        return situation(T, *ON, *found, indication="aiha", born=ADULT)

    name = "cold_agglutinin_disease"
    return Three(of(finding(name, 1.0, applies)), of(finding(name, 1.0, not applies)), of(), name)


def _answered(low: int, high: int, lacks: str = ""):
    grade = graded("itp_response_iwg2009", low=low, high=high, missing=lacks)
    return situation(T, *ON, grades=[grade], indication="itp", born=ADULT)


MTOR: dict[str, Three] = {
    "sirolimus_itp_adult": _by("itp", "prca"),
    "sirolimus_itp_first_line": _by("itp", "aiha"),
    "sirolimus_itp_child": _by("itp", "alps", born=CHILD),
    "sirolimus_itp_no_response": Three(
        _answered(2, 2), _answered(1, 1), _answered(0, 2, "platelets"), "platelets"
    ),
    "sirolimus_warm_aiha": _cold(False),
    "sirolimus_cold_agglutinin": _cold(True),
    "sirolimus_evans": _by("evans", "itp"),
    "sirolimus_prca": _by("prca", "itp"),
    "sirolimus_alps": _by("alps", "evans", born=CHILD),
    "sirolimus_gvhd_prophylaxis": _prophylaxis("adult_related", "adult_unrelated"),
    "sirolimus_gvhd_prophylaxis_unrelated": _prophylaxis("adult_unrelated", "adult_related"),
    "sirolimus_agvhd_first_line": _by("agvhd_first_line", "agvhd_refractory"),
    "sirolimus_agvhd_refractory": _by("agvhd_refractory", "agvhd_first_line"),
    "sirolimus_cgvhd": _by("cgvhd", "gvhd_prophylaxis"),
}
