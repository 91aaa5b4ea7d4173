"""Fixtures that all tests may use."""

from hypothesis import settings

pytest_plugins = ["tests.pg", "tests.site"]

settings.register_profile("loket", deadline=None)  # a busy machine is no fault
settings.load_profile("loket")
