#include "cli/app.h"

int main(int argc, char** argv) { return squire::cli::RunSquire(argc, argv); }
