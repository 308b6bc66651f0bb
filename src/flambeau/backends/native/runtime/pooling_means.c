/* Pooling: means of windows, and their gradients.
 *
 * One row of outputs at a time: sums are taken down the window's columns first, for a whole row of the
 * input, then along the row; the row stands in a line of memory with padding on both sides. */
#include "pooling.h"

/* What the window at output o covers of the input, [*begin, *end), and how many elements count. */
static int64_t covers(const pooling *p, int axis, int64_t o, int64_t *begin, int64_t *end) {
    const fl_pool *s = p->s;
    int64_t n = s->size[axis];
    if (p->adaptive) {
        *begin = o * n / s->out[axis];
        *end = ((o + 1) * n + s->out[axis] - 1) / s->out[axis];
        return *end - *begin;
    }
    int64_t start = o * s->stride[axis] - s->padding[axis];
    int64_t stop = least(start + s->kernel[axis], n + s->padding[axis]);
    *begin = most(0, start), *end = most(*begin, least(n, stop));
    return p->include_pad ? stop - start : *end - *begin;
}

static room make_mean_room(const pooling *p) {
    room r = make_room(p->s);
    for (int64_t o = 0; o < p->s->out[2]; o++)
        r.counts[o] = (float)covers(p, 2, o, &r.begin[o], &r.end[o]);
    fill(r.line, r.width + FL_WIDTH, 0);
    return r;
}

