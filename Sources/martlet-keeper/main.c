// SPDX-License-Identifier: Apache-2.0
#include "launch.h"
int main(void) { return 0; }
