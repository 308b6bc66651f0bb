/* Pooling: maxima of windows, and their gradients.
 *
 * One row of outputs at a time. Maxima without places are taken down the window's columns first, for a
 * whole row of the input, then along the row; the row stands in a line of memory with padding on both
 * sides. Where the place of a maximum counts, each of the window's elements (taps) is looked at in its
 * order. */
#include "pooling.h"

/* The taps of the window at output o that are inside the input: [*begin, *end). */
static void taps_inside(const fl_pool *s, int axis, int64_t o, int64_t *begin, int64_t *end) {
    int64_t start = o * s->stride[axis] - s->padding[axis], step = s->dilation[axis];
    *begin = start < 0 ? least(s->kernel[axis], (-start + step - 1) / step) : 0;
    *end = s->size[axis] > start ? least(s->kernel[axis], (s->size[axis] - start + step - 1) / step) : 0;
}

/* The larger; NaN where either is. */
FL_INLINE fvec larger(fvec a, fvec b) { return fvec_select((a > b) | (a != a), a, b); }
static inline float larger_float(float a, float b) { return a > b || a != a ? a : b; }

static void take_larger(const float *x, int64_t n, float *y) {
    int64_t i = 0;
    for (; i + FL_WIDTH <= n; i += FL_WIDTH)
        fvec_store(y + i, larger(fvec_load(y + i), fvec_load(x + i)));
    for (; i < n; i++)
        y[i] = larger_float(y[i], x[i]);
}

/* The maxima of windows of a line that begin `step` elements apart. */
FL_INLINE void max_along(const fl_pool *s, const float *line, int64_t step, float *y) {
    int64_t o = 0, n = s->out[2];
    for (; n >= FL_WIDTH && o < n; o += FL_WIDTH) {
        o = least(o, n - FL_WIDTH);
        fvec best = load_every(line + o * step, step);
        for (int64_t k = 1; k < s->kernel[2]; k++)
            best = larger(best, load_every(line + o * step + k * s->dilation[2], step));
        fvec_store(y + o, best);
    }
    for (; o < n; o++) {
        y[o] = line[o * step];
        for (int64_t k = 1; k < s->kernel[2]; k++)
            y[o] = larger_float(y[o], line[o * step + k * s->dilation[2]]);
    }
}

static void max_windows(const fl_pool *s, const float *line, float *y) {
    if (s->stride[2] == 1)
        max_along(s, line, 1, y);
    else if (s->stride[2] == 2)
        max_along(s, line, 2, y);
    else
        max_along(s, line, s->stride[2], y);
}

/* A row of windows of 2 x 2 side by side. */
static void pairs_row(const float *x, int64_t width, int64_t n, float *y) {
    for (int64_t i = 0; i < n; i += FL_WIDTH) {
        int64_t o = least(i, n - FL_WIDTH);
        const float *from = x + 2 * o;
        fvec first = larger(fvec_load_second(from), fvec_load_second(from + 1));
        fvec second = larger(fvec_load_second(from + width), fvec_load_second(from + width + 1));
        fvec_store(y + o, larger(first, second));
    }
}

/* A window's taps that are inside: of axes 0 and 1, and one row's in memory. */
typedef struct { int64_t d0, d1, h0, h1; const float *x; } taps;

/* The best of all taps at FL_WIDTH outputs whose windows are inside along the row: the first
 * maximum, or the last NaN. x: the first tap's elements, `step` apart. */
FL_INLINE void best_vector(const fl_pool *s, const room *r, const taps *t, const float *x, int64_t step, float *best, int32_t *at) {
    int64_t kh = s->kernel[1], kw = s->kernel[2];
    int32_t tap = (int32_t)((t->d0 * kh + t->h0) * kw);
    fvec value = fvec_set(-INFINITY);
    ivec number = ivec_set(tap);
    for (int64_t i = t->d0; i < t->d1; i++)
        for (int64_t j = t->h0; j < t->h1; j++)
            for (int64_t k = 0; k < kw; k++) {
                tap = (int32_t)((i * kh + j) * kw + k);
                fvec v = load_every(x + r->tap[tap], step);
                ivec better = (v > value) | (v != v);
                value = fvec_select(better, v, value);
                number = ivec_select(better, ivec_set(tap), number);
            }
    fvec_store(best, value);
    ivec_store(at, number);
}

