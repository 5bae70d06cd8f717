"""Configures JupyterHub for LearnFlow: `from learnflow_hub import setup_learnflow`."""
