"""Units: what is read, what is refused and why, and what converts into what."""

from decimal import Decimal
from fractions import Fraction

import pytest

from equipoise import units
from equipoise.source import Standing
from equipoise.units import (
    ALIASES,
    MOLAR,
    PARTS,
    UNITS,
    UnitError,
    convert,
    duration_hours,
    molar_mass,
    parse,
    per,
    unit,
    write,
)

D = Decimal


# --- the table ---------------------------------------------------------------------------------


def test_every_code_reads_as_itself_and_as_its_ucum_code():
    for code, known in UNITS.items():
        assert known.code == code
        assert unit(code) is known
        assert unit(f"  {code} ") is known
        if "{UE}" not in known.ucum:
            assert unit(known.ucum).code == code
        assert known.factor > 0


def test_every_alias_and_every_part_leads_into_the_table():
    for spelling, code in ALIASES.items():
        assert code in UNITS
        assert unit(spelling).code == code, spelling
        assert spelling not in UNITS, f"{spelling} is a code and an alias"
    parts = {p for code in UNITS for p in code.replace(".", "/").split("/")}
    for spelling, part in PARTS.items():
        assert part in parts | {"mmol", "umol", "nmol"}, part
        assert spelling not in UNITS or UNITS[spelling].code == part, spelling


# What hospitals send, each with the code it stands for. Case counts: g/L is grams, G/L is giga.
SENT = [
    ("K/uL", "10*3/uL"), ("k/ul", "10*3/uL"), ("K/µL", "10*3/uL"), ("K/UL", "10*3/uL"),
    ("x10^9/L", "10*9/L"), ("10^9/L", "10*9/L"), ("x10E9/L", "10*9/L"), ("X10E9/L", "10*9/L"),
    ("×10⁹/L", "10*9/L"), ("x 10^9/L", "10*9/L"), ("10E9/L", "10*9/L"), ("10e9/l", "10*9/L"),
    ("10**9/L", "10*9/L"), ("x10(9)/L", "10*9/L"), ("x10*9/l", "10*9/L"), ("10E+09/L", "10*9/L"),
    ("G/L", "10*9/L"), ("Gpt/L", "10*9/L"), ("/nL", "10*9/L"), ("/nl", "10*9/L"),
    ("10^4/uL", "10*4/uL"), ("10*3/uL", "10*3/uL"), ("10e3/uL", "10*3/uL"), ("10^3/mm3", "10*3/uL"),
    ("x10³/µL", "10*3/uL"), ("thou/mm3", "10*3/uL"), ("Thousand/uL", "10*3/uL"),
    ("cells/uL", "/uL"), ("cells/mm³", "/uL"), ("/mm3", "/uL"), ("/cumm", "/uL"), ("#/uL", "/uL"),
    ("{cells}/uL", "/uL"), ("/µl", "/uL"), ("/μL", "/uL"), ("/mcL", "/uL"),
    ("mcg/L", "ug/L"), ("mcg", "ug"), ("µg", "ug"), ("μg", "ug"), ("MCG", "ug"),
    ("µg/mL", "ug/mL"), ("mcg/kg/day", "ug/kg/d"), ("mcg/m2/day", "ug/m2/d"),
    ("mg/m²", "mg/m2"), ("mg/m^2", "mg/m2"), ("gm/dL", "g/dL"), ("G/DL", "g/dL"),
    ("MG/DL", "mg/dL"), ("NG/ML", "ng/mL"), ("ng/ml", "ng/mL"), ("pg/ml", "pg/mL"),
    ("IU/L", "IU/L"), ("[iU]/L", "IU/L"), ("[IU]/L", "IU/L"), ("U/l", "U/L"), ("u/L", "U/L"),
    ("units/L", "U/L"), ("IU/ml", "IU/mL"), ("[iU]/mL", "IU/mL"), ("kU/L", "kU/L"),
    ("mg/dl", "mg/dL"), ("g/l", "g/L"), ("umol/l", "umol/L"), ("µmol/L", "umol/L"),
    ("mmol/l", "mmol/L"), ("nmol/l", "nmol/L"), ("µkat/L", "ukat/L"),
    ("mmHg", "mm[Hg]"), ("mm[Hg]", "mm[Hg]"), ("°C", "Cel"), ("C", "Cel"), ("degC", "Cel"),
    ("F", "[degF]"), ("°F", "[degF]"), ("degF", "[degF]"), ("AU/mL", "AU/mL"), ("AU/ml", "AU/mL"),
    ("[arb'U]/mL", "AU/mL"), ("UE/ml", "UE/mL"), ("AU·day/mL", "AU.d/mL"),
    ("AU*day/mL", "AU.d/mL"), ("AU.d/mL", "AU.d/mL"), ("UE·d/mL", "UE.d/mL"),
    ("ng*h/mL", "ng.h/mL"), ("ng.hr/mL", "ng.h/mL"), ("hours", "h"), ("hr", "h"), ("days", "d"),
    ("minutes", "min"), ("years", "a"), ("percent", "%"), ("bpm", "/min"), ("/24h", "/d"),
    ("mL/day", "mL/d"), ("ml/kg/hr", "mL/kg/h"), ("l/min", "L/min"), ("lb", "[lb_av]"),
    ("pounds", "[lb_av]"), ("inches", "[in_i]"), ("Kg", "kg"), ("cells", "1"), ("", "1"),
    ("cells/kg", "/kg"), ("x10^6/kg", "10*6/kg"), ("10*6 cells/kg", "10*6/kg"),
    ("10^8/kg", "10*8/kg"), ("{copies}/ug", "copies/ug"), ("copies/µg", "copies/ug"),
]  # fmt: skip


