"""What all tests share."""

from hypothesis import HealthCheck, settings

# A loaded machine is slow, not wrong; nothing here asserts a time.
settings.register_profile("upto", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("upto")
