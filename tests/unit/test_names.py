"""The vocabulary: complete against the contract, consistent, and helpful when a name is wrong."""

import re

import pytest

from equipoise import names, units
from equipoise.names import (
    AGENTS,
    AMBIGUOUS,
    BY_LOINC,
    CELL_DOSE_KEYS,
    CELL_PRODUCTS,
    COVARIATES,
    DONORS,
    FINDINGS,
    INDICATIONS,
    LOINC_METHOD,
    LOINC_SEEN,
    MEASUREMENTS,
    OTHER_WORDS,
    PLATFORMS,
    SOURCES,
    TRANSFUSIONS,
    VASOPRESSORS,
    UnknownName,
    agent,
    agent_of_rxnorm,
    cell_dose_key,
    cell_product,
    choice,
    covariate,
    finding,
    finding_value,
    in_group,
    measurement,
    measurement_of_loinc,
)
from equipoise.source import Standing


def listed(text: str) -> list[str]:
    """Names written one after another."""
    return text.split()


# --- the promised vocabulary, as other people's files use it ------------------------------------

# Names of one unit, one line a unit.
PROMISED = {
    "kg": "weight",
    "cm": "height",
    "Cel": "temperature",
    "mm[Hg]": "systolic diastolic",
    "%": "spo2 hematocrit donor_chimerism_whole donor_chimerism_cd3 donor_chimerism_cd34 rash_area"
    " fev1",
    "L/min": "oxygen_flow",
    "g/dL": "hemoglobin albumin",
    "10*9/L": "platelets leukocytes neutrophils lymphocytes",
    "/uL": "cd3 cd4 cd8 cd19 car_cells",
    "ng/mL": "ferritin sc5b9 sirolimus everolimus tacrolimus ciclosporin mycophenolate"
    " mycophenolate_unbound busulfan",
    "mg/dL": "fibrinogen triglycerides bilirubin creatinine cholesterol",
    "U/L": "ast alt ldh alp",
    "mL/kg/h": "urine_output",
    "mg/L": "crp",
    "pg/mL": "il6 cxcl9 il18 ifn_gamma blinatumomab soluble_il2r_mass tnf_alpha il10",
    "U/mL": "soluble_il2r",
    "mg/mg": "urine_protein_creatinine",
    "ug/mL": "d_dimer atg_total alemtuzumab",
    "AU/mL": "atg_active_au",
    "UE/mL": "atg_active_ue",
    "copies/ug": "car_copies",
    "1": "mrd ice_score capd_score",
    "IU/mL": "cmv_dna ebv_dna",
    "mL/d": "stool_volume",
    "/d": "stool_count",
}

PROMISED_FINDINGS = listed("""
    hypotension vasopressors oxygen_device antipyretic_or_anticytokine consciousness seizure
    motor_weakness cerebral_edema splenomegaly hepatomegaly painful_hepatomegaly ascites
    hemophagocytosis known_immunosuppression low_nk_activity sjia infection progression
    platelet_refractory schistocytes hypertension reversed_portal_flow pulmonary_edema
    encephalopathy drug_rash dialysis intubated transfusion_dependent_bleeding treatment_for
    upper_gi bullae rash_desquamation ileus_or_bloody_stool agvhd_stage_skin agvhd_stage_liver
    agvhd_stage_upper_gi agvhd_stage_lower_gi cgvhd_score_skin fever tremor
    intracranial_hemorrhage ferritin_rapidly_rising relapse graft_failure extramedullary_relapse
    hla_loss cd19_expression donor_specific_antibodies active_gvhd systemic_gvhd_therapy
    severe_abdominal_pain bleeding_grade cmv_serostatus next_therapy death last_follow_up
    platelet_transfusion red_cell_transfusion recorded_grade
""")

PROMISED_CHOICES = {
    "oxygen_device": "none nasal_cannula blow_by face_mask venturi non_rebreather high_flow cpap"
    " bipap ventilator",
    "consciousness": "spontaneous voice touch unarousable",
    "seizure": "none resolved prolonged",
    "motor_weakness": "none focal",
    "cerebral_edema": "none focal diffuse",
    "infection": "excluded suspected proven",
    "progression": "excluded suspected proven",
}


