"""How dispatches are carried out: on a device, as command lists, or on the CPU."""
