"""What is on board when cells are infused: rules in print, and what was found for each agent.

Infused cells are dosed into whatever else the patient carries: antibodies that kill T cells, drugs
that hold them back, a T-cell engager that needs them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from equipoise.source import Source, Standing
from equipoise.truth import Because, Truth


@dataclass(frozen=True, slots=True)
class Rule:
    """Why agents matter to infused cells, as a source prints it.

    agents     whom it concerns, in the order of the panel
    products   cells it speaks of; () for all
    statement  in our words
    analyte, limit, unit  level from which cells are not spared; "" and NaN where none is in print
    clear      hours after the last dose from which the source counts it as gone, NaN: not said
    """

    id: str
    agents: tuple[str, ...]
    products: tuple[str, ...]
    statement: str
    source: Source
    standing: Standing
    analyte: str = ""
    limit: float = math.nan
    unit: str = ""
    clear: float = math.nan

    def speaks_of(self, agent: str, product: str) -> bool:
        """Whether the rule concerns this agent before these cells."""
        return agent in self.agents and (not self.products or product in self.products)


@dataclass(frozen=True, slots=True)
class Carried:
    """One agent at the moment of an infusion.

    on_board     present (at or above the limit, or running): yes, no, cannot tell
    since_dose   hours from the end of its last dose to the infusion, NaN: no dose in the record
    since_stop   hours from its stop, NaN: none in the record
    level        five quantiles of the predicted level then, () where no model answers
    probability  that the predicted level is at or above the limit, NaN where there is none
    model        id of the model, "" where none
    watermark    NOT FOR DOSING where the prediction rests on a provisional model
    sentence     the answer in words
    missing      what would settle it
    """

    agent: str
    label: str
    group: str
    on_board: Truth
    since_dose: float
    since_stop: float
    level: tuple[float, ...]
    unit: str
    limit: float
    probability: float
    model: str
    standing: Standing
    watermark: str
    sentence: str
    because: tuple[Because, ...]
    missing: tuple[str, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class OnBoard:
    """What is on board at one infusion of cells.

    at           hours from day 0;  planned: it is still ahead
    doses        as charted, "CD3 1e6 /kg"
    since_graft  hours from the last graft before it, NaN: none in the record
    since_chemotherapy  hours from the end of the chemotherapy before it, as charted, NaN: not said
    carried      agents in the record, those on board first
    not_charted  agents that rules speak of and the record does not have: cannot tell
    """

    product: str
    label: str
    donor: str
    at: float
    planned: bool
    doses: str
    since_graft: float
    since_chemotherapy: float
    carried: tuple[Carried, ...]
    not_charted: tuple[str, ...]
