/* Convolutions by transformed tiles: how planes are cut, and the transforms; see conv_tiles.h.
 *
 * Stride 1: Winograd, "Arithmetic complexity of computations" (1980); Lavin and Gray,
 * arXiv:1509.09308, who find it as exact as direct sums for this size.
 *
 * Stride 2: of outputs y0 = a u + b v + c w, y1 = c u + d v + e w those parts with u and w are two
 * outputs of a window of two, which take three multiplications:
 * y0 = (a - c) u + b v + c (u + w), y1 = c (u + w) + d v + (e - c) w. The gradient by the input has
 * elements g u + f w, g v, h u + g w, h v likewise, where f, g and h are neighbours, or, where these
 * begin with one between, f v, g u + f w, g v, h u + g w. */
#include "conv_tiles.h"
#include "strided.h"
#include <stdlib.h>

/* ---- vectors of units ---- */

/* Of two units' columns those of even and of odd number. The order of the lanes is what costs least,
 * and `first` and `second` undo it: the columns of each unit. */
#if FL_WIDTH == 16
#define EVENS 0, 2, 16, 18, 4, 6, 20, 22, 8, 10, 24, 26, 12, 14, 28, 30
#define ODDS 1, 3, 17, 19, 5, 7, 21, 23, 9, 11, 25, 27, 13, 15, 29, 31
#define FIRST 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29
#define SECOND 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31
#elif FL_WIDTH == 8
#define EVENS 0, 2, 8, 10, 4, 6, 12, 14
#define ODDS 1, 3, 9, 11, 5, 7, 13, 15
#define FIRST 0, 8, 1, 9, 4, 12, 5, 13
#define SECOND 2, 10, 3, 11, 6, 14, 7, 15
#else
#define EVENS FL_EVEN4
#define ODDS FL_ODD4
#define FIRST FL_LOW4
#define SECOND FL_HIGH4
#endif
FL_INLINE fvec evens(fvec a, fvec b) { return FL_SHUFFLE(ivec, a, b, EVENS); }
FL_INLINE fvec odds(fvec a, fvec b) { return FL_SHUFFLE(ivec, a, b, ODDS); }
FL_INLINE fvec first_unit(fvec even, fvec odd) { return FL_SHUFFLE(ivec, even, odd, FIRST); }
FL_INLINE fvec second_unit(fvec even, fvec odd) { return FL_SHUFFLE(ivec, even, odd, SECOND); }

typedef void (*transform)(const float *a, const float *b, int64_t pitch, int64_t phase, float *to, int64_t point);

/* Has `each` transform every vector: units at a and b. */
FL_INLINE void walk_vectors(const fl_walk *w, const float *plane, float *to, transform each) {
    int64_t pitch = w->pitch, phase = w->phase, point = w->point;
    for (int64_t i = 0, v = 0; i < w->count; i += 2, v++, to += FL_WIDTH) {
        if (v == w->group)
            to += w->block - w->group * FL_WIDTH, v = 0;
        const float *a = plane + w->units[i].source;
        const float *b = i + 1 < w->count ? plane + w->units[i + 1].source : w->none ? w->none : a;
        each(a, b, pitch, phase, to, point);
    }
}

/* Row `two` of the units added to row `one`, or taken from it (sign -1), or left out (0). */
FL_INLINE fvec rows_of(const float *x, int64_t one, int64_t two, int sign) {
    fvec v = fvec_load(x + one);
    return sign == 0 ? v : sign > 0 ? v + fvec_load(x + two) : v - fvec_load(x + two);
}

/* ---- transforms of the source ---- */

