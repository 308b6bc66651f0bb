/* 3 x 3 convolutions of stride 1 with fewer multiplications.
 *
 * Each 2 x 2 outputs y of a channel pair come from 4 x 4 inputs d by 16 multiplications instead of
 * 36: with the matrices below, y = A' [(G w G') * (B' d B)] A (' transposes, * is elementwise). Over
 * channels the 16 elementwise products are 16 products of matrices, weights by tiles. The gradient
 * by the input is the same with turned weights; that by the weight is
 * G' [sum over tiles of (A g A') * (B' d B)] G. Winograd, "Arithmetic complexity of computations"
 * (1980); Lavin and Gray, arXiv:1509.09308, who find it as exact as direct sums for this size.
 *
 *      1  0 -1  0          1   0   0          1  0
 * B' = 0  1  1  0     G = .5  .5  .5     A =  1  1
 *      0 -1  1  0         .5 -.5  .5          1 -1
 *      0  1  0 -1          0   0   1          0 -1
 *
 * An infinity or NaN would spread over its tile: images whose result is not finite are computed
 * again, directly, by the caller. */
#include "conv.h"
#include <stdlib.h>
#include <string.h>

enum { POINTS = 16 };          /* of a transformed tile */
enum { FEWEST = 16 };          /* channels on both sides, at least */
enum { MOST_WEIGHTS = 1 << 16 }; /* pairs of channels, at most: transformed weights take 16 floats each */
enum { LEAST_TILES = 512 };    /* over all images, for the weights' transformation to pay */
enum { BAND_FLOATS = 256 * 1024 }; /* transformed numbers of a band of tiles, if it can be */
enum { LEAST_BAND = 48 };      /* tiles of a band, for the products to be worth their calls */

/* One direction's sizes: from source channels and plane to result channels and plane. */
typedef struct {
    int64_t batch, ins, outs;
    int64_t height, width, out_height, out_width, pad[2];
    int64_t rows, across;    /* tiles of a plane */
    int64_t band, bands;     /* rows of tiles at a time */
    int64_t stride;          /* floats between channels of transformed tiles */
    int64_t source, other;   /* floats between points: of the source, of the result (or its gradient) */
    int64_t line, lines;     /* floats of a row of padded columns (even or odd); rows */
    const float *from, *weights, *bias, *gradient;
    float *result, *sums;
    int64_t shares;
    fl_tile_done done;
    void *context;
    char *unfinished;        /* images whose result is not finite */
} winograd;

/* Floats between points so that the sixteen do not fall into the same sets of the first cache. */
static int64_t apart(int64_t floats) { return floats + (80 - floats % 1024 + 1024) % 1024; }

static void measure(winograd *k) {
    k->rows = fl_pieces(k->out_height, 2);
    k->across = fl_pieces(k->out_width, 2);
    int64_t tiles = BAND_FLOATS / (POINTS * (k->ins + k->outs));
    k->band = fl_least(fl_pieces(fl_most(tiles, LEAST_BAND), k->across), k->rows);
    k->bands = fl_pieces(k->rows, k->band);
    k->band = fl_pieces(k->rows, k->bands);
    k->bands = fl_pieces(k->rows, k->band);
    /* An odd number of cache lines; the last vectors reach past the last tile. */
    k->stride = (((k->band * k->across + 2 * FL_WIDTH + 15) / 16) | 1) * 16;
    k->source = apart(k->ins * k->stride), k->other = apart(k->outs * k->stride);
    k->line = (fl_pieces(k->across, FL_WIDTH) + 1) * FL_WIDTH;
    k->lines = 2 * k->band + 2;
}

/* ---- the source's tiles ---- */

/* A thread's scratch memory: transformed tiles, and columns of a channel. */
typedef struct { float *source, *other, *even, *odd, *row, *turned; } room;

static room make_room(const winograd *k, int64_t turned) {
    int64_t columns = k->lines * k->line, floats = POINTS * (k->source + k->other) + 2 * columns + 2 * k->line + turned;
    float *at = fl_scratch(FL_CONV_A, (size_t)floats * sizeof(float));
    room r = {.source = at, .other = at + POINTS * k->source};
    r.even = r.other + POINTS * k->other, r.odd = r.even + columns, r.row = r.odd + columns;
    r.turned = r.row + 2 * k->line;
    return r;
}

