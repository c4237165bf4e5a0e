"""What an answer says, as data: the nodes of a document, and how formulas are written."""
