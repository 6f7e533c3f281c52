"""Checks of this machine, a file each: a module is a :class:`.diagnosis.MachineCheck`."""