static void best_of(const fl_pool *s, const room *r, const taps *t, int64_t o, float *best, int32_t *at) {
    int64_t w0, w1, kh = s->kernel[1], kw = s->kernel[2];
    taps_inside(s, 2, o, &w0, &w1);
    *best = -INFINITY;
    *at = w0 < w1 ? (int32_t)((t->d0 * kh + t->h0) * kw + w0) : -1;
    for (int64_t i = t->d0; i < t->d1; i++)
        for (int64_t j = t->h0; j < t->h1; j++)
            for (int64_t tap = (i * kh + j) * kw + w0; tap < (i * kh + j) * kw + w1; tap++) {
                float v = t->x[r->tap[tap] + o * s->stride[2]];
                if (v > *best || v != v)
                    *best = v, *at = (int32_t)tap;
            }
}

/* Row (d, h) of a plane's windows: the best, and the numbers of their taps in r->at, -1 where no tap
 * is inside (which dilation makes possible). The place of tap t of output o is at the number
 * returned + o * stride + r->tap[t]. */
static int64_t best_row(const fl_pool *s, const room *r, const float *x, int64_t d, int64_t h, float *best) {
    int64_t start = (d * s->stride[0] - s->padding[0]) * s->size[1] + h * s->stride[1] - s->padding[1];
    int64_t n = s->out[2], step = s->stride[2], reach = (s->kernel[2] - 1) * s->dilation[2];
    start = start * s->size[2] - s->padding[2];
    taps t = {.x = x + start};
    taps_inside(s, 0, d, &t.d0, &t.d1);
    taps_inside(s, 1, h, &t.h0, &t.h1);
    for (int64_t i = 0; i < n && (t.d0 >= t.d1 || t.h0 >= t.h1); i++)
        best[i] = -INFINITY, r->at[i] = -1;
    if (t.d0 >= t.d1 || t.h0 >= t.h1)
        return start;
    int64_t low = least(n, (s->padding[2] + step - 1) / step);
    int64_t room_right = s->size[2] + s->padding[2] - reach - 1;
    int64_t high = room_right < 0 ? 0 : least(n, room_right / step + 1), o = 0;
    for (; o < low; o++)
        best_of(s, r, &t, o, best + o, r->at + o);
    while (high - low >= FL_WIDTH && o < high) {
        o = least(o, high - FL_WIDTH);
        if (step == 1)
            best_vector(s, r, &t, t.x + o, 1, best + o, r->at + o);
        else if (step == 2)
            best_vector(s, r, &t, t.x + 2 * o, 2, best + o, r->at + o);
        else
            best_vector(s, r, &t, t.x + o * step, step, best + o, r->at + o);
        o += FL_WIDTH;
    }
    for (; o < n; o++)
        best_of(s, r, &t, o, best + o, r->at + o);
    return start;
}

/* A row of g to the two rows of its windows, which it fills; 0 where some maximum is NaN (then
 * nothing is written). */
static int pairs_gradient(const float *g, const float *x, const float *maxima, int64_t width, int64_t n, float *y) {
    ivec missing = {0};
    for (int64_t i = 0; i < n; i += FL_WIDTH) {
        fvec m = fvec_load(maxima + least(i, n - FL_WIDTH));
        missing |= m != m;
    }
    for (int i = 0; i < FL_WIDTH; i++)
        if (missing[i])
            return 0;
    for (int64_t i = 0; i < n; i += FL_WIDTH) {
        int64_t o = least(i, n - FL_WIDTH);
        const float *from = x + 2 * o;
        fvec m = fvec_load(maxima + o), grad = fvec_load(g + o), none = {0};
        ivec a = fvec_load_second(from) == m, b = fvec_load_second(from + 1) == m;
        ivec c = fvec_load_second(from + width) == m;
        b &= ~a, c &= ~(a | b);
        fvec ga = fvec_select(a, grad, none), gb = fvec_select(b, grad, none);
        fvec gc = fvec_select(c, grad, none), gd = fvec_select(a | b | c, none, grad);
        fvec_store(y + 2 * o, fvec_low(ga, gb));
        fvec_store(y + 2 * o + FL_WIDTH, fvec_high(ga, gb));
        fvec_store(y + width + 2 * o, fvec_low(gc, gd));
        fvec_store(y + width + 2 * o + FL_WIDTH, fvec_high(gc, gd));
    }
    return 1;
}

/* The maxima of row (d, h) of a plane's windows. */
static void max_row(const fl_pool *s, const room *r, const float *x, int64_t d, int64_t h, float *y) {
    int64_t d0, d1, h0, h1, first = 1;
    float *inside = r->line + s->padding[2];
    taps_inside(s, 0, d, &d0, &d1);
    taps_inside(s, 1, h, &h0, &h1);
    const float *start = x + ((d * s->stride[0] - s->padding[0]) * s->size[1] + h * s->stride[1] - s->padding[1]) * s->size[2];
    for (int64_t i = d0; i < d1; i++)
        for (int64_t j = h0; j < h1; j++, first = 0) {
            const float *row = start + r->tap[(i * s->kernel[1] + j) * s->kernel[2]];
            if (first)
                memcpy(inside, row, (size_t)s->size[2] * sizeof(float));
            else
                take_larger(row, s->size[2], inside);
        }
    for (int64_t i = 0; first && i < s->size[2]; i++) /* no tap is inside */
        inside[i] = -INFINITY;
    max_windows(s, r->line, y);
}

