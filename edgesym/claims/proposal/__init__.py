"""A claim file proposed from a paper's source: symbols, quantities, and the words that say so."""

from edgesym.claims.proposal.propose import Proposal, Proposed, propose
from edgesym.claims.proposal.write import proposal_text

__all__ = ["Proposal", "Proposed", "proposal_text", "propose"]
