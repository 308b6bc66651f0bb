/* What a program asks of numbers before it computes with them. */
#include "fl.h"

#define ANY_ZERO(BITS)                                                                             \
    static int any_zero_##BITS(const uint##BITS##_t *x, int64_t n)                                 \
    {                                                                                              \
        int found = 0;                                                                             \
        for (int64_t i = 0; i < n; i++)                                                            \
            found |= x[i] == 0;                                                                    \
        return found;                                                                              \
    }

ANY_ZERO(8)
ANY_ZERO(16)
ANY_ZERO(32)
ANY_ZERO(64)

/* `code` where one of n whole numbers of a size in bytes is 0, else 0. */
int64_t fl_refuse_zero(const void *x, int64_t n, int64_t size, int64_t code)
{
    int found = size == 1 ? any_zero_8(x, n) : size == 2 ? any_zero_16(x, n)
              : size == 4 ? any_zero_32(x, n) : any_zero_64(x, n);
    return found ? code : 0;
}
