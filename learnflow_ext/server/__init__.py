"""LearnFlow: server."""