/* B' d B with the rows (1 0 -1 0), (0 1 1 0), (0 -1 1 0), (0 1 0 -1) of B'. */
FL_INLINE void source_1(const float *a, const float *b, int64_t pitch, int64_t phase, float *to, int64_t point) {
    (void)phase;
    FL_UNROLL for (int p = 0; p < 4; p++, to += 4 * point) {
        int64_t one = (p == 0 ? 0 : p == 2 ? 2 : 1) * pitch, two = (p == 3 ? 3 : p == 2 ? 1 : 2) * pitch;
        int sign = p == 1 ? 1 : -1;
        fvec l = rows_of(a, one, two, sign), m = rows_of(b, one, two, sign);
        fvec v0 = evens(l, m), v1 = odds(l, m);
        l = rows_of(a + 2, one, two, sign), m = rows_of(b + 2, one, two, sign);
        fvec v2 = evens(l, m), v3 = odds(l, m);
        fvec_store(to, v0 - v2);
        fvec_store(to + point, v1 + v2);
        fvec_store(to + 2 * point, v2 - v1);
        fvec_store(to + 3 * point, v1 - v3);
    }
}

/* The points x0 - x2, x1, x2, x3, x4 - x2 of both axes. */
FL_INLINE void source_2(const float *a, const float *b, int64_t pitch, int64_t phase, float *to, int64_t point) {
    FL_UNROLL for (int p = 0; p < 5; p++, to += 5 * point) {
        int64_t one = p * pitch, two = 2 * pitch;
        int sign = p % 4 ? 0 : -1;
        fvec l = rows_of(a, one, two, sign), m = rows_of(b, one, two, sign);
        fvec x0 = evens(l, m), x2 = odds(l, m);
        fvec x4 = evens(rows_of(a + 2, one, two, sign), rows_of(b + 2, one, two, sign));
        l = rows_of(a + phase, one, two, sign), m = rows_of(b + phase, one, two, sign);
        fvec_store(to, x0 - x2);
        fvec_store(to + point, evens(l, m));
        fvec_store(to + 2 * point, x2);
        fvec_store(to + 3 * point, odds(l, m));
        fvec_store(to + 4 * point, x4 - x2);
    }
}

/* The points f - g, g, h - g of both axes, and one of f and h: that of `last`. */
FL_INLINE void source_back_2(const float *a, const float *b, int64_t pitch, int64_t last, float *to, int64_t point) {
    FL_UNROLL for (int p = 0; p < 4; p++, to += 4 * point) {
        int64_t one = (p == 0 ? 0 : p == 1 ? 1 : p == 2 ? 2 : last) * pitch, two = pitch;
        int sign = p % 2 ? 0 : -1;
        fvec l = rows_of(a, one, two, sign), m = rows_of(b, one, two, sign);
        fvec f = evens(l, m), g = odds(l, m);
        fvec h = evens(rows_of(a + 2, one, two, sign), rows_of(b + 2, one, two, sign));
        fvec_store(to, f - g);
        fvec_store(to + point, g);
        fvec_store(to + 2 * point, h - g);
        fvec_store(to + 3 * point, last ? h : f);
    }
}

FL_INLINE void source_even_2(const float *a, const float *b, int64_t pitch, int64_t phase, float *to, int64_t point) {
    (void)phase;
    source_back_2(a, b, pitch, 2, to, point);
}

FL_INLINE void source_odd_2(const float *a, const float *b, int64_t pitch, int64_t phase, float *to, int64_t point) {
    (void)phase;
    source_back_2(a, b, pitch, 0, to, point);
}

/* A g A' with the columns (1 1 1 0), (0 1 -1 -1) of A. */
FL_INLINE void gradient_1(const float *a, const float *b, int64_t pitch, int64_t phase, float *to, int64_t point) {
    (void)phase;
    fvec l = fvec_load(a), m = fvec_load(b), n = fvec_load(a + pitch), o = fvec_load(b + pitch);
    fvec e = evens(l, m), f = odds(l, m), g = evens(n, o), h = odds(n, o);
    fvec left[4] = {e, e + g, e - g, -g}, right[4] = {f, f + h, f - h, -h};
    FL_UNROLL for (int p = 0; p < 4; p++, to += 4 * point) {
        fvec_store(to, left[p]);
        fvec_store(to + point, left[p] + right[p]);
        fvec_store(to + 2 * point, left[p] - right[p]);
        fvec_store(to + 3 * point, -right[p]);
    }
}

