/* Convolution, and its gradient by the input.
 *
 * Both are correlations of a source (the input, or the gradient of the output) with taps: an output
 * is a sum over (channel, tap) of a weight times a source element at a constant distance. Vectors
 * run along outputs, straight in the arrays: with the source in planes (conv.h) a tap is one
 * unaligned load at a constant offset. A tile is ACROSS such vectors; the kernel computes it for
 * DOWN channels at a time, which is as many sums as the registers hold.
 *
 * Where the places of a tile's vectors are is a table, made once per call (conv_plan.c). Either each
 * row of outputs is cut into vectors, or the vectors run over the rows' ends (and compute a few
 * outputs that are not there), whichever takes less.
 *
 * The gradient by the input at stride s consists of s * s * s correlations of the output's gradient,
 * one for each remainder of the input's coordinates modulo s: its parts. */
#include "conv_plan.h"
#include <stdlib.h>

/* Sums in registers: DOWN channels x ACROSS vectors, or one channel x ALONE vectors. */
enum { DOWN = FL_REGISTERS == 32 ? 8 : 4, ACROSS = 3, ALONE = 6, SUMS = DOWN * ACROSS * FL_WIDTH };
enum { SMALL = 400 * 1000 }; /* multiplications that take less than waking threads */

/* ---- the kernel ---- */

/* y[v][j * row] = start[j] + sum over taps of w[tap][j] x[v][tap], or that added to what is there. */
FL_INLINE void sum_taps(int down, int across, const int32_t *taps, int64_t n, const float *const *x, const float *w, const float *start, float *const *y, int64_t row, int more) {
    fvec sum[DOWN * ACROSS];
    FL_UNROLL for (int j = 0; j < down; j++)
        FL_UNROLL for (int v = 0; v < across; v++)
            sum[j * across + v] = fvec_set(start[j]);
    const float *from[ALONE];
    FL_UNROLL for (int v = 0; v < across; v++)
        from[v] = x[v];
    for (int64_t i = 0; i < n; i++, w += down) {
        fvec in[ALONE];
        FL_UNROLL for (int v = 0; v < across; v++)
            in[v] = fvec_load(from[v] + taps[i]);
        FL_UNROLL for (int j = 0; j < down; j++) {
            fvec weight = fvec_set(w[j]);
            FL_UNROLL for (int v = 0; v < across; v++) {
                sum[j * across + v] += weight * in[v];
                FL_FINISH(sum[j * across + v]);
            }
        }
    }
    if (more)
        FL_UNROLL for (int j = 0; j < down; j++)
            FL_UNROLL for (int v = 0; v < across; v++)
                sum[j * across + v] += fvec_load(y[v] + j * row);
    FL_UNROLL for (int j = 0; j < down; j++)
        FL_UNROLL for (int v = 0; v < across; v++)
            fvec_store(y[v] + j * row, sum[j * across + v]);
}

static void store(const fl_place *places, int64_t across, const float *sums, int64_t rows, float *y, int64_t channel) {
    for (int64_t j = 0; j < rows; j++, y += channel)
        for (int64_t v = 0; v < across; v++, sums += FL_WIDTH) {
            float *to = y + places[v].y;
            const fl_move *moves = places[v].moves;
            if (!moves)
                fvec_store(to, fvec_load(sums));
            else
                for (int i = 0; i < FL_WIDTH; i++)
                    to[moves[i].to] = sums[moves[i].lane];
        }
}

/* What neighbouring tiles share: a block of channels, of which `rows` are there. */
typedef struct {
    const int32_t *taps;
    int64_t n;            /* of taps, of all channels of a chunk */
    const float *x, *w;
    float *y, start[DOWN];
    int64_t channel, rows;
    int straight, more, last; /* straight: sums may go to their places; last: there is no further chunk */
} strip;

/* Sums go straight to their places where all of a tile lie together there; `waiting`: where they wait for
 * further chunks. */
