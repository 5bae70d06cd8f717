"""LearnFlow: service."""