@pytest.mark.parametrize(("spelling", "code"), SENT)
def test_what_hospitals_send(spelling, code):
    assert unit(spelling).code == code


@pytest.mark.parametrize(
    ("spelling", "says"),
    [
        ("[AU]", "allergen unit"),
        ("[AU]/mL", "write AU/mL"),
        ("AU/L", "per mL"),
        ("AU.d/L", "AU.d/mL"),
        ("UE/mL/day", "multiplied by time"),
        ("K", "kelvin, potassium or thousands"),
        ("mg/kg/dose", "without /dose"),
        ("mg%", "mg/dL"),
        ("mEq/L", "mmol/L"),
        ("lakh/uL", "100 10*3/uL"),
        ("mg/dLL", "mg/dL"),
        ("mG/dL", "nearest known"),
        ("furlong", "unknown unit 'furlong'"),
        ("mg//dL", "unknown unit"),
        ("1/L", "unknown unit"),
        ("109/L", "unknown unit"),
        ("mil/uL", "unknown unit"),
    ],
)
def test_refused_units_name_the_remedy(spelling, says):
    with pytest.raises(UnitError, match=r".+") as error:
        unit(spelling)
    sentence = str(error.value)
    assert says in sentence
    assert repr(spelling) in sentence
    assert "\n" not in sentence


def test_the_three_units_of_atg_are_three_dimensions():
    dimensions = {unit(code).dimension for code in ("AU/mL", "UE/mL", "ug/mL")}
    assert len(dimensions) == 3


# --- reading quantities ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number", "code", "comparator"),
    [
        ("160 mg", "160", "mg", ""),
        ("160mg", "160", "mg", ""),
        ("<1.0 ng/mL", "1.0", "ng/mL", "<"),
        ("> 10000 pg/mL", "10000", "pg/mL", ">"),
        ("6.1e6 /kg", "6.1e6", "/kg", ""),
        ("6.1x10^6/kg", "6.1", "10*6/kg", ""),
        ("6.1 × 10⁶/kg", "6.1", "10*6/kg", ""),
        ("2.5 mg/kg", "2.5", "mg/kg", ""),
        ("28 ug/d", "28", "ug/d", ""),
        ("12.4 AU/mL", "12.4", "AU/mL", ""),
        ("12.4 [arb'U]/mL", "12.4", "AU/mL", ""),
        ("38.4 Cel", "38.4", "Cel", ""),
        ("38.40 °C", "38.40", "Cel", ""),
        ("0.5", "0.5", "1", ""),
        ("<0.0001", "0.0001", "1", "<"),
        ("97%", "97", "%", ""),
        ("250 x10^9/L", "250", "10*9/L", ""),
        ("250 10*9/L", "250", "10*9/L", ""),
        ("5 10e3/uL", "5", "10*3/uL", ""),
        ("5E3/uL", "5E3", "/uL", ""),
        ("1.2e8 cells", "1.2e8", "1", ""),
        ("−4 Cel", "-4", "Cel", ""),
        (".5 mg", "0.5", "mg", ""),
        ("800000 ng/mL", "800000", "ng/mL", ""),
        ("0 mg/L", "0", "mg/L", ""),
    ],
)
def test_parse(text, number, code, comparator):
    quantity = parse(text)
    assert quantity.number == D(number)
    assert (quantity.unit, quantity.comparator, quantity.text) == (code, comparator, text)