/* Rows of one plane from `first` on, padded with zeros, even and odd columns apart. */
static void split_columns(const winograd *k, const float *plane, int64_t height, int64_t width, int64_t pad, int64_t first, const room *r) {
    float *even = r->even, *odd = r->odd;
    int64_t columns = fl_least(width, 2 * k->line - pad);
    memset(r->row, 0, (size_t)(2 * k->line) * sizeof(float));
    for (int64_t i = 0; i < k->lines; i++, even += k->line, odd += k->line) {
        int64_t row = first + i;
        if (row < 0 || row >= height) {
            memset(even, 0, (size_t)k->line * sizeof(float));
            memset(odd, 0, (size_t)k->line * sizeof(float));
            continue;
        }
        fl_copy_floats(plane + row * width, columns, r->row + pad);
        for (int64_t j = 0; j < k->line; j += FL_WIDTH) {
            fvec a = fvec_load(r->row + 2 * j), b = fvec_load(r->row + 2 * j + FL_WIDTH);
            fvec_store(even + j, fvec_even(a, b));
            fvec_store(odd + j, fvec_odd(a, b));
        }
    }
}

/* to[point] = B' d B for the tiles of one channel in `rows` rows. */
static void transform_source(const winograd *k, int64_t rows, const room *r, float *to) {
    for (int64_t i = 0; i < rows; i++)
        for (int64_t t = 0; t < k->across; t += FL_WIDTH) {
            const float *even = r->even + 2 * i * k->line + t, *odd = r->odd + 2 * i * k->line + t;
            float *out = to + i * k->across + t;
            FL_UNROLL for (int p = 0; p < 4; p++) {
                int64_t one = (p == 0 ? 0 : p == 2 ? 2 : 1) * k->line, two = (p == 3 ? 3 : p == 2 ? 1 : 2) * k->line;
                fvec v[4];
                FL_UNROLL for (int j = 0; j < 4; j++) {
                    const float *x = j % 2 ? odd : even;
                    fvec a = fvec_load(x + one + j / 2), b = fvec_load(x + two + j / 2);
                    v[j] = p == 1 ? a + b : a - b;
                }
                fvec_store(out + (4 * p + 0) * k->source, v[0] - v[2]);
                fvec_store(out + (4 * p + 1) * k->source, v[1] + v[2]);
                fvec_store(out + (4 * p + 2) * k->source, v[2] - v[1]);
                fvec_store(out + (4 * p + 3) * k->source, v[1] - v[3]);
            }
        }
}

static void source_tiles(const winograd *k, int64_t image, int64_t row, int64_t rows, const room *r) {
    for (int64_t c = 0; c < k->ins; c++) {
        const float *plane = k->from + (image * k->ins + c) * k->height * k->width;
        split_columns(k, plane, k->height, k->width, k->pad[1], 2 * row - k->pad[0], r);
        transform_source(k, rows, r, r->source + c * k->stride);
    }
}

/* ---- the result's tiles ---- */

static void put_row(float *to, fvec even, fvec odd, int64_t count) {
    fvec low = fvec_low(even, odd), high = fvec_high(even, odd);
    if (count >= 2 * FL_WIDTH) {
        fvec_store(to, low);
        fvec_store(to + FL_WIDTH, high);
        return;
    }
    float part[2 * FL_WIDTH];
    fvec_store(part, low);
    fvec_store(part + FL_WIDTH, high);
    memcpy(to, part, (size_t)count * sizeof(float));
}

