"""Fixtures that all tests may use."""

from hypothesis import settings

pytest_plugins = ["tests.pg", "tests.site"]

settings.register_profile("loket", deadline=None, derandomize=True)  # a busy machine is no fault; one commit, one outcome
settings.load_profile("loket")