def test_parse_keeps_the_reported_precision():
    assert str(parse("1.20 mg/dL").number) == "1.20"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("0,5 mg", "write 0.5"),
        ("38,4 Cel", "write 38.4"),
        ("4,141 /mL", "write 4.141 or 4141"),
        ("1,234,567 ng/mL", "write 1234567"),
        ("1.234,5 ng/mL", "decimal point only"),
        ("1 234 mg", "digits together"),
        ("1'234 mg", "digits together"),
        ("1_234 mg", "digits together"),
        ("1\u00a0234 mg", "digits together"),
        ("1.234.567 U/L", "digits together"),
        ("NaN", "not a number"),
        ("nan ng/mL", "not a number"),
        ("inf", "not a number"),
        ("-Infinity mg", "not a number"),
        ("<=3 mg", "write < or >"),
        ("≥3 mg", "write < or >"),
        ("~3 mg", "write < or >"),
        ("mg", "no number"),
        ("", "no number"),
        ("< ng/mL", "no number"),
        ("1e400 mg", "exponent"),
        ("1e-99 mg", "exponent"),
        ("٣ mg", "no number"),
        ("12 mgg", "unknown unit 'mgg'"),
        ("10*9/L", "unknown unit"),
        ("3 - 5 mg", "unknown unit"),
    ],
)
def test_parse_refuses(text, says):
    with pytest.raises(UnitError, match=r".+") as error:
        parse(text)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["38.40 Cel", "<1.0 ng/mL", "0.5", "6.1e6 /kg", "-3.2 Cel"])
def test_write_is_what_parse_reads(text):
    quantity = parse(text)
    assert write(quantity.number, quantity.unit, quantity.comparator) == text


def test_write_floats_shortest():
    assert write(160.0, "mg") == "160 mg"
    assert write(0.1 + 0.2, "1") == "0.30000000000000004"
    assert parse(write(1.2e-9, "g/L")).number == D("1.2e-9")


# --- conversion --------------------------------------------------------------------------------


def test_crp_in_milligrams_per_deciliter_is_ten_times_as_many_per_liter():
    assert convert(D("1.2"), "mg/dL", "mg/L") == D(12)


def test_powers_of_ten_are_exact_in_decimal_and_in_float():
    assert convert(D("1.2"), "mg/dL", "mg/L") - convert(D("0.9"), "mg/dL", "mg/L") == D(3)
    assert convert(D("0.1"), "g/L", "mg/dL") == D(10)
    assert convert(0.1, "g/L", "mg/dL") == 10.0
    assert convert(1.1, "mg/dL", "mg/L") == 11.0
    assert convert(D("0.123"), "10*9/L", "/uL") == D(123)
    assert convert(D("7"), "ng/L", "pg/mL") == D(7)
    assert D("1.2") - D("0.9") == D("0.3")


def test_the_type_goes_through():
    assert isinstance(convert(1.0, "h", "min"), float)
    assert isinstance(convert(D(1), "h", "min"), Decimal)
    assert convert(D("1.20"), "mg/dL", "MG/DL") == D("1.20")


# Made by ucumvert 0.3.2 with pint 0.25.3: 101.5 of the first unit in the second.
ORACLE = [
    ("10*9/L", "/uL", 101500.0), ("10*3/uL", "10*9/L", 101.5), ("mg/dL", "mg/L", 1015.0),
    ("g/L", "mg/dL", 10150.0), ("ug/L", "ng/mL", 101.49999999999999),
    ("[degF]", "Cel", 38.61111111111114), ("[lb_av]", "kg", 46.03962555500001),
    ("[in_i]", "cm", 257.81), ("kPa", "mm[Hg]", 761.3124994833412), ("ukat/L", "U/L", 6090.0),
    ("[oz_av]", "g", 2877.4765971875004), ("mo", "d", 3089.40625), ("a", "d", 37072.875),
    ("wk", "h", 17052.0), ("mL/kg/d", "mL/kg/h", 4.229166666666666),
    ("ug/kg/min", "mg/kg/h", 6.09), ("ng.d/mL", "ng.h/mL", 2436.0),
    ("mL/d", "L/h", 0.004229166666666667), ("mg/g", "g/g", 0.1015),
    ("10*6/mL", "/uL", 101500.0), ("ug/m2/d", "mg/m2/h", 0.004229166666666667),
    ("pg/mL", "ng/L", 101.49999999999999), ("umol/L", "nmol/L", 101499.99999999999),
    ("[ft_i]", "cm", 3093.72), ("10*12/L", "10*6/uL", 101.5), ("%", "1", 1.0150000000000001),
]  # fmt: skip


