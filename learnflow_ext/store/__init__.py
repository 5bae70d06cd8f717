"""LearnFlow: store."""
