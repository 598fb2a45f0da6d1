"""Takes plain sentences, leaves clauses: subject, verb and rest, found by word lists and rules without any model."""
