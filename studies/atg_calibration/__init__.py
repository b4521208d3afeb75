"""Calibration of active Thymoglobulin to what was observed: priors, cohorts, inference, strategies.

    python studies/atg_calibration/run.py [folder]

The result page is docs/atg-calibration.md.
"""
