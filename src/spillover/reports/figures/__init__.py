"""Figures: data with words, drawn on demand."""
