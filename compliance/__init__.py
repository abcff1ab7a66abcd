"""From a feed to a reviewed case: what Embargo Watch does with the stories the rules and the classifier judge."""
