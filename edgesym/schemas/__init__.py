"""The schemas of answers, a file for each verb (``python -m reports.schemas``)."""
