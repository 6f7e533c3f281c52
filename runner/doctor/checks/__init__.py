"""Checks of this machine, a file each: every module is a :class:`runner.doctor.diagnosis.Check`."""