/* y = A' m A + bias for one channel; not 0 where something in it is not finite. */
static fvec finish_channel(const winograd *k, const float *from, int64_t row, int64_t rows, float bias, float *y) {
    fvec check = {0}, start = fvec_set(bias);
    int64_t point = k->other;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t t = 0; t < k->across; t += FL_WIDTH) {
            const float *m = from + r * k->across + t;
            fvec s[4][2];
            FL_UNROLL for (int i = 0; i < 4; i++) {
                fvec a = fvec_load(m + 4 * i * point), b = fvec_load(m + (4 * i + 1) * point);
                fvec c = fvec_load(m + (4 * i + 2) * point), d = fvec_load(m + (4 * i + 3) * point);
                s[i][0] = a + b + c;
                s[i][1] = b - c - d;
            }
            fvec y00 = s[0][0] + s[1][0] + s[2][0] + start, y01 = s[0][1] + s[1][1] + s[2][1] + start;
            fvec y10 = s[1][0] - s[2][0] - s[3][0] + start, y11 = s[1][1] - s[2][1] - s[3][1] + start;
            fvec all = (y00 + y01) * 0.0f + (y10 + y11) * 0.0f;
            if (t + FL_WIDTH > k->across) /* lanes past the last tile do not count */
                all = (fvec)((ivec)all & ~fvec_last(t + FL_WIDTH - k->across));
            check += all;
            int64_t line = 2 * (row + r), count = k->out_width - 2 * t;
            put_row(y + line * k->out_width + 2 * t, y00, y01, count);
            if (line + 1 < k->out_height)
                put_row(y + (line + 1) * k->out_width + 2 * t, y10, y11, count);
        }
    return check;
}

static int finish(const winograd *k, int64_t image, int64_t row, int64_t rows, const room *r) {
    fvec check = {0};
    for (int64_t o = 0; o < k->outs; o++) {
        float *y = k->result + (image * k->outs + o) * k->out_height * k->out_width;
        check += finish_channel(k, r->other + o * k->stride, row, rows, k->bias ? k->bias[o] : 0, y);
    }
    return fvec_sum(check) == 0;
}

/* ---- weights ---- */

typedef struct {
    const winograd *k;
    const float *w;
    int64_t by_out, by_in;
    int turned;
    float *to;
} weighting;

/* to[point][out][in] = G w G'. */
static void transform_weights(void *context, int64_t begin, int64_t end) {
    const weighting *all = context;
    const winograd *k = all->k;
    int64_t point = k->outs * k->ins;
    for (int64_t o = begin; o < end; o++)
        for (int64_t c = 0; c < k->ins; c++) {
            const float *w = all->w + o * all->by_out + c * all->by_in;
            float half[4][3], *to = all->to + o * k->ins + c;
            for (int j = 0; j < 3; j++) {
                float x[3];
                for (int i = 0; i < 3; i++)
                    x[i] = all->turned ? w[8 - 3 * i - j] : w[3 * i + j];
                half[0][j] = x[0];
                half[1][j] = 0.5f * (x[0] + x[1] + x[2]);
                half[2][j] = 0.5f * (x[0] - x[1] + x[2]);
                half[3][j] = x[2];
            }
            for (int i = 0; i < 4; i++, to += 4 * point) {
                const float *x = half[i];
                to[0] = x[0];
                to[point] = 0.5f * (x[0] + x[1] + x[2]);
                to[2 * point] = 0.5f * (x[0] - x[1] + x[2]);
                to[3 * point] = x[2];
            }
        }
}

/* ---- forward, and the gradient by the input ---- */

static int run_band(const winograd *k, int64_t image, int64_t band) {
    int64_t row = band * k->band, rows = fl_least(k->band, k->rows - row);
    int64_t columns = fl_pieces(rows * k->across, FL_WIDTH) * FL_WIDTH;
    room r = make_room(k, 0);
    source_tiles(k, image, row, rows, &r);
    for (int p = 0; p < POINTS; p++)
        fl_sgemm_here(k->outs, columns, k->ins, k->weights + p * k->outs * k->ins, k->ins, 1, r.source + p * k->source, k->stride, r.other + p * k->other, k->stride, 0);
    return finish(k, image, row, rows, &r);
}

/* All bands of an image in turn where somebody waits for whole planes. */
static void run_images(void *context, int64_t begin, int64_t end) {
    const winograd *k = context;
    for (int64_t i = begin; i < end; i++) {
        int finite = 1;
        for (int64_t band = 0; band < k->bands; band++)
            finite &= run_band(k, i, band);
        if (!finite)
            k->unfinished[i] = 1;
        else if (k->done)
            k->done(k->context, i, i + 1, 0, k->outs);
    }
}