FL_INLINE void sum_tiles(int down, int across, const strip *r, const fl_place *places, int64_t count, float *waiting) {
    float here[SUMS] __attribute__((aligned(64)));
    for (int64_t i = 0; i < count; i++, places += across) {
        int straight = r->straight;
        const float *x[ALONE];
        float *y[ALONE], *sums = waiting ? waiting + i * SUMS : here;
        FL_UNROLL for (int v = 0; v < across; v++)
            straight = straight && !places[v].moves;
        FL_UNROLL for (int v = 0; v < across; v++) {
            x[v] = r->x + places[v].x;
            y[v] = straight ? r->y + places[v].y : sums + v * FL_WIDTH;
        }
        sum_taps(down, across, r->taps, r->n, x, r->w, r->start, y, straight ? r->channel : across * FL_WIDTH, r->more);
        if (!straight && r->last)
            store(places, across, sums, r->rows, r->y, r->channel);
    }
}

static __attribute__((noinline)) void sum_block(const strip *r, const fl_place *places, int64_t count, float *waiting) {
    sum_tiles(DOWN, ACROSS, r, places, count, waiting);
}

static __attribute__((noinline)) void sum_alone(const strip *r, const fl_place *places, int64_t count, float *waiting) {
    sum_tiles(1, ALONE, r, places, count, waiting);
}

/* ---- orders of elements ---- */

/* to = row[0][0] row[1][0] ... row[DOWN - 1][0] row[0][1] ... of rows of n elements. */
static void interleave_rows(const float *w, const int64_t *row, int64_t n, float *to) {
    int64_t i = 0;
    for (; i + FL_WIDTH <= n; i += FL_WIDTH, to += DOWN * FL_WIDTH) {
        fvec v[DOWN], from[DOWN];
        FL_UNROLL for (int j = 0; j < DOWN; j++)
            v[j] = fvec_load(w + row[j] + i);
        FL_UNROLL for (int stage = 1; stage < DOWN; stage *= 2) {
            FL_UNROLL for (int j = 0; j < DOWN; j++)
                from[j] = v[j];
            FL_UNROLL for (int j = 0; j < DOWN / 2; j++) {
                v[2 * j] = fvec_low(from[j], from[j + DOWN / 2]);
                v[2 * j + 1] = fvec_high(from[j], from[j + DOWN / 2]);
            }
        }
        FL_UNROLL for (int j = 0; j < DOWN; j++)
            fvec_store(to + j * FL_WIDTH, v[j]);
    }
    for (; i < n; i++, to += DOWN)
        for (int j = 0; j < DOWN; j++)
            to[j] = w[row[j] + i];
}

/* to = a0 b0 a1 b1 ...; b has as many elements as a, or one less. */
static void interleave(const float *a, const float *b, int64_t n, float *to) {
    int64_t i = 0;
    for (; 2 * (i + FL_WIDTH) <= n; i += FL_WIDTH) {
        fvec even = fvec_load(a + i), odd = fvec_load(b + i);
        fvec_store(to + 2 * i, fvec_low(even, odd));
        fvec_store(to + 2 * i + FL_WIDTH, fvec_high(even, odd));
    }
    for (; 2 * i < n; i++) {
        to[2 * i] = a[i];
        if (2 * i + 1 < n)
            to[2 * i + 1] = b[i];
    }
}

/* ---- tiles ---- */

/* Where a part's sources, weights and results are, for the channels [begin, end) of a group. */
typedef struct {
    const float *x, *w, *bias;
    float *y, *waiting; /* waiting: unfinished sums, where the source's channels come in chunks */
    int64_t begin, end;
} block;

/* Tiles of one block of channels, from number o on, and a chunk of the source's. */
static void run_tiles(const fl_correlation *k, const fl_part *p, const fl_place *places, int64_t count, const block *b, int64_t o, int64_t from, float *waiting) {
    int64_t n = fl_least(k->chunk, k->planes.channels - from);
    strip r = {
        .taps = p->tap, .n = p->taps * n,
        .x = b->x + from * k->planes.channel,
        .w = b->w + p->weights + (o * k->planes.channels + from * k->down) * p->taps,
        .y = b->y + o * k->y_channel, .channel = k->y_channel, .rows = fl_least(k->down, b->end - o),
        .straight = !waiting && o + k->down <= b->end, .more = from > 0, .last = from + n == k->planes.channels,
    };
    for (int64_t j = 0; j < k->down && b->bias && !from; j++)
        r.start[j] = b->bias[fl_least(o + j, b->end - 1)];
    (k->down == 1 ? sum_alone : sum_block)(&r, places, count, waiting);
}

