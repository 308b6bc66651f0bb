/* Pooling: what its files share. float32, up to three axes; planes (images times channels) are
 * independent of each other. */
#ifndef FL_POOLING_H
#define FL_POOLING_H
#include "fl.h"
#include "strided.h"
#include <math.h>
#include <string.h>

enum { GRAIN = 32 * 1024 }; /* elements that are worth a thread */

static inline int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t most(int64_t a, int64_t b) { return a > b ? a : b; }
static inline int64_t volume(const int64_t *sizes) { return sizes[0] * sizes[1] * sizes[2]; }

typedef struct {
    const fl_pool *s;
    const float *x, *g, *maxima;
    float *y;
    int64_t *indices;
    const int64_t *places; /* where gradients go */
    int64_t include_pad, divisor, adaptive;
} pooling;

static inline void for_planes(const pooling *p, fl_body body) {
    int64_t each = most(volume(p->s->size), volume(p->s->out));
    fl_for(p->s->planes, most(1, GRAIN / most(1, each)), body, (void *)p);
}

/* ---- a thread's memory ---- */

typedef struct {
    float *line;          /* of a row of the input, with padding: begins `padding` elements early */
    float *best, *counts; /* of a row of outputs */
    int64_t *begin, *end; /* what its windows cover along the row */
    int64_t *tap;         /* how far each tap is from the first, in the input */
    int32_t *at;          /* numbers of taps */
    int64_t width;        /* of the line */
} room;

static inline int64_t whole(int64_t n) { return (n + 15) / 16 * 16; }

static inline room make_room(const fl_pool *s) {
    int64_t taps = volume(s->kernel), n = whole(s->out[2]);
    int64_t reach = (s->out[2] - 1) * s->stride[2] + (s->kernel[2] - 1) * s->dilation[2] + 1;
    int64_t width = most(reach, s->padding[2] + s->size[2]), line = whole(width + 2 * FL_WIDTH);
    size_t bytes = (size_t)(line + 3 * n) * 4 + (size_t)(2 * n + taps) * 8;
    room r = {.line = fl_scratch(FL_ROWS_A, bytes), .width = width};
    r.best = r.line + line;
    r.counts = r.best + n;
    r.at = (int32_t *)(r.counts + n);
    r.begin = (int64_t *)(r.at + n);
    r.end = r.begin + n;
    r.tap = r.end + n;
    for (int64_t i = 0; i < taps; i++) {
        int64_t d = i / s->kernel[2] / s->kernel[1], h = i / s->kernel[2] % s->kernel[1];
        int64_t row = d * s->dilation[0] * s->size[1] + h * s->dilation[1];
        r.tap[i] = row * s->size[2] + i % s->kernel[2] * s->dilation[2];
    }
    return r;
}

/* FL_WIDTH elements, `step` apart. */
FL_INLINE fvec load_every(const float *x, int64_t step) {
    if (step == 1)
        return fvec_load(x);
    if (step == 2)
        return fvec_load_second(x);
    fvec v;
    for (int i = 0; i < FL_WIDTH; i++)
        v[i] = x[i * step];
    return v;
}

static inline void fill(float *to, int64_t n, float value) {
    for (int64_t i = 0; i < n; i++)
        to[i] = value;
}

#endif
