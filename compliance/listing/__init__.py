"""Parties → designations: names told apart and brought together, each answer with its score, features and reason."""
