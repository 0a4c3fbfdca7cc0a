"""Strings in, Booleans and reasons out."""