/* The points y0, y0 + y1, y1 of both axes. */
FL_INLINE void gradient_2(const float *a, const float *b, int64_t pitch, int64_t phase, float *to, int64_t point) {
    (void)phase;
    fvec l = fvec_load(a), m = fvec_load(b), n = fvec_load(a + pitch), o = fvec_load(b + pitch);
    fvec e = evens(l, m), f = odds(l, m), g = evens(n, o), h = odds(n, o);
    fvec left[3] = {e, e + g, g}, right[3] = {f, f + h, h};
    FL_UNROLL for (int p = 0; p < 3; p++, to += 3 * point) {
        fvec_store(to, left[p]);
        fvec_store(to + point, left[p] + right[p]);
        fvec_store(to + 2 * point, right[p]);
    }
}

#define WALK(name)                                                                                \
    static void walk_##name(const fl_walk *w, const float *plane, float *to) { walk_vectors(w, plane, to, name); }
WALK(source_1)
WALK(source_2)
WALK(source_even_2)
WALK(source_odd_2)
WALK(gradient_1)
WALK(gradient_2)

/* ---- the same for one tile of FL_WIDTH channels ---- */

/* Element j of lines `one` and `two`. */
FL_INLINE fvec lines_of(const float *const *lines, int j, int one, int two, int sign) {
    fvec v = fvec_load(lines[one] + j * FL_WIDTH);
    return sign == 0 ? v : sign > 0 ? v + fvec_load(lines[two] + j * FL_WIDTH) : v - fvec_load(lines[two] + j * FL_WIDTH);
}

static void turned_source_1(const float *const *lines, float *to, int64_t point) {
    FL_UNROLL for (int p = 0; p < 4; p++, to += 4 * point) {
        int one = p == 0 ? 0 : p == 2 ? 2 : 1, two = p == 3 ? 3 : p == 2 ? 1 : 2, sign = p == 1 ? 1 : -1;
        fvec v[4];
        FL_UNROLL for (int j = 0; j < 4; j++)
            v[j] = lines_of(lines, j, one, two, sign);
        fvec_store(to, v[0] - v[2]);
        fvec_store(to + point, v[1] + v[2]);
        fvec_store(to + 2 * point, v[2] - v[1]);
        fvec_store(to + 3 * point, v[1] - v[3]);
    }
}

static void turned_source_2(const float *const *lines, float *to, int64_t point) {
    FL_UNROLL for (int p = 0; p < 5; p++, to += 5 * point) {
        fvec v[5];
        FL_UNROLL for (int j = 0; j < 5; j++)
            v[j] = lines_of(lines, j, p, 2, p % 4 ? 0 : -1);
        fvec_store(to, v[0] - v[2]);
        fvec_store(to + point, v[1]);
        fvec_store(to + 2 * point, v[2]);
        fvec_store(to + 3 * point, v[3]);
        fvec_store(to + 4 * point, v[4] - v[2]);
    }
}

static void turned_gradient_1(const float *const *lines, float *to, int64_t point) {
    fvec e = fvec_load(lines[0]), f = fvec_load(lines[0] + FL_WIDTH), g = fvec_load(lines[1]), h = fvec_load(lines[1] + FL_WIDTH);
    fvec left[4] = {e, e + g, e - g, -g}, right[4] = {f, f + h, f - h, -h};
    FL_UNROLL for (int p = 0; p < 4; p++, to += 4 * point) {
        fvec_store(to, left[p]);
        fvec_store(to + point, left[p] + right[p]);
        fvec_store(to + 2 * point, left[p] - right[p]);
        fvec_store(to + 3 * point, -right[p]);
    }
}

