"""Roles, capabilities, fields and the wall: who sees and does what, decided here and nowhere else."""