#include "plans.h"

/* Windows of 2 x 2 side by side, the frequent ones. */
static int in_pairs(const fl_pool *s) {
    int pairs = s->kernel[0] == 1 && s->stride[0] == 1 && !s->padding[0];
    for (int a = 1; a < 3; a++)
        pairs = pairs && s->kernel[a] == 2 && s->stride[a] == 2 && !s->padding[a] && s->dilation[a] == 1 && 2 * s->out[a] <= s->size[a];
    return pairs && s->out[2] >= FL_WIDTH;
}

static void max_planes(void *context, int64_t begin, int64_t end) {
    const pooling *p = context;
    const fl_pool *s = p->s;
    int64_t rows = s->out[0] * s->out[1], plane = volume(s->size);
    int pairs = in_pairs(s);
    room r = make_room(s);
    fill(r.line, r.width + FL_WIDTH, -INFINITY);
    for (int64_t i = begin * rows; i < end * rows; i++) {
        int64_t d = i % rows / s->out[1], h = i % s->out[1];
        const float *x = p->x + i / rows * plane;
        float *y = p->y + i * s->out[2];
        if (p->indices) {
            int64_t *index = p->indices + i * s->out[2], start = best_row(s, &r, x, d, h, y);
            for (int64_t o = 0; o < s->out[2]; o++)
                index[o] = r.at[o] < 0 ? 0 : start + o * s->stride[2] + r.tap[r.at[o]];
        } else if (pairs)
            pairs_row(x + (d * s->size[1] + 2 * h) * s->size[2], s->size[2], s->out[2], y);
        else
            max_row(s, &r, x, d, h, y);
    }
}

FL_API void fl_max_pool(const fl_pool *shape, const float *x, float *y, int64_t *indices) {
    pooling p = {.s = shape, .x = x, .y = y, .indices = indices};
    for_planes(&p, max_planes);
}

static void max_gradient_planes(void *context, int64_t begin, int64_t end) {
    const pooling *p = context;
    const fl_pool *s = p->s;
    int64_t rows = s->out[0] * s->out[1], plane = volume(s->size), n = s->out[2];
    int pairs = in_pairs(s), fills = pairs && 2 * s->out[1] == s->size[1] && 2 * n == s->size[2];
    room r = make_room(s);
    for (int64_t i = begin * rows; i < end * rows; i++) {
        int64_t d = i % rows / s->out[1], h = i % s->out[1];
        const float *x = p->x + i / rows * plane, *g = p->g + i * n;
        float *y = p->y + i / rows * plane;
        int64_t first = (d * s->size[1] + 2 * h) * s->size[2];
        if (!fills && i % rows == 0)
            memset(y, 0, (size_t)plane * sizeof(float));
        if (pairs && pairs_gradient(g, x + first, p->maxima + i * n, s->size[2], n, y + first))
            continue;
        if (fills)
            memset(y + first, 0, (size_t)(2 * s->size[2]) * sizeof(float));
        int64_t start = best_row(s, &r, x, d, h, r.best);
        for (int64_t o = 0; o < n; o++)
            if (r.at[o] >= 0)
                y[start + o * s->stride[2] + r.tap[r.at[o]]] += g[o];
    }
}

FL_API void fl_max_pool_gradient(const fl_pool *shape, const float *g, const float *x, const float *maxima, float *gx) {
    pooling p = {.s = shape, .g = g, .x = x, .maxima = maxima, .y = gx};
    for_planes(&p, max_gradient_planes);
}

static void places_planes(void *context, int64_t begin, int64_t end) {
    const pooling *p = context;
    int64_t size = volume(p->s->size), outs = volume(p->s->out);
    for (int64_t i = begin; i < end; i++) {
        float *y = p->y + i * size;
        memset(y, 0, (size_t)size * sizeof(float));
        for (int64_t o = i * outs; o < (i + 1) * outs; o++)
            if (p->places[o] >= 0 && p->places[o] < size)
                y[p->places[o]] += p->g[o];
    }
}

FL_API void fl_scatter_places(const fl_pool *shape, const float *g, const int64_t *indices, float *gx) {
    pooling p = {.s = shape, .g = g, .places = indices, .y = gx};
    for_planes(&p, places_planes);
}
