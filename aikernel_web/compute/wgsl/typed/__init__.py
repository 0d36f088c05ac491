"""What the functions of a shader do, as a tree in which every expression has its type (WGSL, sections 6 to 11)."""
