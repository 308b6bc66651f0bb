/* Vectors of elements that are not neighbours. */
#ifndef FL_STRIDED_H
#define FL_STRIDED_H
#include "vector.h"

/* Lanes 0, 2, ... of one vector, then 1, 3, ... of another. */
#if FL_WIDTH == 16
#define FL_ALTERNATE 0, 2, 4, 6, 8, 10, 12, 14, 17, 19, 21, 23, 25, 27, 29, 31
#elif FL_WIDTH == 8
#define FL_ALTERNATE 0, 2, 4, 6, 9, 11, 13, 15
#else
#define FL_ALTERNATE 0, 2, 5, 7
#endif

/* p[0], p[2], ... The second vector begins one element early, not to read past the last of them. */
FL_INLINE fvec fvec_load_second(const float *p) {
    return FL_SHUFFLE(ivec, fvec_load(p), fvec_load(p + FL_WIDTH - 1), FL_ALTERNATE);
}

#endif
