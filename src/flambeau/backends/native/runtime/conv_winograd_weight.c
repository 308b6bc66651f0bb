/* The gradient by the weight of 3 x 3 convolutions of stride 1 and 2, by transformed tiles: see
 * conv_tiles.h. It is the transpose of the way forward: the points of the source times the transposed
 * points of the output's gradient, summed over all tiles, are the gradients of what the weights become.
 *
 * One of the two has its channels side by side (turned): the one with fewer numbers. */
#include "conv_tiles.h"
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 96 * 1024 };  /* floats of a job's points: they fit the second cache */
enum { LEAST = 64 };         /* tiles of a job, for the sums to be worth their loads and stores */
enum { MANY = 1 << 19 };     /* sums that lie in no near cache: they need more tiles */
enum { PARTIAL = 32 * 1024 * 1024 }; /* floats of all threads' sums together */
enum { LINES = 8 };          /* a ring of lines; a tile has five at most */

typedef struct {
    fl_tiled tiled;
    int64_t points;          /* of two axes */
    int64_t apart;           /* floats between them; a channel's points lie together on the other side */
} side;

typedef struct {
    side sides[2];           /* the source's and the gradient's */
    int turned;              /* which of them has its channels side by side */
    int64_t stride, line;    /* floats between channels of the other side; between tiles of the turned */
    int64_t width;           /* of sums: the turned side's channels in whole vectors */
    int64_t products, rows;  /* rows: the other side's channels */
    int64_t shares;
    float *sums, *result;    /* sums: by share, product, channel of the other side, of the turned */
} weighing;

/* none: zeros. lines: of FL_WIDTH channels, side by side. */
typedef struct { float *turned, *other, *lines, *none, *planes; } room;

/* Elements of a line of the turned side: a phase's columns are not apart there. */
static int64_t line_columns(const fl_tiled *t) { return t->across * FL_UNIT * t->with->step + t->with->lines - t->with->step; }

static room make_room(const weighing *k) {
    const side *turned = &k->sides[k->turned], *other = &k->sides[!k->turned];
    int64_t lines = LINES * line_columns(&turned->tiled) * FL_WIDTH, none = k->sides[1].tiled.pitch + 2 * FL_WIDTH;
    int64_t a = turned->points * turned->apart, b = k->rows * k->stride;
    float *at = fl_scratch(FL_CONV_A, (size_t)(a + b + lines + none + fl_tiled_room(&other->tiled)) * sizeof(float));
    room r = {.turned = at, .other = at + a, .lines = at + a + b, .none = at + a + b + lines};
    r.planes = r.none + none;
    memset(r.lines, 0, (size_t)(lines + none) * sizeof(float));
    return r;
}

static void other_points(const weighing *k, int64_t image, int64_t row, int64_t images, int64_t units, const room *r) {
    const side *s = &k->sides[!k->turned];
    const fl_tiled *t = &s->tiled;
    fl_walk walk = {.units = t->units, .count = units, .pitch = t->pitch, .phase = t->phase, .group = -1, .point = s->apart, .none = k->turned ? NULL : r->none};
    memset(r->planes, 0, (size_t)fl_tiled_room(t) * sizeof(float));
    for (int64_t c = 0; c < k->rows; c++)
        t->with->transform(&walk, fl_tiled_planes(t, c, image, row, images, r->planes), r->other + c * k->stride);
}

/* One line of `count` channels side by side, after the padding; n elements of it are there. */
static void turn_line(const float *from, int64_t channel, int64_t count, int64_t n, float *to) {
    int64_t i = 0;
    while (n >= FL_WIDTH && i < n) {
        fvec square[FL_WIDTH];
        i = fl_least(i, n - FL_WIDTH);
        FL_UNROLL for (int j = 0; j < FL_WIDTH; j++)
            square[j] = j < count ? fvec_load(from + j * channel + i) : (fvec){0};
        fvec_transpose(square);
        FL_UNROLL for (int j = 0; j < FL_WIDTH; j++)
            fvec_store(to + (i + j) * FL_WIDTH, square[j]);
        i += FL_WIDTH;
    }
    for (; i < n; i++)
        for (int64_t j = 0; j < FL_WIDTH; j++)
            to[i * FL_WIDTH + j] = j < count ? from[j * channel + i] : 0;
}

/* The tiles of one image and FL_WIDTH channels, whose units are from number `unit` on. Lines stay in their
 * places for the next row of tiles. */
