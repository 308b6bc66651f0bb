/* What follows in a file that includes this plans, or walks over large pieces of work: optimising it
 * would take the compiler much longer and save nothing that can be measured. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O1")
#endif
