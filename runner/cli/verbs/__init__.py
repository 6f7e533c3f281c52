"""The verbs, a file each: every module here is a :class:`runner.cli.verb.Verb`."""