static void turned_gradient_2(const float *const *lines, float *to, int64_t point) {
    fvec e = fvec_load(lines[0]), f = fvec_load(lines[0] + FL_WIDTH), g = fvec_load(lines[1]), h = fvec_load(lines[1] + FL_WIDTH);
    fvec left[3] = {e, e + g, g}, right[3] = {f, f + h, h};
    FL_UNROLL for (int p = 0; p < 3; p++, to += 3 * point) {
        fvec_store(to, left[p]);
        fvec_store(to + point, left[p] + right[p]);
        fvec_store(to + 2 * point, right[p]);
    }
}

/* ---- outputs ---- */

/* The first n elements of a vector, or all, or none. */
static __attribute__((noinline)) void put_part(fvec v, int64_t n, float *y) {
    if (n >= FL_WIDTH)
        fvec_store(y, v);
    else if (n > 0)
        fvec_store_part(y, v, n);
}

/* Row i of a unit, `vectors` vectors: what lies inside the result. */
FL_INLINE void put_row(const fvec *row, int vectors, int64_t i, const fl_unit *u, const fl_outputs *to) {
    float *y = to->y + u->result + i * to->width;
    int64_t n = to->width - u->column;
    __builtin_prefetch(y + to->next, 1);
    if (to->top + u->row + i >= to->height)
        return;
    if (vectors * FL_WIDTH <= n) {
        FL_UNROLL for (int j = 0; j < vectors; j++)
            fvec_store(y + j * FL_WIDTH, row[j]);
    } else {
        FL_UNROLL for (int j = 0; j < vectors; j++)
            put_part(row[j], n - j * FL_WIDTH, y + j * FL_WIDTH);
    }
}

/* Two rows of one vector. */
FL_INLINE void put_unit(const fvec *rows, const fl_unit *u, const fl_outputs *to) {
    put_row(rows, 1, 0, u, to);
    put_row(rows + 1, 1, 1, u, to);
}

/* y = A' m A + bias. */
/* Squares of 2 x 2 outputs of one or two units; 0 for each that is finite. */
FL_INLINE fvec put_squares(fvec y00, fvec y01, fvec y10, fvec y11, const fl_unit *units, int two, const fl_outputs *to) {
    fvec a[2] = {first_unit(y00, y01), first_unit(y10, y11)}, b[2] = {second_unit(y00, y01), second_unit(y10, y11)};
    put_unit(a, units, to);
    if (two)
        put_unit(b, units + 1, to);
    return ((y00 + y01) + (y10 + y11)) * 0.0f;
}

static fvec finish_1(const fl_unit *units, int64_t count, const float *m, int64_t point, float bias, const fl_outputs *to) {
    fvec check = {0}, start = fvec_set(bias);
    for (int64_t i = 0; i < count; i += 2, m += FL_WIDTH) {
        fvec s[4][2];
        FL_UNROLL for (int p = 0; p < 4; p++) {
            fvec a = fvec_load(m + 4 * p * point), b = fvec_load(m + (4 * p + 1) * point);
            fvec c = fvec_load(m + (4 * p + 2) * point), d = fvec_load(m + (4 * p + 3) * point);
            s[p][0] = a + b + c;
            s[p][1] = b - c - d;
        }
        fvec y00 = s[0][0] + s[1][0] + s[2][0] + start, y01 = s[0][1] + s[1][1] + s[2][1] + start;
        fvec y10 = s[1][0] - s[2][0] - s[3][0] + start, y11 = s[1][1] - s[2][1] - s[3][1] + start;
        check += put_squares(y00, y01, y10, y11, units + i, i + 1 < count, to);
    }
    return check;
}