@pytest.mark.parametrize(("start", "end", "expected"), ORACLE)
def test_conversion_against_another_program(start, end, expected):
    # kPa is printed with six digits, 7.50062; everything else is exact.
    rel = 1e-6 if start == "kPa" else 1e-13
    assert convert(101.5, start, end) == pytest.approx(expected, rel=rel)


def test_temperature_is_affine_both_ways():
    assert convert(D("98.6"), "F", "Cel") == D(37)
    assert convert(D("100.4"), "[degF]", "Cel") == D(38)
    assert convert(D(37), "Cel", "degF") == D("98.6")


def test_round_trip_between_all_units_of_a_dimension():
    for start in UNITS.values():
        for end in UNITS.values():
            if start.dimension == end.dimension:
                there = convert(0.731, start.code, end.code)
                assert convert(there, end.code, start.code) == pytest.approx(0.731, rel=1e-12)


# --- mass and amount of substance --------------------------------------------------------------

# IUPAC 2021 abridged standard atomic weights.
ATOMIC = {"C": 12.011, "H": 1.008, "N": 14.007, "O": 15.999, "S": 32.06}
FORMULA = {
    "sirolimus": {"C": 51, "H": 79, "N": 1, "O": 13},
    "everolimus": {"C": 53, "H": 83, "N": 1, "O": 14},
    "tacrolimus": {"C": 44, "H": 69, "N": 1, "O": 12},
    "ciclosporin": {"C": 62, "H": 111, "N": 11, "O": 12},
    "creatinine": {"C": 4, "H": 7, "N": 3, "O": 1},
    "bilirubin": {"C": 33, "H": 36, "N": 4, "O": 6},
    "triglycerides": {"C": 57, "H": 104, "O": 6},
    "glucose": {"C": 6, "H": 12, "O": 6},
    "cholesterol": {"C": 27, "H": 46, "O": 1},
    "busulfan": {"C": 6, "H": 14, "O": 6, "S": 2},
}


@pytest.mark.parametrize("substance", FORMULA)
def test_molar_factors_agree_with_the_formula_weight(substance):
    weight = sum(ATOMIC[element] * n for element, n in FORMULA[substance].items())
    assert float(molar_mass(substance)) == pytest.approx(weight, rel=1e-3)


def test_every_molar_factor_is_either_checked_by_formula_or_is_hemoglobin():
    # Hemoglobin has no small formula; its printed factor is 1.611 g/dL in 1 mmol/L.
    assert set(MOLAR) - set(FORMULA) == {"hemoglobin"}
    assert all(value.standing is Standing.PROVISIONAL for value in MOLAR.values())


@pytest.mark.parametrize(
    ("number", "start", "end", "substance", "expected"),
    [
        ("1", "nmol/L", "ng/mL", "sirolimus", "0.91417"),
        ("10", "nmol/L", "ng/mL", "everolimus", "9.582"),
        ("10", "nmol/L", "ug/L", "tacrolimus", "8.04"),
        ("100", "nmol/L", "ng/mL", "ciclosporin", "120.26"),
        ("88.42", "umol/L", "mg/dL", "creatinine", "1"),
        ("2", "mg/dL", "umol/L", "creatinine", "176.84"),
        ("34.2", "umol/L", "mg/dL", "bilirubin", "2"),
        ("2", "mg/dL", "umol/L", "bilirubin", "34.2"),
        ("3", "mmol/L", "mg/dL", "triglycerides", "265.71"),
        ("10", "mmol/L", "g/dL", "hemoglobin", "16.11"),
        ("5", "mmol/L", "mg/dL", "glucose", "90.08"),
        ("5", "mmol/L", "mg/dL", "cholesterol", "193.35"),
        ("10", "umol/L", "ng/mL", "busulfan", "2463"),
        ("6000", "umol.min/L", "mg.h/L", "busulfan", "24.63"),
        ("24.63", "mg.h/L", "umol.min/L", "busulfan", "6000"),
        ("100", "umol.h/L", "mg.h/L", "busulfan", "24.63"),
    ],
)
def test_molar_conversion_as_printed(number, start, end, substance, expected):
    assert convert(D(number), start, end, substance=substance) == D(expected)


@pytest.mark.parametrize(
    "text",
    ["uM.min", "uM*min", "µM·min", "μM×min", "µmol/L*min", "umol·min/L", "uMol.min", "µmol*min/L"],
)
def test_the_molar_exposure_as_busulfan_papers_print_it(text):
    assert unit(text).code == "umol.min/L"


