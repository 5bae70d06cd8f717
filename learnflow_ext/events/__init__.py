"""LearnFlow: events."""
