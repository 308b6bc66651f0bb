/* Pooling: maxima and means of windows, and their gradients. float32, up to three axes.
 *
 * One row of outputs at a time. Maxima and sums without places are taken down the window's columns
 * first, for a whole row of the input, then along the row; the row stands in a line of memory with
 * padding on both sides. Where the place of a maximum counts, each of the window's elements (taps)
 * is looked at in its order. Planes (images times channels) are independent of each other. */
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

static void for_planes(const pooling *p, fl_body body) {
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

static int64_t whole(int64_t n) { return (n + 15) / 16 * 16; }

static room make_room(const fl_pool *s) {
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

/* The taps of the window at output o that are inside the input: [*begin, *end). */
static void taps_inside(const fl_pool *s, int axis, int64_t o, int64_t *begin, int64_t *end) {
    int64_t start = o * s->stride[axis] - s->padding[axis], step = s->dilation[axis];
    *begin = start < 0 ? least(s->kernel[axis], (-start + step - 1) / step) : 0;
    *end = s->size[axis] > start ? least(s->kernel[axis], (s->size[axis] - start + step - 1) / step) : 0;
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

/* ---- maxima ---- */

/* The larger; NaN where either is. */
FL_INLINE fvec larger(fvec a, fvec b) { return fvec_select((a > b) | (a != a), a, b); }
static inline float larger_float(float a, float b) { return a > b || a != a ? a : b; }

static void fill(float *to, int64_t n, float value) {
    for (int64_t i = 0; i < n; i++)
        to[i] = value;
}

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
    if (s->stride[2] == 1)
        max_along(s, r->line, 1, y);
    else if (s->stride[2] == 2)
        max_along(s, r->line, 2, y);
    else
        max_along(s, r->line, s->stride[2], y);
}

/* Windows of 2 x 2 side by side, the frequent ones. */
static int in_pairs(const fl_pool *s) {
    int pairs = s->kernel[0] == 1 && s->stride[0] == 1 && !s->padding[0];
    for (int a = 1; a < 3; a++)
        pairs = pairs && s->kernel[a] == 2 && s->stride[a] == 2 && !s->padding[a] && s->dilation[a] == 1 && 2 * s->out[a] <= s->size[a];
    return pairs && s->out[2] >= FL_WIDTH;
}

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

/* ---- means ---- */

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
