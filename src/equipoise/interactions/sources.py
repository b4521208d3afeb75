"""Labels and papers that several interactions rest on, and where their time courses come from."""

from __future__ import annotations

from datetime import date

from equipoise.source import Source

REVIEWED = date(2026, 11, 22)

NO_DATE = "no date on the text read"

POSACONAZOLE_LABEL = Source(
    "Noxafil, US label",
    where="sections 4.2, 5.1, 7.1 and 12.3 (label); half-lives of 31.7 and 37.2 h in Table 10",
)
VORICONAZOLE_LABEL = Source("VFEND, US label", where="section 4 (label)")
LETERMOVIR_LABEL = Source(
    "Prevymis, US label",
    where="Table of interactions, pharmacokinetics (label, public copies)",
    note="dated by its indication, stem cell transplantation alone: the kidney's came in June 2023",
)
PAXLOVID_LETTER = Source("Letter to healthcare professionals on Paxlovid (AIFA)", where="summary")
CERTICAN = Source(
    "Certican, Indonesian product information",
    where="drug interactions (label, public copy at MIMS)",
)
TOWNSEND = Source(
    "Townsend, isavuconazole with immunosuppressants, five crossover studies in volunteers",
    where="abstract (copy at aspergillus.org.uk)",
    note="the manufacturer's label prints 1.84 for sirolimus as quoted elsewhere; not read there",
)
KROPEIT = Source(
    "Kropeit 2017, Clin Pharmacol Drug Dev (letermovir with ciclosporin or tacrolimus)",
    doi="10.1002/cpdd.388",
    where="abstract",
)
MORI = Source(
    "Mori 2009, Bone Marrow Transplant (voriconazole and calcineurin inhibitors, n = 21)",
    doi="10.1038/bmt.2009.38",
    where="abstract",
)
GU = Source(
    "Gu 2021, J Oncol Pharm Pract (azoles and calcineurin inhibitors after HSCT, n = 139)",
    where="abstract (copy at aspergillus.org.uk)",
)
GONZALEZ = Source(
    "Gonzalez 2023, Transplant Cell Ther (belumosudil with tacrolimus or sirolimus)",
    where="secondary: quoted by another center's conference abstract",
)
EBRAHIMI = Source(
    "Ebrahimi-Fakhari 2020, Pediatr Neurol (cannabidiol with everolimus or sirolimus, n = 25)",
    where="abstract",
)
COBICISTAT = Source(
    "Cobicistat with tacrolimus or mTOR inhibitors after transplantation, Infect Dis Ther 2021",
    doi="10.1007/s40121-021-00430-w",
    where="key summary points",
)
MONOGRAPH = Source("Drugs.com, professional interaction reports", note="secondary source")

INDUCTION = Source(
    "Induction of CYP3A4 over 14 days, simulated",
    doi="10.1007/s13318-023-00833-9",
    where="key points: 14 days to the most and back; read as five half-lives",
)
VORICONAZOLE_HALF_LIFE = Source(
    "about 6 h, rising with the dose", note="secondary source; the label gives none at this place"
)
ISAVUCONAZOLE_HALF_LIFE = Source(
    "loaded in 48 h, so at once; leaves with 130 h", note="secondary source (Drugs.com)"
)
AT_ONCE = Source("no time course was found", where="not a cited sentence")
