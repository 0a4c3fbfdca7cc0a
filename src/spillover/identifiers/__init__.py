"""Corporate numbers, places, industries, patent classes, countries: strings in, verdicts out."""
