/* A module that asks for an import nobody gives. */
__attribute__((import_module("env"), import_name("missing"))) extern int missing(int);

__attribute__((export_name("_start"))) void start(void) { (void)missing(1); }
