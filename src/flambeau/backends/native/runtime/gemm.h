/* What the matrix products of all types share: how they are cut to fit registers and caches. */
#ifndef FL_GEMM_H
#define FL_GEMM_H
#if defined(__GNUC__) && !defined(__clang__)
/* The vectors are written out: O3 only takes longer to compile, and for Arm O2 loads so far ahead that
 * sums leave their registers. */
#pragma GCC optimize("O2", "no-schedule-insns")
#endif
#include "fl.h"
#include "vector.h"

enum {
    BAND = 96,                 /* rows of A that stay in the second cache */
    BLOCK = 256,               /* columns of C that a tile has at most */
    DEPTH = 400,               /* k that goes through the cache at a time: more would lose digits */
    LONG_DEPTH = 336,          /* the same where k is long */
    DIRECT_ROWS = 24,          /* up to so many rows B is not packed if its rows are contiguous */
    SPREAD_ROWS = 128,         /* the same if they lie apart by no multiple of so many bytes */
    SPREAD = 256,
    SPREAD_COLUMNS = 128,
    DIRECT_DEPTH = 256,
    THIN_DEPTH = 16,           /* the same with three rows or fewer: B is read once, row by row */
    PACK_A_COLUMNS = 64,       /* from so many columns on, A pays to be packed */
    MOST_PACKED = 1 << 22,     /* elements of B that are packed as a whole */
    PARALLEL_PACKING = 1 << 15,
    PER_NANOSECOND = 40,       /* multiplications, on one thread */
    PARALLEL_GRAIN = 1 << 17,  /* multiplications of a loop's piece, at least */
    SPLIT_DEPTH = 4096,        /* from this k on, and up to so many elements of C, k is split */
    SPLIT_ELEMENTS = 1 << 17,
    LONG_PACKED = 1 << 18,     /* elements of B that are packed at a time where k is long */
    DOT_COLUMNS = 6,
    DOT_MOST = 16,             /* up to so many rows or columns of C are made as dot products */
    DOT_DEPTH = 32,
    DOT_MOST_DEPTH = 2048,
    PACK_ROWS = 8,             /* rows of a matrix that are packed at a time */
    SMALL = 2048,              /* numbers of an operand that are handled without much ado */
    FIRST_CACHE = 1 << 15,
    SECOND_CACHE = 1 << 19,
    STREAMED = 1 << 22,        /* bytes of an operand from which on it is fetched ahead */
#if FL_REGISTERS == 32
    MR = 8,
#else
    MR = 6,
#endif
};
#if FL_REGISTERS == 32
#define NV 3
#else
#define NV 2
#endif
#define NR (NV * W)
#define NOINLINE __attribute__((noinline))
#endif