static fvec finish_2(const fl_unit *units, int64_t count, const float *m, int64_t point, float bias, const fl_outputs *to) {
    fvec check = {0}, start = fvec_set(bias);
    for (int64_t i = 0; i < count; i += 2, m += FL_WIDTH) {
        fvec s[3][2];
        FL_UNROLL for (int p = 0; p < 3; p++) {
            fvec c = fvec_load(m + (3 * p + 1) * point);
            s[p][0] = fvec_load(m + 3 * p * point) + c;
            s[p][1] = fvec_load(m + (3 * p + 2) * point) + c;
        }
        fvec y00 = s[0][0] + s[1][0] + start, y01 = s[0][1] + s[1][1] + start;
        fvec y10 = s[2][0] + s[1][0] + start, y11 = s[2][1] + s[1][1] + start;
        check += put_squares(y00, y01, y10, y11, units + i, i + 1 < count, to);
    }
    return check;
}

/* Row r of two units, from a row of points x or, with `both`, from that added to the next. */
FL_INLINE fvec finish_back_row(int both, int odd, int r, const fl_unit *units, int two, const float *x, int64_t point, fvec start, const fl_outputs *to) {
    fvec s[5], row[2];
    FL_UNROLL for (int j = 0; j < 5; j++, x += point)
        s[j] = both ? fvec_load(x) + fvec_load(x + 5 * point) : fvec_load(x);
    fvec p0 = s[0] + s[1] + start, p1 = s[1] + s[2] + start, q0 = s[3] + start, q1 = s[4] + start;
    fvec a0 = odd ? q0 : p0, a1 = odd ? q1 : p1, b0 = odd ? p0 : q0, b1 = odd ? p1 : q1;
    fvec a = first_unit(a0, a1), b = first_unit(b0, b1);
    row[0] = fvec_low(a, b), row[1] = fvec_high(a, b);
    put_row(row, 2, r, units, to);
    if (two) {
        a = second_unit(a0, a1), b = second_unit(b0, b1);
        row[0] = fvec_low(a, b), row[1] = fvec_high(a, b);
        put_row(row, 2, r, units + 1, to);
    }
    return ((p0 + p1) + (q0 + q1)) * 0.0f;
}

/* Points of an axis: three for two elements that take weights of even number (p0 + p1 and p1 + p2), one each
 * for those that take the weight between. `odd`: the latter come first. */
static fvec finish_back_2(int odd, const fl_unit *units, int64_t count, const float *m, int64_t point, float bias, const fl_outputs *to) {
    fvec check = {0}, start = fvec_set(bias);
    for (int64_t i = 0; i < count; i += 2, m += FL_WIDTH)
        for (int r = 0; r < 2; r++) {
            const float *x = m + 5 * r * point;
            check += finish_back_row(1, odd, 2 * r + odd, units + i, i + 1 < count, x, point, start, to);
            check += finish_back_row(0, odd, 2 * r + !odd, units + i, i + 1 < count, x + 15 * point, point, start, to);
        }
    return check;
}

static fvec finish_even_2(const fl_unit *units, int64_t count, const float *m, int64_t point, float bias, const fl_outputs *to) {
    return finish_back_2(0, units, count, m, point, bias, to);
}

static fvec finish_odd_2(const fl_unit *units, int64_t count, const float *m, int64_t point, float bias, const fl_outputs *to) {
    return finish_back_2(1, units, count, m, point, bias, to);
}

/* ---- the three ways ---- */

static const fl_tiles of_gradient_1 = {.step = 2, .lines = 2, .phases = 1, .outputs = 2, .sources = 4, .transform = walk_gradient_1, .turned = turned_gradient_1};
static const fl_tiles of_gradient_2 = {.step = 2, .lines = 2, .phases = 1, .outputs = 2, .sources = 3, .transform = walk_gradient_2, .turned = turned_gradient_2};

