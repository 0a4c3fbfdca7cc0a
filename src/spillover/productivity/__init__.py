"""Firm-level productivity."""
