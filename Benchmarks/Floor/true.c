// SPDX-License-Identifier: Apache-2.0
// What every contender starts: the least that a static C program can be.
int main(void) { return 0; }