static void turn_image(const weighing *k, const float *from, int64_t count, int64_t row, int64_t rows, int64_t unit, const room *r, float *to) {
    const side *s = &k->sides[k->turned];
    const fl_tiled *t = &s->tiled;
    const fl_tiles *a = t->with;
    int64_t columns = line_columns(t), n = fl_least(t->width, columns - t->pad[1]), done = 0;
    for (int64_t i = 0; i < rows; i++) {
        for (; done < i * a->step + a->lines; done++) {
            int64_t line = row * a->step - t->pad[0] + done;
            float *place = r->lines + done % LINES * columns * FL_WIDTH;
            if (line >= 0 && line < t->height)
                turn_line(from + line * t->width, t->height * t->width, count, n, place + t->pad[1] * FL_WIDTH);
            else
                memset(place, 0, (size_t)(columns * FL_WIDTH) * sizeof(float));
        }
        for (int64_t u = 0; u < t->across; u++, unit++)
            for (int64_t j = 0; j < FL_UNIT; j++) {
                const float *lines[LINES];
                for (int64_t l = 0; l < a->lines; l++)
                    lines[l] = r->lines + ((i * a->step + l) % LINES * columns + (u * FL_UNIT + j) * a->step) * FL_WIDTH;
                a->turned(lines, to + (unit / 2 * FL_WIDTH + fl_tile_lane(unit, j)) * k->line, s->apart);
            }
    }
}

static void turned_points(const weighing *k, int64_t image, int64_t row, int64_t images, int64_t units, const room *r) {
    const side *s = &k->sides[k->turned];
    const fl_tiled *t = &s->tiled;
    int64_t plane = t->height * t->width, each = units / images;
    for (int64_t c = 0; c < t->channels; c += FL_WIDTH)
        for (int64_t i = 0; i < images; i++) {
            const float *from = t->from + ((image + i) * t->channels + c) * plane;
            turn_image(k, from, fl_least(FL_WIDTH, t->channels - c), row, each / t->across, i * each, r, r->turned + c);
        }
    for (int64_t p = 0; units % 2 && p < s->points; p++) /* a vector without a second unit */
        for (int64_t j = 0; j < FL_UNIT; j++)
            memset(r->turned + p * s->apart + (units / 2 * FL_WIDTH + fl_tile_lane(units, j)) * k->line, 0, (size_t)k->width * sizeof(float));
}

/* Each share of the jobs has sums of its own. */
static void sum_share(void *context, int64_t begin, int64_t end) {
    const weighing *k = context;
    const fl_tiled *t = &k->sides[0].tiled;
    const fl_tiles *a = t->with;
    for (int64_t share = begin; share < end; share++) {
        float *sums = k->sums + share * k->products * k->rows * k->width;
        room r = make_room(k);
        int64_t first = share * t->jobs / k->shares, last = (share + 1) * t->jobs / k->shares;
        for (int64_t job = first; job < last; job++) {
            int64_t image, row, images, units = fl_tiled_job(t, job, &image, &row, &images);
            other_points(k, image, row, images, units, &r);
            turned_points(k, image, row, images, units, &r);
            for (int p = 0; p < k->products; p++) {
                int i = p / a->products, j = p % a->products;
                int64_t point[2] = {
                    a->product[i].source * a->sources + a->product[j].source,
                    a->product[i].result * a->results + a->product[j].result,
                };
                const float *x = r.other + point[!k->turned] * k->sides[!k->turned].apart;
                const float *y = r.turned + point[k->turned] * k->sides[k->turned].apart;
                fl_sgemm_here(k->rows, k->width, fl_pieces(units, 2) * FL_WIDTH, x, k->stride, 1, y, k->line, sums + p * k->rows * k->width, k->width, job > first);
            }
        }
    }
}

/* The gradients of FL_WIDTH pairs' weights from those of their transforms. */
static void finish_pairs(const weighing *k, int64_t at, fvec *w) {
    const fl_tiles *a = k->sides[0].tiled.with;
    int n = a->products;
    int64_t point = k->rows * k->width;
    for (int i = 0; i < 9; i++)
        w[i] = (fvec){0};
    for (int p = 0; p < n; p++) {
        fvec half[3] = {{0}, {0}, {0}};
        for (int q = 0; q < n; q++) {
            const float *sum = k->sums + (p * n + q) * point + at;
            fvec s = fvec_load(sum);
            for (int64_t i = 1; i < k->shares; i++)
                s += fvec_load(sum + i * k->products * point);
            for (int j = 0; j < 3; j++)
                half[j] += a->product[q].weight[j] * s;
        }
        for (int i = 0; i < 9; i++)
            w[i] += a->product[p].weight[i / 3] * half[i % 3];
    }
}

