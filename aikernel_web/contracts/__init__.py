"""The vocabulary of the system: values, errors and protocols. Standard library only; imports nothing else of ours."""
