"""What Prometheus reads: counts of exchanges that are over, and figures of the services. Never text."""
