"""What several tests share: clock, requirements, people, a vendor, a running console."""