const fl_tiles fl_tiles_stride_1 = {
    .step = 2, .lines = 4, .extra = 2, .phases = 1, .outputs = 2, .sources = 4, .results = 4, .products = 4,
    .product = {{0, 0, {1, 0, 0}}, {1, 1, {.5f, .5f, .5f}}, {2, 2, {.5f, -.5f, .5f}}, {3, 3, {0, 0, 1}}},
    .transform = walk_source_1, .turned = turned_source_1, .finish = finish_1, .gradient = &of_gradient_1,
};
const fl_tiles fl_tiles_stride_2 = {
    .step = 4, .lines = 5, .extra = 2, .phases = 2, .outputs = 2, .sources = 5, .results = 3, .products = 5,
    .product = {{0, 0, {1, 0, 0}}, {1, 0, {0, 1, 0}}, {2, 1, {1, 0, 1}}, {3, 2, {0, 1, 0}}, {4, 2, {0, 0, 1}}},
    .transform = walk_source_2, .turned = turned_source_2, .finish = finish_2, .gradient = &of_gradient_2,
};
const fl_tiles fl_tiles_even_2 = {
    .step = 2, .lines = 3, .extra = 2, .phases = 1, .outputs = 4, .sources = 4, .results = 5, .products = 5,
    .product = {{0, 0, {0, 0, 1}}, {1, 1, {1, 0, 1}}, {2, 2, {1, 0, 0}}, {1, 3, {0, 1, 0}}, {3, 4, {0, 1, 0}}},
    .transform = walk_source_even_2, .finish = finish_even_2,
};
const fl_tiles fl_tiles_odd_2 = {
    .step = 2, .lines = 3, .extra = 2, .phases = 1, .outputs = 4, .sources = 4, .results = 5, .products = 5,
    .product = {{0, 0, {0, 0, 1}}, {1, 1, {1, 0, 1}}, {2, 2, {1, 0, 0}}, {3, 3, {0, 1, 0}}, {1, 4, {0, 1, 0}}},
    .transform = walk_source_odd_2, .finish = finish_odd_2,
};

/* ---- how planes are cut ---- */

/* Elements of even and of odd number, n in all. */
static void part(const float *from, int64_t n, float *even, float *odd) {
    int64_t i = 0;
    for (; 2 * (i + FL_WIDTH) <= n; i += FL_WIDTH) {
        fvec a = fvec_load(from + 2 * i), b = fvec_load(from + 2 * i + FL_WIDTH);
        fvec_store(even + i, fvec_even(a, b));
        fvec_store(odd + i, fvec_odd(a, b));
    }
    for (; 2 * i < n; i++) {
        even[i] = from[2 * i];
        if (2 * i + 1 < n)
            odd[i] = from[2 * i + 1];
    }
}

/* Has the same lines of the next channel fetched, while this one is worked on. */
static void fetch_next(const fl_tiled *t, const float *from, int64_t first, int64_t last, int64_t images) {
    for (int64_t i = 0; i < images; i++, from += t->channels * t->height * t->width)
        for (int64_t at = first * t->width; at < last * t->width; at += 16)
            __builtin_prefetch(from + t->height * t->width + at);
}

const float *fl_tiled_planes(const fl_tiled *t, int64_t channel, int64_t image, int64_t row, int64_t images, float *room) {
    const fl_tiles *a = t->with;
    const float *from = t->from + (image * t->channels + channel) * t->height * t->width;
    int64_t first = row * a->step - t->pad[0], lines = (fl_least(t->band, t->rows - row) - 1) * a->step + a->lines;
    int64_t begin = fl_most(0, -first), end = fl_least(lines, t->height - first);
    if (channel + 1 < t->channels)
        fetch_next(t, from, first + begin, first + end, images);
    if (t->direct)
        return from + first * t->width;
    int64_t left = t->pad[1], width = fl_least(t->width, t->pitch * a->phases - left);
    for (int64_t i = 0; i < images; i++, from += t->channels * t->height * t->width)
        for (int64_t j = begin; j < end; j++) {
            float *to = room + i * t->plane + j * t->pitch;
            if (a->phases == 1)
                fl_copy_floats(from + (first + j) * t->width, width, to + left);
            else
                part(from + (first + j) * t->width, width, to + left % 2 * t->phase + left / 2, to + (left + 1) % 2 * t->phase + (left + 1) / 2);
        }
    return room;
}

#include "plans.h"

