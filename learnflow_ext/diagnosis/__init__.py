"""LearnFlow: diagnosis."""