def test_a_molar_exposure_needs_the_substance():
    with pytest.raises(UnitError, match="which substance it is"):
        convert(D(900), "umol.min/L", "mg.h/L")


def test_bilirubin_34_micromolar_is_just_below_two_milligrams():
    assert D("1.988") < convert(D(34), "umol/L", "mg/dL", substance="bilirubin") < D("1.989")


def test_molar_factor_is_exact_as_a_fraction():
    assert molar_mass("bilirubin") == Fraction(10_000 * 10, 171)


def test_a_protein_creatinine_ratio_converts_through_creatinine():
    mass = convert(100.0, "mg/mmol", "mg/mg")
    assert mass == pytest.approx(0.8842, rel=1e-12)
    assert convert(mass, "mg/mg", "mg/mmol") == pytest.approx(100.0, rel=1e-12)


@pytest.mark.parametrize(("start", "end"), [("mg/dL", "umol/L"), ("nmol/L", "ng/mL")])
def test_molar_conversion_needs_a_known_substance(start, end):
    with pytest.raises(UnitError, match="which substance it is"):
        convert(D(1), start, end)
    with pytest.raises(UnitError, match="no molar factor is known for ferritin"):
        convert(D(1), start, end, substance="ferritin")


@pytest.mark.parametrize(
    ("start", "end", "says"),
    [
        ("AU/mL", "UE/mL", "never calibrated"),
        ("UE/mL", "AU/mL", "never calibrated"),
        ("AU.d/mL", "UE.d/mL", "never calibrated"),
        ("AU/mL", "ug/mL", "atg_total"),
        ("ug/mL", "AU/mL", "atg_total"),
        ("UE/mL", "ug/mL", "atg_total"),
        ("ug/mL", "UE/mL", "atg_total"),
        ("AU.d/mL", "ug.d/mL", "atg_total"),
        ("U/mL", "pg/mL", "soluble_il2r_mass"),
        ("pg/mL", "U/mL", "soluble_il2r_mass"),
        ("copies/mL", "IU/mL", "ask for IU/mL"),
        ("1", "kg", "with its unit, here one like kg"),
        ("mg", "1", "write a plain number, what is asked for here is no mass"),
        ("mg", "%", "write a number in %"),
        ("mg", "mL", "mass"),
        ("AU/mL", "AU.d/mL", "no conversion exists"),
        ("mg", "mg/kg", "no conversion exists"),
        ("/uL", "copies/ug", "no conversion exists"),
    ],
)
def test_no_conversion_exists(start, end, says):
    for substance in ("", "sirolimus"):
        with pytest.raises(UnitError, match="no conversion exists") as error:
            convert(D(5), start, end, substance=substance)
        assert says in str(error.value)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), D("NaN"), D("Infinity")])
def test_what_is_not_finite_is_not_converted(number):
    with pytest.raises(UnitError, match="not finite"):
        convert(number, "mg/dL", "mg/L")


# --- per body size, durations ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("mg/kg", ("mg", "kg")),
        ("/kg", ("1", "kg")),
        ("cells/kg", ("1", "kg")),
        ("10*6/kg", ("10*6", "kg")),
        ("ug/m2/d", ("ug/d", "m2")),
        ("mcg/kg/min", ("ug/min", "kg")),
        ("mL/kg/h", ("mL/h", "kg")),
        ("L/h/kg", ("L/h", "kg")),
        ("mg/m²", ("mg", "m2")),
        ("mg", ("mg", "")),
        ("ng/mL", ("ng/mL", "")),
        ("kg", ("kg", "")),
    ],
)
def test_per(code, expected):
    assert per(code) == expected


def test_every_unit_per_body_size_has_a_unit_without_it():
    for code in UNITS:
        base, size = per(code)
        assert base in UNITS
        assert bool(size) == ("/kg" in code or "/m2" in code)


@pytest.mark.parametrize(
    ("text", "hours"),
    [("6 h", 6.0), ("30 min", 0.5), ("28 d", 672.0), ("2 wk", 336.0), ("1.5 hours", 1.5),
     ("0 h", 0.0), ("90 s", 0.025), ("1 a", 8766.0)],
)  # fmt: skip
def test_duration(text, hours):
    assert duration_hours(text) == hours


@pytest.mark.parametrize("text", ["6", "6 mg", "-1 h", "<6 h", "h"])
def test_duration_refuses(text):
    with pytest.raises(UnitError):
        duration_hours(text)


def test_unit_error_is_a_value_error():
    assert issubclass(UnitError, ValueError)
    assert units.MOLAR_SOURCE.short
