"""The work of the verbs: run, plan, rehearse, lock, persist."""