static int place_units(fl_tiled *t) {
    int64_t size = t->outputs[0] * t->outputs[1], each = t->with->outputs, n = 0;
    int64_t image = t->direct ? t->channels * t->plane : t->plane;
    t->units = malloc((size_t)t->most * sizeof(fl_unit));
    for (int64_t i = 0; t->units && i < t->images; i++)
        for (int64_t r = 0; r < t->band; r++)
            for (int64_t u = 0; u < t->across; u++, n++) {
                int64_t row = r * each, column = u * FL_UNIT * each;
                t->units[n] = (fl_unit){
                    .source = (int32_t)(i * image + r * t->with->step * t->pitch + u * FL_WIDTH),
                    .result = (int32_t)(i * t->outs * size + row * t->outputs[1] + column),
                    .row = (int32_t)row, .column = (int32_t)column,
                };
            }
    return t->units != NULL;
}

static int place_planes(fl_tiled *t) {
    const fl_tiles *a = t->with;
    int64_t columns = t->across * FL_WIDTH + a->extra;
    t->direct = !t->pad[0] && !t->pad[1] && a->phases == 1 && columns <= t->width;
    t->direct = t->direct && (t->rows - 1) * a->step + a->lines <= t->height;
    t->pitch = t->direct ? t->width : columns;
    t->plane = t->direct ? t->height * t->width : ((t->band - 1) * a->step + a->lines) * columns * a->phases;
    t->phase = t->plane / 2;
    t->most = t->images * t->band * t->across;
    return place_units(t);
}

/* The number from 1 to `most` of images (or of rows of tiles, `each` units, of which there are `all` in each of
 * `batch`) for which the last of the threads is done first, if all jobs take what their units, in multiples of
 * `fit`, and `more` take. */
static int64_t best_cut(int64_t most, int64_t each, int64_t all, int64_t batch, int64_t threads, int64_t fit, int64_t more) {
    int64_t best = 1, least = INT64_MAX;
    for (int64_t i = 1; i <= most; i++) {
        int64_t jobs = fl_pieces(fl_pieces(all, i) * batch, threads), time = jobs * (fl_pieces(i * each, fit) * fit + more);
        if (time < least)
            best = i, least = time;
    }
    return best;
}

int fl_tiled_plan(fl_tiled *t, int64_t units, int64_t threads, int64_t fit) {
    int64_t each = t->with->outputs;
    t->rows = fl_pieces(t->outputs[0], each);
    t->across = fl_pieces(t->outputs[1], FL_UNIT * each);
    int64_t image = t->rows * t->across, size = fl_most(t->outs * t->outputs[0] * t->outputs[1], t->channels * t->height * t->width);
    t->images = 1, t->band = t->rows;
    if (image <= units && t->batch >= threads)
        t->images = best_cut(fl_least(fl_least(units / image, INT32_MAX / 4 / size), t->batch), image, t->batch, 1, threads, fit, 0);
    else /* bands read some rows twice */
        t->band = best_cut(fl_most(1, fl_least(units / t->across, t->rows)), t->across, t->rows, t->batch, threads, fit, t->across / 2);
    t->bands = fl_pieces(t->rows, t->band);
    t->jobs = fl_pieces(t->batch, t->images) * t->bands;
    return place_planes(t);
}

int fl_tiled_like(fl_tiled *t, const fl_tiled *other) {
    t->rows = other->rows, t->across = other->across, t->images = other->images;
    t->band = other->band, t->bands = other->bands, t->jobs = other->jobs;
    return place_planes(t);
}

int64_t fl_tiled_job(const fl_tiled *t, int64_t job, int64_t *image, int64_t *row, int64_t *images) {
    *image = job / t->bands * t->images, *row = job % t->bands * t->band;
    *images = fl_least(t->images, t->batch - *image);
    return *images * fl_least(t->band, t->rows - *row) * t->across;
}

int64_t fl_tiled_room(const fl_tiled *t) {
    return t->direct ? 0 : t->images * t->plane + 2 * FL_WIDTH;
}
