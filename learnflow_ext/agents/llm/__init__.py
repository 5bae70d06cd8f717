"""A language model's words beside the analysis: optional, never needed, never trusted."""