@pytest.mark.parametrize(
    ("name", "unit"), [(n, unit) for unit, line in PROMISED.items() for n in line.split()]
)
def test_promised_measurement(name, unit):
    assert measurement(name).unit == unit


@pytest.mark.parametrize("name", PROMISED_FINDINGS)
def test_promised_finding(name):
    assert finding(name).name == name


@pytest.mark.parametrize("name", PROMISED_CHOICES)
def test_promised_choices_in_their_order(name):
    assert finding(name).kind == "choice"
    assert finding(name).choices == tuple(PROMISED_CHOICES[name].split())


def test_promised_words_of_cells_and_headers():
    assert list(CELL_PRODUCTS) == listed(
        "graft donor_lymphocytes microtransplant tisagenlecleucel axicabtagene brexucabtagene"
        " lisocabtagene idecabtagene ciltacabtagene obecabtagene car_other"
    )
    assert list(CELL_DOSE_KEYS) == listed("CD34 CD3 TNC Treg Tcon CAR")
    assert list(DONORS) == listed(
        "autologous matched_sibling matched_unrelated mismatched_unrelated haploidentical cord"
    )
    assert "peripheral_blood" in SOURCES
    assert set(TRANSFUSIONS) == {"red_cells", "platelets"}
    assert set(INDICATIONS) >= set(
        listed(
            "gvhd_prophylaxis agvhd_first_line agvhd_refractory cgvhd itp aiha evans prca alps cart"
        )
    )
    assert set(PLATFORMS) >= set(
        listed(
            "adult_unrelated haploidentical_replete cd34_selected alpha_beta_depleted cord_blood"
            " pediatric treg_tcon microtransplant"
        )
    )
    assert set(COVARIATES) >= {"age", "sex", "bsa", "cyp3a5", "conditioning"}
    assert covariate("cyp3a5").choices == ("expresser", "nonexpresser")
    assert covariate("conditioning").choices == ("myeloablative", "reduced")
    assert covariate("weight").unit == "kg"


# --- measurements -------------------------------------------------------------------------------


@pytest.mark.parametrize("known", MEASUREMENTS.values(), ids=list(MEASUREMENTS))
def test_measurement_is_consistent(known):
    assert re.fullmatch(r"[a-z][a-z0-9_]*", known.name)
    assert known.label
    assert units.UNITS[known.unit].code == known.unit
    assert known.kind in {"vital", "laboratory", "level", "cell", "score"}
    low, high = known.impossible
    usual_low, usual_high = known.plausible
    assert low <= usual_low < usual_high <= high
    assert low >= 0 or known.unit == "Cel"
    assert known.bedside == (known.kind in {"vital", "score"})
    assert known.turnaround >= 0
    assert set(known.seen) <= set(LOINC_SEEN)
    assert bool(known.loinc) == bool(known.seen)
    assert all(name in AGENTS for name in known.agents)
    assert all(name in CELL_PRODUCTS for name in known.products)
    assert (known.kind == "level") == bool(known.agents)
    for word in known.agents:
        assert known.name in AGENTS[word].levels
    if known.substance:
        assert known.substance in units.MOLAR
        assert units.UNITS[known.unit].dimension == "mass/volume"


def test_every_level_of_an_agent_is_a_measurement_that_names_it():
    for known in AGENTS.values():
        for level in known.levels:
            assert known.name in measurement(level).agents


def test_every_molar_substance_is_a_measurement():
    assert {m.substance for m in MEASUREMENTS.values()} - {""} == set(units.MOLAR)


# Published values that a bound must not refuse: ferritin of the tisagenlecleucel patient of the
# bundled record and the upper quartile of a cohort (Frontiers, Blood Adv), ng/mL.
@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("ferritin", 800_000), ("ferritin", 221_638), ("sirolimus", 200), ("atg_active_au", 500),
        ("car_cells", 4.141), ("soluble_il2r", 10_000), ("il18", 10_000), ("crp", 500),
        ("weight", 0.3), ("weight", 400), ("hemoglobin", 30), ("temperature", 25),
        ("temperature", 45), ("crp", 1500), ("ferritin", 10_000_000), ("donor_chimerism_cd3", 100),
        ("mrd", 0), ("spo2", 0),
    ],
)  # fmt: skip
def test_accepted(name, number):
    assert measurement(name).refusal(number) == ""


