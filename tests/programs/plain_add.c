/* A module with an export and without an entry point. */
__attribute__((export_name("add"))) int add(int a, int b) { return a + b; }