static void run_part(const fl_correlation *k, const fl_part *p, const fl_tiling *t, const block *b) {
    int64_t blocks = fl_pieces(b->end - b->begin, k->down);
    int64_t together = k->blocks_first ? t->tiles : 1;
    for (int64_t from = 0; from < k->planes.channels; from += k->chunk)
        for (int64_t tile = 0; tile < t->tiles; tile += together)
            for (int64_t i = 0; i < blocks; i++) {
                float *waiting = b->waiting ? b->waiting + (tile * blocks + i * together) * SUMS : NULL;
                run_tiles(k, p, t->places + tile * k->across, together, b, b->begin + i * k->down, from, waiting);
            }
}

/* ---- parts of the result ---- */

/* A part that no tap reaches, where it is gathered. */
static void fill_part(const fl_correlation *k, const fl_part *p, const block *b, int64_t images) {
    int64_t count = 1;
    for (int a = 0; a < 3; a++)
        count *= fl_least(p->count[a], a == k->axis ? k->band : p->count[a]);
    for (int64_t i = 0; i < images; i++)
        for (int64_t o = b->begin; o < b->end; o++) {
            float *to = b->y + i * k->y_image + o * k->y_channel + p->base, value = b->bias ? b->bias[o] : 0;
            for (int64_t j = 0; j < count; j++)
                to[j] = value;
        }
}

/* The rows of one part in one channel; with `next`, of the two whose elements alternate. */
static void bring_rows(const fl_correlation *k, const fl_part *p, const fl_part *next, const float *from, const int64_t *at, float *to) {
    int64_t count[3];
    for (int a = 0; a < 3; a++)
        count[a] = fl_most(0, fl_least(p->count[a] - at[a], a == k->axis ? k->band : p->count[a]));
    int64_t more = next ? fl_most(0, fl_least(next->count[2] - at[2], k->axis == 2 ? k->band : next->count[2])) : 0;
    int64_t step = k->spread[2], down = k->spread[1] * k->size[2], pitch = p->pitch[1];
    for (int64_t d = 0; d < count[0]; d++) {
        int64_t row = (p->first[0] + (at[0] + d) * k->spread[0]) * k->size[1] + p->first[1] + at[1] * k->spread[1];
        float *y = to + row * k->size[2] + p->first[2] + at[2] * step;
        const float *a = from + p->base + d * p->pitch[0] * pitch, *b = next ? from + next->base + d * p->pitch[0] * next->pitch[1] : NULL;
        for (int64_t h = 0; h < count[1]; h++, y += down, a += pitch)
            if (next)
                interleave(a, b + h * next->pitch[1], count[2] + more, y);
            else
                for (int64_t j = 0; j < count[2]; j++)
                    y[j * step] = a[j];
    }
}

static void bring_together(const fl_correlation *k, const block *b, int64_t images, const int64_t *at, float *to) {
    int64_t plane = k->size[0] * k->size[1] * k->size[2];
    for (int64_t i = 0; i < images; i++)
        for (int64_t o = b->begin; o < b->end; o++) {
            const float *from = b->y + i * k->y_image + o * k->y_channel;
            float *channel = to + (i * k->groups * k->outs + o) * plane;
            for (int64_t j = 0; j < k->part_count; j++) {
                const fl_part *p = &k->parts[j];
                int pair = k->spread[2] == 2 && !p->first[2] && k->size[2] > 1;
                bring_rows(k, p, pair ? p + 1 : NULL, from, at, channel);
                j += pair;
            }
        }
}


#include "plans.h"

/* ---- weights ---- */

