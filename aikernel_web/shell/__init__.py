"""The ``aik`` commands: one registry, whoever types them."""
