"""LearnFlow: progress."""
