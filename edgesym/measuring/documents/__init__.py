"""What was measured, as documents."""