@pytest.mark.parametrize(
    ("name", "number", "says"),
    [
        ("temperature", 24.9, "below what is possible (25 Cel)"),
        ("temperature", 45.1, "above what is possible (45 Cel)"),
        ("weight", 0.29, "below"),
        ("weight", 401, "above"),
        ("hemoglobin", 30.1, "(30 g/dL)"),
        ("crp", 1501, "(1500 mg/L)"),
        ("ferritin", 10_000_001, "(10000000 ng/mL)"),
        ("mrd", 1.01, "above"),
        ("spo2", 101, "above"),
        ("ice_score", 11, "above"),
        ("sirolimus", float("nan"), "not a finite number"),
        ("sirolimus", float("inf"), "not a finite number"),
    ],
)
def test_refused(name, number, says):
    sentence = measurement(name).refusal(number)
    assert says in sentence
    assert name in sentence


@pytest.mark.parametrize("known", MEASUREMENTS.values(), ids=list(MEASUREMENTS))
def test_negative_is_always_refused(known):
    assert known.refusal(-1e-9)


@pytest.mark.parametrize(
    ("name", "usual", "unusual", "side"),
    [
        ("temperature", 42, 42.1, "above"),
        ("temperature", 34, 33.9, "below"),
        ("ferritin", 100_000, 100_001, "above"),
        ("sirolimus", 60, 60.1, "above"),
    ],
)
def test_caution_on_both_sides_of_the_usual_range(name, usual, unusual, side):
    assert measurement(name).caution(usual) == ""
    assert f"is {side} the usual range" in measurement(name).caution(unusual)
    assert measurement(name).refusal(unusual) == ""


def test_a_fahrenheit_number_read_as_celsius_is_refused():
    assert measurement("temperature").refusal(98.6)
    assert measurement("temperature").refusal(units.convert(98.6, "degF", "Cel")) == ""


def test_turnaround_and_bounds_are_told_as_conventions():
    assert names.CONVENTION_STANDING is Standing.HYPOTHESIS
    assert names.CONVENTION.text
    assert measurement("temperature").bedside
    assert not measurement("ferritin").bedside


def test_exogenous_levels_name_what_must_come_first():
    assert measurement("atg_active_au").agents == ("thymoglobulin", "grafalon")
    assert measurement("sirolimus").agents == ("sirolimus",)
    assert "tisagenlecleucel" in measurement("car_copies").products
    assert not measurement("car_copies").agents
    assert all(
        measurement(name).exogenous
        for name in ("atg_active_ue", "atg_total", "blinatumomab", "alemtuzumab", "car_cells")
    )
    assert not measurement("ferritin").exogenous


# --- codes --------------------------------------------------------------------------------------


def loinc_check_digit(code: str) -> bool:
    """The mod-10 check of LOINC codes: double every second digit from the right (Luhn)."""
    number, check = code.split("-")
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return (10 - total % 10) % 10 == int(check)


def test_the_check_digit_test_can_fail():
    assert loinc_check_digit("2160-0")
    assert not loinc_check_digit("2160-1")
    assert not loinc_check_digit("2610-0")


@pytest.mark.parametrize("code", [*BY_LOINC, *LOINC_METHOD])
def test_loinc_check_digit(code):
    assert loinc_check_digit(code)


def test_no_code_means_two_things():
    codes = [code for m in MEASUREMENTS.values() for code in (*m.loinc, *m.unverified)]
    assert len(codes) == len(set(codes)) == len(BY_LOINC)
    assert set(LOINC_METHOD) <= set(codes)


def test_codes_from_memory_are_kept_apart():
    assert measurement("il6").loinc == ()
    assert measurement_of_loinc("26881-3").unverified == ("26881-3",)
    assert "59408-5" not in measurement("spo2").loinc
    assert "48664-7" not in measurement("fibrinogen").loinc


def test_lookup_by_code():
    assert measurement_of_loinc("29247-4").name == "sirolimus"
    assert measurement_of_loinc("14682-9").name == "creatinine"
    with pytest.raises(UnknownName, match="LOINC 102113-8 is not in the vocabulary"):
        measurement_of_loinc("102113-8")


