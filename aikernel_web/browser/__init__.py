"""The seam to the browser: the only package that imports ``js`` or ``pyodide``."""