/* The floats of a group's packed weights: by part, block of channels, source channel, tap. */
static int64_t packed_floats(const fl_correlation *k) {
    int64_t taps = 0;
    for (int64_t i = 0; i < k->part_count; i++)
        taps += k->parts[i].taps;
    return taps * k->planes.channels * k->blocks * k->down;
}

static void pack_part(const fl_correlation *k, const fl_part *p, int64_t number, int64_t window, const float *w, float *to) {
    int64_t down = k->down, rows = fl_least(down, k->outs - number * down), row[DOWN];
    int64_t channels = k->planes.channels, taps = p->taps;
    for (int64_t j = 0; j < DOWN; j++)
        row[j] = (number * down + fl_least(j, rows - 1)) * k->w_out;
    if (k->w_channel == window && taps == window) /* channels lie one after the other */
        taps = window *= channels, channels = 1;
    for (int64_t c = 0; c < channels; c++, w += k->w_channel, to += taps * down)
        if (down == DOWN && taps == window)
            interleave_rows(w, row, taps, to);
        else
            for (int64_t i = 0; i < taps; i++)
                for (int64_t j = 0, at = taps == window ? i : p->window[i]; j < down; j++)
                    to[i * down + j] = w[at + row[j]];
}

static void pack(void *context, int64_t begin, int64_t end) {
    const fl_correlation *k = context;
    for (int64_t i = begin; i < end; i++) {
        int64_t group = i / k->blocks, number = i % k->blocks;
        float *to = k->packed + group * packed_floats(k);
        for (int64_t j = 0; j < k->part_count; j++) {
            const fl_part *p = &k->parts[j];
            int64_t at = p->weights + number * k->planes.channels * p->taps * k->down;
            pack_part(k, p, number, k->window, k->w + group * k->w_group, to + at);
        }
    }
}

/* ---- jobs ---- */

/* This thread's scratch memory: planes, unfinished sums, the result's parts before they are
 * brought together. */
typedef struct { float *planes, *waiting, *parts; } room;

static int64_t whole(int64_t floats) { return (floats + 15) / 16 * 16; }

static room make_room(const fl_correlation *k) {
    int64_t tiles = 0, planes = whole(fl_planes_room(&k->planes, k->images));
    for (int64_t i = 0; i < k->part_count; i++)
        tiles = fl_most(tiles, k->parts[i].tilings[0].tiles);
    int64_t waiting = k->chunk < k->planes.channels ? tiles * k->blocks * SUMS : 0;
    int64_t parts = k->gathers ? k->images * k->y_image : 0;
    float *memory = fl_scratch(FL_CONV_A, (size_t)(planes + waiting + parts) * sizeof(float));
    return (room){memory, waiting ? memory + planes : NULL, memory + planes + waiting};
}

static void run_band(const fl_correlation *k, int64_t unit, int64_t group, int64_t band, int64_t share) {
    int64_t image = unit * k->images, images = fl_least(k->images, k->batch - image);
    int64_t at[3] = {0, 0, 0}, plane = k->size[0] * k->size[1] * k->size[2];
    at[k->axis] = band * k->band;
    room r = make_room(k);
    float *y = k->result + (image * k->groups + group) * k->outs * plane;
    int64_t first = (at[0] * k->spread[0] * k->size[1] + at[1] * k->spread[1]) * k->size[2] + at[2];
    block b = {
        .x = fl_planes_of(&k->planes, k->source, image, images, group, at, r.planes),
        .w = k->packed + group * packed_floats(k),
        .bias = k->bias ? k->bias + group * k->outs : NULL,
        .y = k->gathers ? r.parts : y + first,
        .waiting = r.waiting,
        .begin = share * k->blocks / k->shares * k->down,
        .end = fl_least(k->outs, (share + 1) * k->blocks / k->shares * k->down),
    };
    int last = images < k->images || (k->bands > 1 && band == k->bands - 1);
    for (int64_t i = 0; i < k->part_count; i++)
        if (k->gathers && !k->parts[i].taps)
            fill_part(k, &k->parts[i], &b, images);
        else
            run_part(k, &k->parts[i], &k->parts[i].tilings[last], &b);
    if (k->gathers)
        bring_together(k, &b, images, at, y);
}