/* Rows of the sums, [begin, end). */
static void finish_weights(void *context, int64_t begin, int64_t end) {
    const weighing *k = context;
    int64_t inputs = k->sides[0].tiled.channels, channels = k->sides[k->turned].tiled.channels;
    int64_t by_row = 9 * (k->turned ? 1 : inputs), by_lane = 9 * (k->turned ? inputs : 1);
    for (int64_t row = begin; row < end; row++)
        for (int64_t c = 0; c < channels; c += FL_WIDTH) {
            fvec w[9];
            finish_pairs(k, row * k->width + c, w);
            for (int64_t i = 0; i < fl_least(FL_WIDTH, channels - c); i++)
                for (int j = 0; j < 9; j++)
                    k->result[row * by_row + (c + i) * by_lane + j] = w[j][i];
        }
}

static int plan(weighing *k) {
    fl_tiled *source = &k->sides[0].tiled, *gradient = &k->sides[1].tiled;
    for (int i = 0; i < 2; i++)
        k->sides[i].points = k->sides[i].tiled.with->sources * k->sides[i].tiled.with->sources;
    k->products = source->with->products * source->with->products;
    int64_t tile = k->sides[0].points * source->channels + k->sides[1].points * gradient->channels;
    int64_t sums = k->products * source->channels * gradient->channels;
    int64_t tiles = fl_most(sums < MANY ? LEAST : 4 * LEAST, BLOCK / tile);
    if (sums * fl_threads_here() > PARTIAL)
        return 0;
    if (!fl_tiled_plan(source, fl_pieces(tiles, FL_UNIT), fl_threads_here(), 2) || !fl_tiled_like(gradient, source))
        return 0;
    k->turned = k->sides[1].points * gradient->channels < k->sides[0].points * source->channels;
    k->rows = k->sides[!k->turned].tiled.channels;
    k->width = fl_pieces(k->sides[k->turned].tiled.channels, FL_WIDTH) * FL_WIDTH;
    k->line = k->width % 128 ? k->width : k->width + 16; /* rows at powers of two would share a few sets of the cache */
    int64_t places = fl_pieces(source->most, 2) * FL_WIDTH;
    side *turned = &k->sides[k->turned], *other = &k->sides[!k->turned];
    turned->apart = places * k->line, other->apart = places;
    turned->apart += turned->apart % 512 ? 0 : 16;
    k->stride = (fl_pieces(other->points * places, 16) | 1) * 16; /* an odd number of cache lines */
    k->shares = fl_least(fl_threads_here(), source->jobs);
    return 1;
}

/* 0 where the gradient is not finite or there is no memory. */
int fl_conv_winograd_weight(const fl_conv *s, const float *g, const float *x, float *w) {
    weighing k = {.result = w};
    const fl_tiles *with = s->stride[1] == 2 ? &fl_tiles_stride_2 : &fl_tiles_stride_1;
    k.sides[0].tiled = (fl_tiled){
        .with = with, .from = x, .batch = s->batch, .channels = s->inputs, .height = s->size[1], .width = s->size[2],
        .pad = {s->padding[1], s->padding[2]}, .outs = s->outputs, .outputs = {s->out[1], s->out[2]},
    };
    k.sides[1].tiled = (fl_tiled){
        .with = with->gradient, .from = g, .batch = s->batch, .channels = s->outputs, .height = s->out[1], .width = s->out[2],
        .outs = s->outputs, .outputs = {s->out[1], s->out[2]},
    };
    int complete = plan(&k);
    k.sums = complete ? malloc((size_t)(k.shares * k.products * k.rows * k.width) * sizeof(float)) : NULL;
    if (k.sums) {
        fl_for(k.shares, 1, sum_share, &k);
        fl_for(k.rows, fl_pieces(1024, k.width), finish_weights, &k);
    }
    complete = k.sums && fl_all_finite(w, 9 * s->outputs * s->inputs);
    free(k.sums);
    free(k.sides[0].tiled.units);
    free(k.sides[1].tiled.units);
    return complete;
}
