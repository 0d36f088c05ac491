/* Does nothing: the cheapest program there is. */
int main(void) { return 0; }