static void run_bands(void *context, int64_t begin, int64_t end) {
    const winograd *k = context;
    for (int64_t i = begin; i < end; i++)
        if (!run_band(k, i / k->bands, i % k->bands))
            k->unfinished[i / k->bands] = 1;
}

/* Two axes, nothing dilated, no stride and no groups; enough channels and tiles. */
int fl_conv_suits_winograd(const fl_conv *s) {
    int64_t tiles = s->batch * fl_pieces(s->out[1], 2) * fl_pieces(s->out[2], 2);
    int plain = s->groups == 1 && s->out[0] == 1 && s->kernel[0] == 1 && s->padding[0] == 0;
    for (int a = 1; a < 3; a++)
        plain = plain && s->kernel[a] == 3 && s->stride[a] == 1 && s->dilation[a] == 1 && s->padding[a] <= 2 && s->out[a] >= 4;
    return plain && fl_least(s->inputs, s->outputs) >= FEWEST && s->inputs * s->outputs <= MOST_WEIGHTS && tiles >= LEAST_TILES;
}

/* y, or with which = 'x' the gradient by the input; images that are not finite are marked in
 * `unfinished` (and `done` is not told of them). 0 where there is no memory. */
int fl_conv_winograd(const fl_conv *s, int which, const float *from, const float *w, const float *bias, float *to, fl_tile_done done, void *context, char *unfinished) {
    int back = which == 'x';
    winograd k = {
        .batch = s->batch, .ins = back ? s->outputs : s->inputs, .outs = back ? s->inputs : s->outputs,
        .height = back ? s->out[1] : s->size[1], .width = back ? s->out[2] : s->size[2],
        .out_height = back ? s->size[1] : s->out[1], .out_width = back ? s->size[2] : s->out[2],
        .pad = {back ? 2 - s->padding[1] : s->padding[1], back ? 2 - s->padding[2] : s->padding[2]},
        .from = from, .bias = bias, .result = to, .done = done, .context = context, .unfinished = unfinished,
    };
    measure(&k);
    float *weights = malloc((size_t)(POINTS * k.ins * k.outs) * sizeof(float));
    if (!weights)
        return 0;
    k.weights = weights;
    weighting all = {&k, w, back ? 9 : s->inputs * 9, back ? s->inputs * 9 : 9, back, weights};
    fl_for(k.outs, fl_pieces(1024, k.ins), transform_weights, &all);
    if (done)
        fl_for(k.batch, 1, run_images, &k);
    else
        fl_for(k.batch * k.bands, 1, run_bands, &k);
    free(weights);
    return 1;
}

/* ---- the gradient by the weight ---- */

/* to[point] = A g A' for the tiles of one channel of the output's gradient. */
static void transform_gradient(const winograd *k, int64_t rows, const room *r, float *to) {
    int64_t point = k->other;
    for (int64_t i = 0; i < rows; i++)
        for (int64_t t = 0; t < k->across; t += FL_WIDTH) {
            int64_t at = 2 * i * k->line + t;
            fvec a = fvec_load(r->even + at), b = fvec_load(r->odd + at);
            fvec c = fvec_load(r->even + at + k->line), d = fvec_load(r->odd + at + k->line);
            fvec left[4] = {a, a + c, a - c, -c}, right[4] = {b, b + d, b - d, -d};
            float *out = to + i * k->across + t;
            FL_UNROLL for (int p = 0; p < 4; p++, out += 4 * point) {
                fvec_store(out, left[p]);
                fvec_store(out + point, left[p] + right[p]);
                fvec_store(out + 2 * point, left[p] - right[p]);
                fvec_store(out + 3 * point, -right[p]);
            }
        }
}

static void gradient_tiles(const winograd *k, int64_t image, int64_t row, int64_t rows, const room *r) {
    for (int64_t o = 0; o < k->outs; o++) {
        const float *plane = k->gradient + (image * k->outs + o) * k->out_height * k->out_width;
        split_columns(k, plane, k->out_height, k->out_width, 0, 2 * row, r);
        transform_gradient(k, rows, r, r->other + o * k->stride);
    }
}

