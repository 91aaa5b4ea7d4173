"""What happens by itself. A job calls services, is safe to run twice, and catches up after downtime; schedule.py says when."""
