/* The elements of lines in order, or the first of them, and where they were. */
#include "rows.h"

typedef struct {
    const void *x;
    void *values;
    int64_t *places;
    int64_t n, inner, k, descending;
    int failed;
} sorting;

enum {
    SHORT = 48, /* elements that are put in order by inserting one after the other */
    DIGIT = 256,
};

/* Numbers whose order as unsigned ones is that of the elements: zeros are the same, and a NaN comes
 * after everything. */
FL_INLINE uint32_t key_f32(float x)
{
    uint32_t bits;
    if (x != x)
        return UINT32_MAX;
    x += 0.0f;
    memcpy(&bits, &x, sizeof(bits));
    return bits ^ (bits >> 31 ? UINT32_MAX : (uint32_t)1 << 31);
}

FL_INLINE uint64_t key_f64(double x)
{
    uint64_t bits;
    if (x != x)
        return UINT64_MAX;
    x += 0.0;
    memcpy(&bits, &x, sizeof(bits));
    return bits ^ (bits >> 63 ? UINT64_MAX : (uint64_t)1 << 63);
}

FL_INLINE uint64_t key_i64(int64_t x)
{
    return (uint64_t)x ^ (uint64_t)1 << 63;
}

/* An item is a key above its place, W as wide as both: no two are equal, and equal elements stay in
 * their order. */
#define T float
#define W uint64_t
#define F(name) name##_f32
#include "sorts_template.h"
#define T double
#define W unsigned __int128
#define F(name) name##_f64
#include "sorts_template.h"
#define T int64_t
#define W unsigned __int128
#define F(name) name##_i64
#include "sorts_template.h"