/* All bands in turn where somebody waits for whole planes. */
static void run_jobs(void *context, int64_t begin, int64_t end) {
    const fl_correlation *k = context;
    for (int64_t job = begin; job < end; job++) {
        int64_t share = job % k->shares, rest = job / k->shares;
        int64_t band = k->done ? 0 : rest % k->bands;
        rest = k->done ? rest : rest / k->bands;
        int64_t group = rest % k->groups, unit = rest / k->groups;
        do
            run_band(k, unit, group, band, share);
        while (k->done && ++band < k->bands);
        if (k->done) {
            int64_t first = group * k->outs, image = unit * k->images;
            int64_t c0 = first + share * k->blocks / k->shares * k->down;
            int64_t c1 = first + fl_least(k->outs, (share + 1) * k->blocks / k->shares * k->down);
            k->done(k->context, image, fl_least(image + k->images, k->batch), c0, c1);
        }
    }
}

/* ---- a correlation ---- */

static int correlate(fl_correlation *k, const fl_conv *s, fl_meeting meets, const int64_t *parts) {
    int64_t steps = k->planes.step[0] + k->planes.step[1] + k->planes.step[2];
    size_t part_bytes = (size_t)(parts[0] * parts[1] * parts[2]) * sizeof(fl_part);
    char *memory = malloc(part_bytes + (size_t)steps * sizeof(int64_t));
    if (!memory)
        return 0;
    k->parts = (fl_part *)memory;
    int64_t *slot = (int64_t *)(memory + part_bytes);
    for (int a = 0; a < 3; slot += k->planes.step[a++])
        k->planes.slot[a] = slot;
    k->down = k->outs <= 2 ? 1 : DOWN, k->across = k->outs <= 2 ? ALONE : ACROSS;
    void *tables = fl_correlation_plan(k, s, meets, parts);
    k->packed = tables ? malloc((size_t)(k->groups * packed_floats(k) + 1) * sizeof(float)) : NULL;
    if (k->packed) {
        int64_t window = s->kernel[0] * s->kernel[1] * s->kernel[2];
        int64_t places = s->batch * s->out[0] * s->out[1] * s->out[2];
        int64_t jobs = k->units * k->groups * (k->done ? 1 : k->bands) * k->shares;
        int64_t each = s->inputs * window * k->down;
        fl_for(k->groups * k->blocks, fl_pieces(SMALL / 10, each), pack, k);
        if (each * k->blocks * k->groups * places < SMALL)
            run_jobs(k, 0, jobs);
        else
            fl_for(jobs, 1, run_jobs, k);
    }
    int complete = k->packed != NULL;
    free(k->packed);
    free(tables);
    free(memory);
    return complete;
}
/* As a product of matrices; `done` is told of everything at once. */
static int correlate_few(const fl_conv *s, int which, const float *from, const float *w, const float *bias, float *to, fl_tile_done done, void *context) {
    float *x = which == 'y' ? (float *)from : to, *y = which == 'y' ? to : (float *)from;
    int complete = fl_conv_few(s, which, x, (float *)w, bias, y);
    if (complete && done)
        done(context, 0, s->batch, 0, which == 'y' ? s->outputs : s->inputs);
    return complete;
}

static int empty(const fl_conv *s, const int64_t *size) {
    return s->batch * s->groups * s->inputs * s->outputs * size[0] * size[1] * size[2] == 0;
}

/* ---- transformed tiles, and what they leave ---- */

typedef int (*function)(const fl_conv *, const float *, const float *, const float *, float *, fl_tile_done, void *);
typedef struct { fl_tile_done done; void *context; int64_t image; } shifted;

static void tell_shifted(void *context, int64_t i0, int64_t i1, int64_t c0, int64_t c1) {
    const shifted *s = context;
    s->done(s->context, s->image + i0, s->image + i1, c0, c1);
}