def test_lookup_by_rxnorm():
    assert agent_of_rxnorm("225741").name == "thymoglobulin"
    assert agent_of_rxnorm("1204").name == "atgam"
    with pytest.raises(UnknownName, match="unknown species"):
        agent_of_rxnorm("1011")
    with pytest.raises(UnknownName, match="give the name"):
        agent_of_rxnorm("0")


# --- agents -------------------------------------------------------------------------------------


def folded(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def test_every_alias_leads_to_its_agent_and_to_no_other():
    owner: dict[str, str] = {}
    for known in AGENTS.values():
        assert re.fullmatch(r"[a-z][a-z0-9_]*", known.name)
        assert known.group in names.GROUPS
        assert known.label
        for word in (known.name, *known.aliases):
            assert owner.setdefault(folded(word), known.name) == known.name, word
            assert agent(word) is known
            assert agent(word.upper()) is known
    assert not {folded(word) for word in AMBIGUOUS} & set(owner)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Rapamune", "sirolimus"), ("rapamycin", "sirolimus"), ("Afinitor", "everolimus"),
        ("Prograf", "tacrolimus"), ("FK-506", "tacrolimus"), ("cyclosporine", "ciclosporin"),
        ("Cyclosporin A", "ciclosporin"), ("MMF", "mycophenolate"),
        ("Mycophenolate mofetil", "mycophenolate"), ("MTX", "methotrexate"),
        ("Thymoglobuline", "thymoglobulin"), ("ATLG", "grafalon"), ("ATG-Fresenius", "grafalon"),
        ("Campath", "alemtuzumab"), ("norepinephrine", "noradrenaline"),
        ("Levophed", "noradrenaline"), ("Epinephrine", "adrenaline"),
        ("acetaminophen", "paracetamol"), ("rifampin", "rifampicin"), ("acyclovir", "aciclovir"),
        ("Blincyto", "blinatumomab"), ("Actemra", "tocilizumab"), ("RoActemra", "tocilizumab"),
        ("Noxafil", "posaconazole"), ("VFEND", "voriconazole"), ("Cresemba", "isavuconazole"),
        ("Paxlovid", "nirmatrelvir_ritonavir"),
        ("nirmatrelvir/ritonavir", "nirmatrelvir_ritonavir"),
        ("AmBisome", "liposomal_amphotericin_b"), ("Amphotericin B", "amphotericin_b"),
        ("G-CSF", "filgrastim"), ("VP-16", "etoposide"), ("Jakafi", "ruxolitinib"),
        ("Jakavi", "ruxolitinib"), ("Prevymis", "letermovir"), ("Rezurock", "belumosudil"),
        ("St. John's wort", "hypericum"), ("Solu-Medrol", "methylprednisolone"),
        ("IVIG", "immunoglobulin"), ("Ara-C", "cytarabine"),
    ],
)  # fmt: skip
def test_brand_and_other_names(written, name):
    assert agent(written).name == name


NEEDED = listed("""
    sirolimus everolimus tacrolimus ciclosporin mycophenolate methotrexate thymoglobulin grafalon
    alemtuzumab cyclophosphamide busulfan fludarabine melphalan thiotepa treosulfan blinatumomab
    tocilizumab siltuximab anakinra ruxolitinib emapalumab etoposide dexamethasone
    methylprednisolone prednisone prednisolone hydrocortisone fluconazole itraconazole
    voriconazole posaconazole isavuconazole ketoconazole caspofungin micafungin anidulafungin
    amphotericin_b letermovir rifampicin clarithromycin erythromycin azithromycin diltiazem
    verapamil nirmatrelvir_ritonavir belumosudil venetoclax paracetamol filgrastim defibrotide
    rituximab phenytoin carbamazepine phenobarbital oxcarbazepine telithromycin cobicistat
    ritonavir fluvastatin mosunetuzumab imatinib decitabine cytarabine silymarin glycyrrhizin
    noradrenaline adrenaline dopamine dobutamine phenylephrine vasopressin
""")


