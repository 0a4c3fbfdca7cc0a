"""Economies whose truth is known, written by plain loops."""
