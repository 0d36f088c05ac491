"""Arrays and values of Python's as a shader's variables take them: kinds, layouts, copies (WGSL, section 14.4)."""
