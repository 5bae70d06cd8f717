"""Standing and mastery: pure functions of evidence."""
