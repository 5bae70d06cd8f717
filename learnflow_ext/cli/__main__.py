"""`python -m learnflow_ext.cli`: the same as the `learnflow` command."""

from learnflow_ext.cli import main

main()