@pytest.mark.parametrize("name", NEEDED)
def test_needed_agent(name):
    assert agent(name).name == name


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("ATG", "thymoglobulin or grafalon"),
        ("rATG", "thymoglobulin or grafalon"),
        ("Anti-thymocyte globulin (rabbit)", "thymoglobulin or grafalon"),
        ("antithymocyte globulin", "not interchangeable"),
        ("steroids", "name the drug"),
        ("azole", "name the drug"),
        ("amphotericin", "liposomal_amphotericin_b"),
        ("vasopressor", "noradrenaline"),
    ],
)
def test_words_for_several_agents_are_refused(written, says):
    with pytest.raises(UnknownName, match="is not one agent") as error:
        agent(written)
    assert says in str(error.value)


def test_groups():
    azoles = in_group("azole antifungal")
    assert set(azoles) == {
        "fluconazole", "itraconazole", "voriconazole", "posaconazole", "isavuconazole",
        "ketoconazole",
    }  # fmt: skip
    assert agent("dobutamine").group == "inotrope"
    assert agent("noradrenaline").group == "vasopressor"
    assert in_group("mTOR inhibitor") == ("sirolimus", "everolimus")
    with pytest.raises(ValueError, match="unknown group"):
        in_group("azoles")


def test_vasopressors():
    assert set(VASOPRESSORS) == set(finding("vasopressors").choices)
    assert list(VASOPRESSORS)[:1] == ["noradrenaline"]
    assert "milrinone" in VASOPRESSORS


# --- looking up what is misspelled --------------------------------------------------------------


@pytest.mark.parametrize(
    ("look", "written", "says"),
    [
        (measurement, "ferritine", "nearest known is 'ferritin'"),
        (measurement, "Ferritin", "nearest known is 'ferritin'"),
        (measurement, "ANC", "nearest known is 'neutrophils'"),
        (measurement, "haemoglobin", "nearest known is 'hemoglobin'"),
        (measurement, "il-6", "nearest known is 'il6'"),
        (measurement, "cyclosporine", "nearest known is 'ciclosporin'"),
        (measurement, "splenomegaly", "'splenomegaly' is a finding, not a measurement"),
        (measurement, "thymoglobulin", "'thymoglobulin' is an agent, not a measurement"),
        (measurement, "Prograf", "nearest known is 'tacrolimus'"),
        (measurement, "CD34", "'CD34' is a cell dose"),
        (measurement, "qwertyuiop", "nothing near it"),
        (finding, "splenomegalia", "nearest known is 'splenomegaly'"),
        (finding, "ferritin", "'ferritin' is a measurement, not a finding"),
        (finding, "posaconazol", "the agent 'posaconazole'"),
        (agent, "sirolimuss", "nearest known is 'sirolimus'"),
        (agent, "levofed", "nearest known is 'noradrenaline'"),
        (agent, "graft", "'graft' is a cell product, not an agent"),
        (agent, "bilirubin", "'bilirubin' is a measurement, not an agent"),
        (cell_product, "Kymria", "nearest known is 'tisagenlecleucel'"),
        (cell_dose_key, "TNCs", "nearest known is 'TNC'"),
        (covariate, "wieght", "nearest known is 'weight'"),
    ],
)
def test_suggestions(look, written, says):
    with pytest.raises(UnknownName, match=r".+") as error:
        look(written)
    assert says in str(error.value)
    assert repr(written) in str(error.value)
    assert "\n" not in str(error.value)


def test_other_words_lead_into_the_vocabulary():
    for word, name in OTHER_WORDS.items():
        assert name in MEASUREMENTS or name in FINDINGS, word
        assert word not in MEASUREMENTS


def test_cell_words():
    assert cell_product("Kymriah").name == "tisagenlecleucel"
    assert cell_product("DLI").name == "donor_lymphocytes"
    assert cell_product("Axi-cel").antigen == "CD19"
    assert cell_product("Carvykti").antigen == "BCMA"
    assert cell_dose_key("cd34+").name == "CD34"
    assert choice("donor", "Matched sibling", DONORS) == "matched_sibling"
    assert choice("platform", "cord_blood", PLATFORMS) == "cord_blood"
    with pytest.raises(UnknownName, match="unknown donor 'stranger': one of autologous"):
        choice("donor", "stranger", DONORS)
    with pytest.raises(UnknownName, match="nearest known is 'haploidentical'"):
        choice("donor", "haploidenticl", DONORS)


