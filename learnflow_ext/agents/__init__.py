"""LearnFlow: agents."""
