"""What the crash tests are made of: a writer that says what it does, and a checker that believes only that."""
