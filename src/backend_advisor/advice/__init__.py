"""From findings, proofs and search hits to the advice of a report: composing, scope, unknowns, suppressions."""
