"""What is given: agents by international non-proprietary name, with brand and US names.

A name that covers two products with different doses is refused with the remedy: "ATG" may be
either of two rabbit products or a horse product, and their milligrams are not interchangeable.
RxNorm codes are only those of the CIBMTR reporting guide's value sets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Agent:
    """One drug, or a fixed combination.

    name     international non-proprietary name in lower case, words joined by `_`
    group    what it is to the rules: "mTOR inhibitor", "azole antifungal", "vasopressor"
    aliases  brand and US names and usual abbreviations, lower case
    levels   measurement names of its concentrations
    rxnorm   RxNorm concept identifiers that mean this agent and nothing else
    """

    name: str
    group: str
    aliases: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    rxnorm: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """For people: "liposomal amphotericin b", "nirmatrelvir/ritonavir"."""
        if self.name in _COMBINATIONS:
            return self.name.replace("_", "/")
        return _LABELS.get(self.name, self.name.replace("_", " "))


_COMBINATIONS = frozenset({"nirmatrelvir_ritonavir", "piperacillin_tazobactam"})
_LABELS: Mapping[str, str] = {
    "thymoglobulin": "Thymoglobulin (rabbit ATG)",
    "grafalon": "Grafalon (rabbit ATLG)",
    "atgam": "ATGAM (horse ATG)",
    "amphotericin_b": "amphotericin B",
    "liposomal_amphotericin_b": "liposomal amphotericin B",
    "hypericum": "St John's wort",
    "angiotensin_ii": "angiotensin II",
}

_LEVELS: Mapping[str, tuple[str, ...]] = {
    "sirolimus": ("sirolimus",),
    "everolimus": ("everolimus",),
    "tacrolimus": ("tacrolimus",),
    "ciclosporin": ("ciclosporin",),
    "mycophenolate": ("mycophenolate", "mycophenolate_unbound"),
    "mycophenolate_sodium": ("mycophenolate", "mycophenolate_unbound"),
    "busulfan": ("busulfan",),
    "thymoglobulin": ("atg_active_au", "atg_active_ue", "atg_total"),
    "grafalon": ("atg_active_au", "atg_active_ue", "atg_total"),
    "alemtuzumab": ("alemtuzumab",),
    "blinatumomab": ("blinatumomab",),
}

_RXNORM: Mapping[str, tuple[str, ...]] = {
    "thymoglobulin": ("225741", "2282525", "2282527"),
    "atgam": ("91601", "206289", "1204"),
}

# Each line: name = alias, alias; the heading is the group.
_GROUPS: Mapping[str, str] = {
    "mTOR inhibitor": """
        sirolimus = rapamycin, rapamune
        everolimus = afinitor, certican, zortress, votubia, rad001
    """,
    "calcineurin inhibitor": """
        tacrolimus = fk506, fk-506, prograf, advagraf, envarsus, astagraf
        ciclosporin = cyclosporine, cyclosporin, cyclosporin a, cyclosporine a, csa, neoral, gengraf
    """,
    "antimetabolite immunosuppressant": """
        mycophenolate = mycophenolate mofetil, mmf, cellcept
        mycophenolate_sodium = myfortic, mycophenolic acid, enteric-coated mycophenolate sodium
        methotrexate = mtx
        azathioprine = imuran
        leflunomide = arava
    """,
    "anti-thymocyte globulin": """
        thymoglobulin = thymoglobuline
        grafalon = atlg, atg-f, atg-fresenius, atg-fresenius s, anti-t-lymphocyte globulin
        atgam = horse atg, equine atg
    """,
    "anti-CD52 antibody": """
        alemtuzumab = campath, mabcampath, lemtrada
    """,
    "T-cell costimulation blocker": """
        abatacept = orencia
        belatacept = nulojix
    """,
    "anti-CD25 antibody": """
        basiliximab = simulect
        inolimomab =
    """,
    "alkylating agent": """
        cyclophosphamide = ptcy, cytoxan, endoxan
        busulfan = busulfex, myleran
        melphalan = alkeran, evomela
        thiotepa = tepadina
        treosulfan = trecondi, grafapex
        bendamustine = treanda, bendeka
        carmustine = bcnu
        lomustine = ccnu
        ifosfamide = ifex
    """,
    "antimetabolite": """
        fludarabine = fludara
        clofarabine = clolar, evoltra
        cladribine = leustatin
        cytarabine = ara-c, arac, cytosine arabinoside
        azacitidine = azacytidine, vidaza, onureg
        decitabine = dacogen, inqovi
        mercaptopurine = 6-mp
        hydroxycarbamide = hydroxyurea
        nelarabine = arranon, atriance
        pentostatin = nipent
    """,
    "cytotoxic": """
        etoposide = vp-16, vp16, etopophos, vepesid
        mitoxantrone = novantrone
        idarubicin = idamycin
        daunorubicin = cerubidine
        homoharringtonine = omacetaxine
        aclarubicin = aclacinomycin
        vincristine = oncovin
        asparaginase =
        pegaspargase = peg-asparaginase, oncaspar
    """,
    "iron chelator": """
        deferasirox = exjade, jadenu
    """,
    "T-cell engager": """
        blinatumomab = blincyto
        mosunetuzumab = lunsumio
        glofitamab = columvi
        epcoritamab = epkinly, tepkinly
        teclistamab = tecvayli
        elranatamab = elrexfio
        talquetamab = talvey
        tarlatamab = imdelltra
    """,
    "anti-IL-6": """
        tocilizumab = actemra, roactemra, toci
        sarilumab = kevzara
        siltuximab = sylvant
    """,
    "anti-IL-1": """
        anakinra = kineret
        canakinumab = ilaris
    """,
    "anti-interferon gamma": """
        emapalumab = gamifant
    """,
    "anti-TNF": """
        infliximab = remicade
        etanercept = enbrel
        adalimumab = humira
    """,
    "JAK inhibitor": """
        ruxolitinib = jakafi, jakavi
        itacitinib =
        baricitinib = olumiant
        tofacitinib = xeljanz
        fedratinib = inrebic
    """,
    "ROCK2 inhibitor": """
        belumosudil = rezurock
    """,
    "anti-CSF1R": """
        axatilimab = niktimvo
    """,
    "anti-integrin": """
        vedolizumab = entyvio
        natalizumab = tysabri
    """,
    "anti-CD20 antibody": """
        rituximab = mabthera, rituxan
        obinutuzumab = gazyva, gazyvaro
        ofatumumab = arzerra, kesimpta
    """,
    "antibody-drug conjugate": """
        inotuzumab = inotuzumab ozogamicin, besponsa
        gemtuzumab = gemtuzumab ozogamicin, mylotarg
        brentuximab = brentuximab vedotin, adcetris
        polatuzumab = polatuzumab vedotin, polivy
    """,
    "anti-CD38 antibody": """
        daratumumab = darzalex
        isatuximab = sarclisa
    """,
    "checkpoint inhibitor": """
        nivolumab = opdivo
        pembrolizumab = keytruda
        ipilimumab = yervoy
    """,
    "BCL-2 inhibitor": """
        venetoclax = venclexta, venclyxto
    """,
    "tyrosine kinase inhibitor": """
        imatinib = gleevec, glivec
        dasatinib = sprycel
        nilotinib = tasigna
        ponatinib = iclusig
        bosutinib = bosulif
        midostaurin = rydapt
        gilteritinib = xospata
        quizartinib = vanflyta
        sorafenib = nexavar
        ibrutinib = imbruvica
        acalabrutinib = calquence
        zanubrutinib = brukinsa
    """,
    "corticosteroid": """
        dexamethasone = decadron
        methylprednisolone = medrol, solu-medrol, solumedrol, urbason
        prednisone = deltasone
        prednisolone = orapred, decortin h
        hydrocortisone = cortisol, solu-cortef, solucortef
        budesonide = entocort
        beclometasone = beclomethasone
    """,
    "azole antifungal": """
        fluconazole = diflucan
        itraconazole = sporanox
        voriconazole = vfend
        posaconazole = noxafil
        isavuconazole = isavuconazonium, isavuconazonium sulfate, cresemba
        ketoconazole = nizoral
    """,
    "echinocandin antifungal": """
        caspofungin = cancidas
        micafungin = mycamine
        anidulafungin = eraxis, ecalta
        rezafungin = rezzayo
    """,
    "polyene antifungal": """
        amphotericin_b = amphotericin b deoxycholate, fungizone
        liposomal_amphotericin_b = ambisome, l-amb, amphotericin b liposomal
    """,
    "antiviral": """
        letermovir = prevymis
        aciclovir = acyclovir, zovirax
        valaciclovir = valacyclovir, valtrex
        ganciclovir = cytovene, cymevene
        valganciclovir = valcyte
        foscarnet = foscavir
        cidofovir = vistide
        maribavir = livtencity
        nirmatrelvir_ritonavir = paxlovid, nirmatrelvir
        remdesivir = veklury
        entecavir = baraclude
        lamivudine = epivir
        tenofovir = viread, vemlidy
    """,
    "pharmacokinetic enhancer": """
        ritonavir = norvir
        cobicistat = tybost
    """,
    "cannabinoid": """
        cannabidiol = cbd, epidiolex, epidyolex
    """,
    "macrolide antibiotic": """
        clarithromycin = biaxin, klacid
        erythromycin = erythrocin
        azithromycin = zithromax
        telithromycin = ketek
    """,
    "rifamycin": """
        rifampicin = rifampin, rifadin
        rifabutin = mycobutin
        rifapentine = priftin
    """,
    "antibiotic": """
        piperacillin_tazobactam = pip-tazo, piptazo, zosyn, tazocin
        meropenem = merrem
        imipenem = imipenem/cilastatin
        cefepime = maxipime
        ceftazidime = fortum
        ceftriaxone = rocephin
        vancomycin = vancocin
        teicoplanin = targocid
        linezolid = zyvox
        daptomycin = cubicin
        levofloxacin = levaquin
        ciprofloxacin = cipro
        amikacin =
        gentamicin =
        tobramycin =
        colistin =
        metronidazole = flagyl
        cotrimoxazole = co-trimoxazole, trimethoprim/sulfamethoxazole, tmp-smx, bactrim
        isoniazid =
    """,
    "antiprotozoal": """
        pentamidine = pentam
        atovaquone = mepron
    """,
    "calcium channel blocker": """
        diltiazem = cardizem
        verapamil = isoptin, calan
        amlodipine = norvasc
        nicardipine = cardene
        nifedipine = adalat
    """,
    "antiepileptic": """
        phenytoin = dilantin
        fosphenytoin = cerebyx
        carbamazepine = tegretol
        oxcarbazepine = trileptal
        phenobarbital = phenobarbitone, luminal
        levetiracetam = keppra
        valproate = valproic acid, depakote
        lacosamide = vimpat
        clonazepam = klonopin
        clobazam = onfi
        lorazepam = ativan
        midazolam = versed
    """,
    "herbal": """
        hypericum = st john's wort, st. john's wort
        silymarin = milk thistle
        glycyrrhizin =
    """,
    "antiemetic": """
        aprepitant = emend
        fosaprepitant = ivemend
        ondansetron = zofran
    """,
    "antiarrhythmic": """
        amiodarone = cordarone
    """,
    "lipid-lowering": """
        atorvastatin = lipitor
        rosuvastatin = crestor
        pravastatin =
        fluvastatin = lescol
        simvastatin = zocor
    """,
    "antipyretic": """
        paracetamol = acetaminophen, tylenol
        ibuprofen = advil
        metamizole = dipyrone, novalgin
    """,
    "growth factor": """
        filgrastim = g-csf, gcsf, neupogen, zarzio
        lenograstim = granocyte
        pegfilgrastim = neulasta
        sargramostim = gm-csf, leukine
        epoetin = erythropoietin, epo
        darbepoetin = aranesp
        plerixafor = mozobil
    """,
    "thrombopoietin receptor agonist": """
        eltrombopag = promacta, revolade
        romiplostim = nplate
        avatrombopag = doptelet
        hetrombopag =
    """,
    "complement inhibitor": """
        eculizumab = soliris
        ravulizumab = ultomiris
        narsoplimab = yartemlea
        sutimlimab = enjaymo
        iptacopan = fabhalta
        pegcetacoplan = empaveli
    """,
    "immune globulin": """
        immunoglobulin = ivig, immune globulin, intravenous immunoglobulin
        anti_d = anti-d immunoglobulin
    """,
    "immunomodulator": """
        interferon_alfa = interferon alpha
        peginterferon_alfa = peginterferon, pegasys
        aldesleukin = interleukin-2, il-2, proleukin
        danazol =
        efgartigimod = vyvgart
        fostamatinib = tavalisse
    """,
    "endothelial protector": """
        defibrotide = defitelio
        ursodeoxycholic_acid = ursodiol, udca
    """,
    "anticoagulant": """
        heparin = unfractionated heparin
        enoxaparin = lovenox, clexane
        argatroban =
    """,
    "uroprotector": """
        mesna = uromitexan
    """,
    "folate rescue": """
        folinic_acid = leucovorin, calcium folinate
    """,
    "diuretic": """
        furosemide = frusemide, lasix
        spironolactone = aldactone
    """,
    "acid suppressant": """
        omeprazole = prilosec
        pantoprazole = protonix
        famotidine = pepcid
    """,
    "vasopressor": """
        noradrenaline = norepinephrine, levophed, norepi
        adrenaline = epinephrine
        dopamine =
        phenylephrine = neosynephrine, neo-synephrine
        vasopressin = argipressin, pitressin
        angiotensin_ii = giapreza
        terlipressin = terlivaz
    """,
    "inotrope": """
        dobutamine = dobutrex
        milrinone = primacor
    """,
}  # fmt: skip

AMBIGUOUS: Mapping[str, str] = MappingProxyType(
    {
        spelling: remedy
        for remedy, spellings in {
            "name the product, thymoglobulin or grafalon (rabbit) or atgam (horse): their doses are"
            " not interchangeable": (
                "atg", "ratg", "r-atg", "rabbit atg", "antithymocyte globulin",
                "anti-thymocyte globulin", "antithymocyte immunoglobulin",
                "rabbit antithymocyte globulin", "rabbit anti-thymocyte globulin",
                "antithymocyte globulin (rabbit)", "anti-thymocyte globulin (rabbit)",
                "antithymocyte globulin rabbit", "atg rabbit",
            ),
            "name the drug, for example prednisone, methylprednisolone or dexamethasone": (
                "steroid", "steroids", "corticosteroid", "corticosteroids", "glucocorticoid",
            ),
            "name the drug, for example fluconazole, voriconazole or posaconazole": (
                "azole", "azoles", "antifungal",
            ),
            "name the form, amphotericin_b or liposomal_amphotericin_b: their doses are not"
            " interchangeable": ("amphotericin",),
            "name the drug, for example tacrolimus or ciclosporin": (
                "cni", "calcineurin inhibitor",
            ),
            "name the drug, for example noradrenaline or vasopressin": (
                "pressor", "vasopressor", "pressors", "catecholamine", "catecholamines",
            ),
        }.items()
        for spelling in spellings
    }
)  # fmt: skip
"""Names that cover several agents -> what to write instead."""

AMBIGUOUS_RXNORM: Mapping[str, str] = MappingProxyType(
    {"1011": "anti-thymocyte globulin of unknown species: ask which product was given"}
)
"""RxNorm concepts that cover several agents -> what to do."""


def _agents() -> dict[str, Agent]:
    agents: dict[str, Agent] = {}
    for group, lines in _GROUPS.items():
        for line in lines.strip().splitlines():
            name, _, rest = line.strip().partition("=")
            name = name.strip()
            aliases = tuple(alias.strip() for alias in rest.split(",") if alias.strip())
            agents[name] = Agent(name, group, aliases, _LEVELS.get(name, ()), _RXNORM.get(name, ()))
    return agents


AGENTS: Mapping[str, Agent] = MappingProxyType(_agents())
"""Every agent, by name."""

GROUPS: tuple[str, ...] = tuple(_GROUPS)
"""The groups that `Agent.group` may hold."""

AGENTS_BY_RXNORM: Mapping[str, Agent] = MappingProxyType(
    {code: agent for agent in AGENTS.values() for code in agent.rxnorm}
)
"""The agent behind an RxNorm concept."""


def in_group(*groups: str) -> tuple[str, ...]:
    """Names of the agents of one or several groups, in the order of the list.

    Fails  ValueError for a group that does not exist.
    """
    for group in groups:
        if group not in GROUPS:
            raise ValueError(f"unknown group of agents {group!r}: one of {', '.join(GROUPS)}")
    return tuple(name for name, agent in AGENTS.items() if agent.group in groups)


VASOPRESSORS: Mapping[str, Agent] = MappingProxyType(
    {name: AGENTS[name] for name in in_group("vasopressor", "inotrope")}
)
"""Agents that support the circulation, inotropes included: a criterion says which it counts."""
