"""`python -m learnflow_ext.service`."""

from learnflow_ext.service.app import main

main()
