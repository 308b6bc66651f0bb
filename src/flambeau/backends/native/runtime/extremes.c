/* Extremes along a dimension, and where they are. */
#include "fl.h"

typedef struct {
    const float *x;
    float *values;
    int64_t *places;
    int64_t n, inner, largest;
} extremes;

/* Of equal ones the first counts; a NaN is the extreme, the first of them. */
static void rows(void *context, int64_t begin, int64_t end)
{
    const extremes *e = context;
    const int64_t inner = e->inner;
    for (int64_t task = begin; task < end; task++) {
        const int64_t i = task / inner, j = task % inner;
        const float *x = e->x + i * e->n * inner + j;
        float best = x[0];
        int64_t place = 0;
        for (int64_t k = 1; k < e->n && best == best; k++) {
            const float y = x[k * inner];
            if ((e->largest ? y > best : y < best) || y != y) {
                best = y;
                place = k;
            }
        }
        if (e->values) e->values[task] = best;
        if (e->places) e->places[task] = place;
    }
}

void fl_extreme_places(const float *x, float *values, int64_t *places, int64_t outer, int64_t n, int64_t inner, int64_t largest)
{
    extremes e = {x, values, places, n, inner, largest};
    fl_for(outer * inner, 1 + 20000 / (2 * n), rows, &e);
}
