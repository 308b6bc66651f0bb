/* What the files on rows share (softmax, reductions, norms...): a template is included after single.h
 * and after double.h, which say what T is, its vector V, and what F(name) and V_(name) name. */
#ifndef FL_ROWS_H
#define FL_ROWS_H
#include "fl.h"
#include "vector.h"
#include "vmath.h"

enum {
    ROWS_GRAIN = 16384, /* numbers from which a loop is worth a thread: 5 to 20 us of work */
    SUM_BLOCK = 128 * FL_WIDTH, /* numbers added in T before their sum is added in double: 32 a lane */
    NARROW = 64,        /* rows up to this length are transposed, and then worked on as columns */
    TILE = 32,          /* columns that are worked on together */
    SUM_PIECE = 65536,  /* numbers that a long sum is cut into */
};

/* A function that is compiled once, however often it is called. */
#if defined(__clang__)
#define FL_APART __attribute__((noinline, unused))
#else
#define FL_APART __attribute__((noinline, noclone, unused))
#endif

/* The chunks of a loop over rows of n numbers. */
FL_INLINE int64_t fl_rows_grain(int64_t n) { return n < ROWS_GRAIN ? ROWS_GRAIN / (n ? n : 1) : 1; }

FL_INLINE int64_t fl_smaller(int64_t a, int64_t b) { return a < b ? a : b; }

#endif
