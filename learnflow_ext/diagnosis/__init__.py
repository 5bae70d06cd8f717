"""What went wrong in a cell, in a beginner's words. Knows the contracts, and nothing else of ours."""

from learnflow_ext.diagnosis.diagnose import diagnose, diagnose_text

__all__ = ["diagnose", "diagnose_text"]