static float sum_of(const float *x, int64_t n) {
    if (n < FL_WIDTH) {
        float sum = 0;
        for (int64_t i = 0; i < n; i++)
            sum += x[i];
        return sum;
    }
    fvec sums[4] = {{0}, {0}, {0}, {0}};
    float sum = 0;
    int64_t i = 0;
    for (; i + 4 * FL_WIDTH <= n; i += 4 * FL_WIDTH)
        for (int j = 0; j < 4; j++)
            sums[j] += fvec_load(x + i + j * FL_WIDTH);
    for (; i + FL_WIDTH <= n; i += FL_WIDTH)
        sums[0] += fvec_load(x + i);
    for (; i < n; i++)
        sum += x[i];
    return sum + fvec_sum((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

static void add(const float *x, int64_t n, float *y) {
    int64_t i = 0;
    for (; i + FL_WIDTH <= n; i += FL_WIDTH)
        fvec_store(y + i, fvec_load(y + i) + fvec_load(x + i));
    for (; i < n; i++)
        y[i] += x[i];
}

static void copy(const float *x, int64_t n, float *y) { memcpy(y, x, (size_t)n * sizeof(float)); }

/* The sums of windows of a line that begin `step` elements apart, by vectors as far as they fit. */
FL_INLINE int64_t sum_along(const fl_pool *s, const float *line, int64_t step, float *y) {
    int64_t o = 0, n = s->out[2];
    for (; n >= FL_WIDTH && o < n; o += FL_WIDTH) {
        o = least(o, n - FL_WIDTH);
        fvec sum = load_every(line + o * step, step);
        for (int64_t k = 1; k < s->kernel[2]; k++)
            sum += load_every(line + o * step + k, step);
        fvec_store(y + o, sum);
    }
    return o;
}

/* The sums of a row's windows, from the sums down the columns in the line. */
static void sum_windows(const pooling *p, const room *r, float *y) {
    const fl_pool *s = p->s;
    int64_t n = s->out[2], step = s->stride[2], o = 0;
    const float *inside = r->line + s->padding[2];
    if (!p->adaptive && step == 1)
        o = sum_along(s, r->line, 1, y);
    else if (!p->adaptive && step == 2)
        o = sum_along(s, r->line, 2, y);
    for (; o < n; o++)
        y[o] = sum_of(inside + r->begin[o], r->end[o] - r->begin[o]);
}

static int is_whole(const pooling *p) {
    const fl_pool *s = p->s;
    int64_t begin, end, all = volume(s->out) == 1;
    for (int a = 0; a < 3 && all; a++) {
        covers(p, a, 0, &begin, &end);
        all = begin == 0 && end == s->size[a];
    }
    return (int)all;
}

/* y /= the number of elements that count, of a row whose windows have `rows` rows. */
static void divide(const pooling *p, const room *r, int64_t rows, const float *x, float *y) {
    for (int64_t o = 0; o < p->s->out[2]; o++)
        y[o] = x[o] / (p->divisor ? (float)p->divisor : (float)rows * r->counts[o]);
}

static void mean_planes(void *context, int64_t begin, int64_t end) {
    const pooling *p = context;
    const fl_pool *s = p->s;
    int64_t rows = s->out[0] * s->out[1], plane = volume(s->size), width = s->size[2];
    int64_t d0, d1, h0, h1, all = is_whole(p);
    room r = make_mean_room(p);
    float *inside = r.line + s->padding[2];
    for (int64_t i = begin * rows; i < end * rows; i++) {
        const float *x = p->x + i / rows * plane;
        float *y = p->y + i * s->out[2];
        int64_t count = covers(p, 0, i % rows / s->out[1], &d0, &d1);
        count *= covers(p, 1, i % s->out[1], &h0, &h1);
        if (all)
            *y = sum_of(x, plane);
        else {
            int first = 1;
            for (int64_t d = d0; d < d1; d++)
                for (int64_t h = h0; h < h1; h++, first = 0)
                    (first ? copy : add)(x + (d * s->size[1] + h) * width, width, inside);
            sum_windows(p, &r, y);
        }
        divide(p, &r, count, y, y);
    }
}

/* Each share to all elements of its window along the row. */
static void spread(const pooling *p, const room *r, const float *shares) {
    const fl_pool *s = p->s;
    float *inside = r->line + s->padding[2];
    memset(inside, 0, (size_t)s->size[2] * sizeof(float));
    int64_t o = 0, n = s->out[2], k = s->kernel[2];
    if (!p->adaptive && s->stride[2] == 2 && k == 2) /* two of each */
        for (; n >= FL_WIDTH && o < n && !s->padding[2] && 2 * n <= s->size[2]; o += FL_WIDTH) {
            o = least(o, n - FL_WIDTH);
            fvec share = fvec_load(shares + o);
            fvec_store(inside + 2 * o, fvec_low(share, share));
            fvec_store(inside + 2 * o + FL_WIDTH, fvec_high(share, share));
        }
    if (!p->adaptive && s->stride[2] == 1 && !s->padding[2] && n + k - 1 <= s->size[2])
        for (; o < n; o = n)
            for (int64_t i = 0; i < k; i++)
                add(shares, n, inside + i);
    for (; o < n; o++)
        for (int64_t i = r->begin[o]; i < r->end[o]; i++)
            inside[i] += shares[o];
}

static void mean_gradient_planes(void *context, int64_t begin, int64_t end) {
    const pooling *p = context;
    const fl_pool *s = p->s;
    int64_t rows = s->out[0] * s->out[1], plane = volume(s->size), width = s->size[2];
    int64_t d0, d1, h0, h1, all = is_whole(p);
    room r = make_mean_room(p);
    const float *inside = r.line + s->padding[2];
    for (int64_t i = begin * rows; i < end * rows; i++) {
        float *y = p->y + i / rows * plane;
        int64_t count = covers(p, 0, i % rows / s->out[1], &d0, &d1);
        count *= covers(p, 1, i % s->out[1], &h0, &h1);
        divide(p, &r, count, p->g + i * s->out[2], r.best);
        if (all) {
            fill(y, plane, r.best[0]);
            continue;
        }
        if (i % rows == 0)
            memset(y, 0, (size_t)plane * sizeof(float));
        spread(p, &r, r.best);
        for (int64_t d = d0; d < d1; d++)
            for (int64_t h = h0; h < h1; h++)
                add(inside, width, y + (d * s->size[1] + h) * width);
    }
}

FL_API void fl_avg_pool(const fl_pool *shape, const float *x, float *y, int64_t include_pad, int64_t divisor) {
    pooling p = {.s = shape, .x = x, .y = y, .include_pad = include_pad, .divisor = divisor};
    for_planes(&p, mean_planes);
}

FL_API void fl_avg_pool_gradient(const fl_pool *shape, const float *g, float *gx, int64_t include_pad, int64_t divisor) {
    pooling p = {.s = shape, .g = g, .y = gx, .include_pad = include_pad, .divisor = divisor};
    for_planes(&p, mean_gradient_planes);
}

FL_API void fl_adaptive_avg_pool(const fl_pool *shape, const float *x, float *y) {
    pooling p = {.s = shape, .x = x, .y = y, .adaptive = 1};
    for_planes(&p, mean_planes);
}

FL_API void fl_adaptive_avg_pool_gradient(const fl_pool *shape, const float *g, float *gx) {
    pooling p = {.s = shape, .g = g, .y = gx, .adaptive = 1};
    for_planes(&p, mean_gradient_planes);
}