# Published doses that a bound must not call implausible: graft CD34 5.0-19.1e6/kg; DLI from 1e5
# to 1e8 CD3/kg; microtransplant CD3 up to 2.6e8/kg; tisagenlecleucel 1.2e8 cells in all.
@pytest.mark.parametrize(
    ("key", "number", "total"),
    [("CD34", 5.0e6, False), ("CD34", 19.1e6, False), ("CD3", 1e5, False), ("CD3", 1e8, False),
     ("CD3", 2.6e8, False), ("CAR", 1.2e8, True), ("CAR", 2e6, False)],
)  # fmt: skip
def test_published_cell_doses_are_plausible(key, number, total):
    known = cell_dose_key(key)
    low, high = known.plausible_total if total else known.plausible
    assert low <= number <= high


def test_cell_dose_bounds_are_consistent():
    for known in CELL_DOSE_KEYS.values():
        for usual, hard in (
            (known.plausible, known.impossible),
            (known.plausible_total, known.impossible_total),
        ):
            assert hard[0] == 0
            assert hard[0] < usual[0] < usual[1] < hard[1]


# --- values of findings -------------------------------------------------------------------------


@pytest.mark.parametrize("known", FINDINGS.values(), ids=list(FINDINGS))
def test_finding_is_consistent(known):
    assert re.fullmatch(r"[a-z][a-z0-9_]*", known.name)
    assert known.name not in MEASUREMENTS
    assert known.label
    assert (known.kind in {"choice", "list"}) == bool(known.choices)
    assert (known.kind == "grade") == (known.bounds is not None)
    for word in known.choices:
        if known.kind == "choice":
            assert finding_value(known.name, word) == word
        else:
            assert finding_value(known.name, [word]) == (word,)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("hypotension", True, True),
        ("hypotension", False, False),
        ("vasopressors", [], ()),
        ("vasopressors", ["Norepinephrine", "vasopressin"], ("noradrenaline", "vasopressin")),
        ("oxygen_device", "Nasal cannula", "nasal_cannula"),
        ("treatment_for", ["IEC-HS", "CRS"], ("iechs", "crs")),
        ("agvhd_stage_skin", 0, 0),
        ("agvhd_stage_skin", 4, 4),
        ("cgvhd_score_lungs", 3, 3),
        ("death", True, True),
        ("death", "relapse", "relapse"),
        ("relapse", "marrow", "marrow"),
        ("cmv_serostatus", "d+r-", "D+R-"),
        ("recorded_grade", {"criterion": "CRS", "grade": 2}, {"criterion": "CRS", "grade": 2}),
    ],
)
def test_finding_value(name, value, expected):
    got = finding_value(name, value)
    assert got == expected
    assert type(got) is type(expected)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("hypotension", "yes", "write true or false"),
        ("hypotension", 1, "write true or false"),
        ("hypotension", None, "write true or false"),
        ("vasopressors", True, "an empty list means none"),
        ("vasopressors", [1], "cannot hold 1"),
        ("vasopressors", ["sirolimus"], "is no vasopressor"),
        ("oxygen_device", "mask", "nearest known is 'face_mask'"),
        ("oxygen_device", True, "one of none, nasal_cannula"),
        ("agvhd_stage_skin", 5, "from 0 to 4"),
        ("agvhd_stage_skin", -1, "from 0 to 4"),
        ("agvhd_stage_skin", True, "from 0 to 4"),
        ("agvhd_stage_skin", 2.0, "from 0 to 4"),
        ("cgvhd_score_skin", 4, "from 0 to 3"),
        ("infection", "possible", "one of excluded, suspected, proven"),
        ("cmv_serostatus", "D?R?", "cmv_serostatus"),
        ("death", "", "a word"),
        ("recorded_grade", {"grade": 2}, '"criterion" and "grade"'),
        ("no_such_finding", True, "unknown finding"),
    ],
)
def test_finding_value_refuses(name, value, says):
    with pytest.raises(ValueError, match=r".+") as error:
        finding_value(name, value)
    assert says in str(error.value)
