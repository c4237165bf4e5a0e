"""Documents of answers: what each says, and what programs read of it."""