/* One point's tiles with the channels side by side: to[tile][channel]. */
static void turn(const winograd *k, int64_t tiles, const float *from, int64_t width, float *to) {
    for (int64_t c = 0; c < width; c += FL_WIDTH)
        for (int64_t t = 0; t < tiles; t += FL_WIDTH) {
            fvec square[FL_WIDTH];
            FL_UNROLL for (int i = 0; i < FL_WIDTH; i++)
                square[i] = c + i < k->ins ? fvec_load(from + (c + i) * k->stride + t) : (fvec){0};
            fvec_transpose(square);
            FL_UNROLL for (int i = 0; i < FL_WIDTH; i++)
                fvec_store(to + (t + i) * width + c, square[i]);
        }
}

/* Each share of the bands has sums of its own, [point][out][in]. */
static void sum_share(void *context, int64_t begin, int64_t end) {
    const winograd *k = context;
    int64_t units = k->batch * k->bands, width = fl_pieces(k->ins, FL_WIDTH) * FL_WIDTH;
    for (int64_t share = begin; share < end; share++) {
        float *sums = k->sums + share * POINTS * k->outs * width;
        room r = make_room(k, k->stride * width);
        int64_t first = share * units / k->shares, last = (share + 1) * units / k->shares;
        for (int64_t u = first; u < last; u++) {
            int64_t image = u / k->bands, row = u % k->bands * k->band, rows = fl_least(k->band, k->rows - row);
            int64_t tiles = rows * k->across;
            source_tiles(k, image, row, rows, &r);
            gradient_tiles(k, image, row, rows, &r);
            for (int p = 0; p < POINTS; p++) {
                turn(k, tiles, r.source + p * k->source, width, r.turned);
                fl_sgemm_here(k->outs, width, tiles, r.other + p * k->other, k->stride, 1, r.turned, width, sums + p * k->outs * width, width, u > first);
            }
        }
    }
}

/* dw = G' s G of the sums of all shares; rows of pairs of channels. */
static void finish_weights(void *context, int64_t begin, int64_t end) {
    const winograd *k = context;
    int64_t width = fl_pieces(k->ins, FL_WIDTH) * FL_WIDTH, point = k->outs * width;
    for (int64_t pair = begin * k->ins; pair < end * k->ins; pair++) {
        int64_t at = pair / k->ins * width + pair % k->ins;
        float s[4][4], half[3][4], *w = k->result + 9 * pair;
        for (int p = 0; p < POINTS; p++) {
            float sum = 0;
            for (int64_t i = 0; i < k->shares; i++)
                sum += k->sums[(i * POINTS + p) * point + at];
            s[p / 4][p % 4] = sum;
        }
        for (int j = 0; j < 4; j++) {
            half[0][j] = s[0][j] + 0.5f * (s[1][j] + s[2][j]);
            half[1][j] = 0.5f * (s[1][j] - s[2][j]);
            half[2][j] = s[3][j] + 0.5f * (s[1][j] + s[2][j]);
        }
        for (int i = 0; i < 3; i++) {
            w[3 * i] = half[i][0] + 0.5f * (half[i][1] + half[i][2]);
            w[3 * i + 1] = 0.5f * (half[i][1] - half[i][2]);
            w[3 * i + 2] = half[i][3] + 0.5f * (half[i][1] + half[i][2]);
        }
    }
}

/* The gradient by the weight; 0 where it is not finite or there is no memory. */
int fl_conv_winograd_weight(const fl_conv *s, const float *g, const float *x, float *w) {
    winograd k = {
        .batch = s->batch, .ins = s->inputs, .outs = s->outputs,
        .height = s->size[1], .width = s->size[2], .out_height = s->out[1], .out_width = s->out[2],
        .pad = {s->padding[1], s->padding[2]}, .from = x, .gradient = g, .result = w,
    };
    measure(&k);
    k.shares = fl_least(fl_threads_here(), k.batch * k.bands);
    int64_t width = fl_pieces(k.ins, FL_WIDTH) * FL_WIDTH;
    k.sums = malloc((size_t)(k.shares * POINTS * k.outs * width) * sizeof(float));
    if (!k.sums)
        return 0;
    fl_for(k.shares, 1, sum_share, &k);
    fl_for(k.outs, fl_pieces(1024, k.ins), finish_weights, &k);
    free(k.sums);
    return fl_all_finite(w, 9 * k.outs * k.ins);
}