/* With transformed tiles; images that are not finite directly. */
static int correlate_tiles(const fl_conv *s, int which, const float *from, const float *w, const float *bias, float *to, fl_tile_done done, void *context, function directly) {
    int64_t x = s->inputs * s->size[1] * s->size[2], y = s->outputs * s->out[1] * s->out[2];
    char *unfinished = calloc((size_t)s->batch, 1);
    int complete = unfinished && fl_conv_winograd(s, which, from, w, bias, to, done, context, unfinished);
    fl_conv one = *s;
    one.batch = 1;
    for (int64_t i = 0; i < s->batch && complete; i++) {
        if (!unfinished[i])
            continue;
        shifted then = {done, context, i};
        int64_t source = which == 'y' ? x : y, result = which == 'y' ? y : x;
        complete = directly(&one, from + i * source, w, bias, to + i * result, done ? tell_shifted : NULL, &then);
    }
    free(unfinished);
    return complete;
}

/* ---- the two functions ---- */

static int forward(const fl_conv *s, const float *x, const float *w, const float *bias, float *y, fl_tile_done done, void *context) {
    int64_t window = s->kernel[0] * s->kernel[1] * s->kernel[2];
    fl_correlation k = {
        .planes = {.channels = s->inputs, .all = s->inputs * s->groups},
        .source = x, .w = w, .bias = bias, .result = y,
        .batch = s->batch, .groups = s->groups, .outs = s->outputs,
        .window = window, .w_group = s->outputs * s->inputs * window, .w_channel = window, .w_out = s->inputs * window,
        .done = done, .context = context,
    };
    for (int a = 0; a < 3; a++) {
        k.planes.size[a] = s->size[a], k.size[a] = s->out[a], k.spread[a] = 1;
        k.planes.step[a] = s->out[a] > 1 ? s->stride[a] : 1;
    }
    return correlate(&k, s, fl_meets_forward, (int64_t[]){1, 1, 1});
}

static int input_gradient(const fl_conv *s, const float *g, const float *w, const float *bias, float *x, fl_tile_done done, void *context) {
    int64_t window = s->kernel[0] * s->kernel[1] * s->kernel[2], parts[3];
    fl_correlation k = {
        .planes = {.channels = s->outputs, .all = s->outputs * s->groups, .step = {1, 1, 1}},
        .source = g, .w = w, .bias = bias, .result = x,
        .batch = s->batch, .groups = s->groups, .outs = s->inputs,
        .window = window, .w_group = s->outputs * s->inputs * window, .w_channel = s->inputs * window, .w_out = window,
        .done = done, .context = context,
    };
    for (int a = 0; a < 3; a++) {
        k.planes.size[a] = s->out[a], k.size[a] = s->size[a], k.spread[a] = s->stride[a];
        parts[a] = fl_least(s->stride[a], s->size[a]);
    }
    return correlate(&k, s, fl_meets_backward, parts);
}

/* By the way that suits the shape: of x and y the one named by `which` is computed. */
static int best_way(const fl_conv *shape, int which, const float *from, const float *w, const float *bias, float *to, fl_tile_done done, void *context, function directly) {
    fl_conv s = fl_conv_folded(shape);
    if (empty(&s, which == 'y' ? s.out : s.size))
        return 1;
    if (fl_conv_has_few_places(&s))
        return correlate_few(&s, which, from, w, bias, to, done, context);
    if (fl_conv_suits_winograd(&s))
        return correlate_tiles(&s, which, from, w, bias, to, done, context, directly);
    return directly(&s, from, w, bias, to, done, context);
}

FL_API int fl_conv_forward(const fl_conv *shape, const float *x, const float *w, const float *bias, float *y, fl_tile_done done, void *context) {
    return best_way(shape, 'y', x, w, bias, y, done, context, forward);
}

FL_API int fl_conv_input_gradient(const fl_conv *shape, const float *g, const float *w, const float *bias, float *x, fl_tile_done done, void *context) {
    return best_way(shape, 'x', g, w, bias, x, done, context, input_gradient);
}
