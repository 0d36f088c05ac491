"""The providers: one service a file."""
