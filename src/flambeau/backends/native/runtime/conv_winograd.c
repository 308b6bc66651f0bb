/* 3 x 3 convolutions of stride 1 and 2, and their gradients by the input, by transformed tiles: see
 * conv_tiles.h.
 *
 * A job first makes the points of all its tiles. These stand in blocks of ACROSS vectors, by point and
 * channel: what a product of matrices reads then lies together, and its result, one or a few blocks of
 * it at a time, is finished while it is in a near cache.
 *
 * An infinity or NaN would spread over its tile: images whose result is not finite are computed
 * again, directly, by the caller. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-schedule-insns") /* for Arm it loads so far ahead that sums leave their registers */
#endif
#include "conv_tiles.h"
#include <stdlib.h>
#include <string.h>

enum { DOWN = FL_REGISTERS == 32 ? 8 : 4, ACROSS = 3, ROW = ACROSS * FL_WIDTH }; /* of the kernel */
enum { FEWEST = 16 };            /* channels on both sides, at least */
enum { MOST_WEIGHTS = 1 << 18 }; /* pairs of channels, at most: their transforms take 16 or 25 floats each */
enum { LEAST_TILES = 128 };      /* over all images, for the weights' transformation to pay */
enum { BLOCK = 192 * 1024 };     /* floats of a job's source points: about what the second cache holds */
enum { LEAST_TOGETHER = 2 };     /* blocks whose results are finished together, so that whole cache lines are written */
enum { LONGEST = 160 };          /* products that are added up at a time */

/* The products whose sum is a point of the result: the points of the source. */
typedef struct { int count, source[4]; const int32_t *taps; } terms; /* taps: where they are, by term and channel */

typedef struct {
    fl_tiled tiled;
    const float *w, *bias;
    float *packed, *result;
    int64_t ins, outs, blocks;  /* blocks of DOWN channels of the result */
    int64_t by_out, by_in;      /* strides of w */
    int turned;
    int64_t sources, results;   /* points of two axes */
    terms terms[FL_MOST_PRODUCTS];
    int64_t panel, other;       /* floats between points: of the source, of the result */
    int64_t together;           /* blocks whose result is made before they are finished */
    fl_tile_done done;
    void *context;
    char *unfinished;           /* images whose result is not finite */
} winograd;

/* ---- the kernel ---- */

/* y[j][v] = sum over i of w[i][j] x[taps[i]][v], or that added to what is there. */
FL_INLINE void sum_taps(const float *x, const int32_t *taps, int64_t n, const float *w, float *y, int more) {
    fvec sum[DOWN * ACROSS];
    FL_UNROLL for (int j = 0; j < DOWN; j++)
        FL_UNROLL for (int v = 0; v < ACROSS; v++)
            sum[j * ACROSS + v] = (fvec){0};
    for (int64_t i = 0; i < n; i++, w += DOWN) {
        fvec in[ACROSS];
        FL_UNROLL for (int v = 0; v < ACROSS; v++)
            in[v] = fvec_load(x + taps[i] + v * FL_WIDTH);
        FL_UNROLL for (int j = 0; j < DOWN; j++) {
            fvec weight = fvec_set(w[j]);
            FL_UNROLL for (int v = 0; v < ACROSS; v++) {
                sum[j * ACROSS + v] += weight * in[v];
                FL_FINISH(sum[j * ACROSS + v]);
            }
        }
    }
    if (more)
        FL_UNROLL for (int j = 0; j < DOWN; j++)
            FL_UNROLL for (int v = 0; v < ACROSS; v++)
                sum[j * ACROSS + v] += fvec_load(y + (j * ACROSS + v) * FL_WIDTH);
    FL_UNROLL for (int j = 0; j < DOWN; j++)
        FL_UNROLL for (int v = 0; v < ACROSS; v++)
            fvec_store(y + (j * ACROSS + v) * FL_WIDTH, sum[j * ACROSS + v]);
}

/* All channels of a point of one block. Long sums are made in parts, which loses fewer digits. */
static __attribute__((noinline)) void multiply(const float *x, const int32_t *taps, int64_t count, const float *w, float *y, int64_t blocks) {
    for (int64_t i = 0; i < blocks; i++, w += count * DOWN, y += DOWN * ROW)
        for (int64_t first = 0; first < count; first += LONGEST)
            sum_taps(x, taps + first, fl_least(LONGEST, count - first), w + first * DOWN, y, first > 0);
}

/* ---- weights ---- */

typedef float quad __attribute__((vector_size(16), aligned(4), may_alias));
#define QUAD(p) (*(quad *)(p))

/* to[i][j] = from[j][i] for the 9 weights of four pairs of channels. */
FL_INLINE void load_weights(const float *const *from, int64_t at, quad *to) {
    for (int i = 0; i < 8; i += 4) {
        quad a = QUAD(from[0] + at + i), b = QUAD(from[1] + at + i), c = QUAD(from[2] + at + i), d = QUAD(from[3] + at + i);
        quad e = FL_SHUFFLE(__typeof__((quad){0} > a), a, c, 0, 4, 1, 5), f = FL_SHUFFLE(__typeof__((quad){0} > a), a, c, 2, 6, 3, 7);
        quad g = FL_SHUFFLE(__typeof__((quad){0} > a), b, d, 0, 4, 1, 5), h = FL_SHUFFLE(__typeof__((quad){0} > a), b, d, 2, 6, 3, 7);
        to[i] = FL_SHUFFLE(__typeof__((quad){0} > a), e, g, 0, 4, 1, 5), to[i + 1] = FL_SHUFFLE(__typeof__((quad){0} > a), e, g, 2, 6, 3, 7);
        to[i + 2] = FL_SHUFFLE(__typeof__((quad){0} > a), f, h, 0, 4, 1, 5), to[i + 3] = FL_SHUFFLE(__typeof__((quad){0} > a), f, h, 2, 6, 3, 7);
    }
    to[8] = (quad){from[0][at + 8], from[1][at + 8], from[2][at + 8], from[3][at + 8]};
}

/* Four channels of the result, all of the source; to: where the products' weights go. */
FL_INLINE void pack_quad(const winograd *k, int n, const float *const *from, float *const *to) {
    const fl_tiles *a = k->tiled.with;
    quad by[5][3];
    for (int p = 0; p < n; p++)
        for (int i = 0; i < 3; i++)
            by[p][i] = a->product[p].weight[k->turned ? 2 - i : i] - (quad){0};
    for (int64_t c = 0; c < k->ins; c++) {
        quad w[9], half[5][3];
        load_weights(from, c * k->by_in, w);
        FL_UNROLL for (int p = 0; p < n; p++)
            FL_UNROLL for (int i = 0; i < 3; i++)
                half[p][i] = by[p][0] * w[i] + by[p][1] * w[3 + i] + by[p][2] * w[6 + i];
        FL_UNROLL for (int p = 0; p < n; p++)
            FL_UNROLL for (int q = 0; q < n; q++)
                QUAD(to[p * n + q] + c * DOWN) = by[q][0] * half[p][0] + by[q][1] * half[p][1] + by[q][2] * half[p][2];
    }
}

/* For each point of the result, block of channels, term and channel of the source. */
static void pack(void *context, int64_t begin, int64_t end) {
    const winograd *k = context;
    const fl_tiles *a = k->tiled.with;
    int n = a->products;
    for (int64_t i = begin * DOWN; i < end * DOWN; i += 4) {
        const float *from[4];
        float *to[FL_MOST_PRODUCTS], *next[FL_MOST_PRODUCTS], *at = k->packed;
        for (int j = 0; j < 4; j++)
            from[j] = k->w + fl_least(i + j, k->outs - 1) * k->by_out;
        for (int64_t r = 0; r < k->results; r++) {
            int64_t each = k->terms[r].count * k->ins * DOWN;
            next[r] = at + i / DOWN * each + i % DOWN;
            at += k->blocks * each;
        }
        for (int p = 0; p < n * n; p++) {
            int r = a->product[p / n].result * a->results + a->product[p % n].result;
            to[p] = next[r];
            next[r] += k->ins * DOWN;
        }
        if (n == 4)
            pack_quad(k, 4, from, to);
        else
            pack_quad(k, 5, from, to);
    }
}

#include "plans.h"

static void find_terms(winograd *k) {
    const fl_tiles *a = k->tiled.with;
    for (int p = 0; p < a->products * a->products; p++) {
        int i = p / a->products, j = p % a->products;
        terms *t = &k->terms[a->product[i].result * a->results + a->product[j].result];
        t->source[t->count++] = a->product[i].source * a->sources + a->product[j].source;
    }
}

static void make_taps(winograd *k, int32_t *table) {
    for (int64_t r = 0; r < k->results; r++) {
        k->terms[r].taps = table;
        for (int i = 0; i < k->terms[r].count; i++)
            for (int64_t c = 0; c < k->ins; c++)
                *table++ = (int32_t)(k->terms[r].source[i] * k->panel + c * ROW);
    }
}

/* ---- jobs ---- */

typedef struct { float *source, *other, *planes; } room;

static int64_t source_floats(const winograd *k) {
    return fl_pieces(k->tiled.most, 2 * ACROSS) * k->sources * k->panel;
}

static room make_room(const winograd *k) {
    int64_t source = source_floats(k), other = k->together * k->results * k->other;
    float *at = fl_scratch(FL_CONV_A, (size_t)(source + other + fl_tiled_room(&k->tiled)) * sizeof(float));
    return (room){at, at + source, at + source + other};
}

static void source_points(const winograd *k, int64_t image, int64_t row, int64_t images, int64_t units, const room *r) {
    const fl_tiled *t = &k->tiled;
    fl_walk walk = {.units = t->units, .count = units, .pitch = t->pitch, .phase = t->phase, .group = ACROSS, .block = k->sources * k->panel, .point = k->panel};
    memset(r->planes, 0, (size_t)fl_tiled_room(t) * sizeof(float));
    for (int64_t c = 0; c < k->ins; c++)
        t->with->transform(&walk, fl_tiled_planes(t, c, image, row, images, r->planes), r->source + c * ROW);
}

static void multiply_blocks(const winograd *k, int64_t begin, int64_t end, const room *r) {
    const float *w = k->packed;
    for (int64_t p = 0; p < k->results; p++) {
        const terms *t = &k->terms[p];
        for (int64_t j = begin; j < end; j++)
            multiply(r->source + j * k->sources * k->panel, t->taps, t->count * k->ins, w, r->other + ((j - begin) * k->results + p) * k->other, k->blocks);
        w += k->blocks * t->count * k->ins * DOWN;
    }
}

static int run_job(const winograd *k, int64_t job) {
    const fl_tiled *t = &k->tiled;
    int64_t image, row, images, units = fl_tiled_job(t, job, &image, &row, &images);
    int64_t blocks = fl_pieces(units, 2 * ACROSS), plane = t->outputs[0] * t->outputs[1];
    room r = make_room(k);
    fvec check = {0};
    source_points(k, image, row, images, units, &r);
    fl_outputs to = {.top = row * t->with->outputs, .height = t->outputs[0], .width = t->outputs[1], .next = plane};
    for (int64_t begin = 0; begin < blocks; begin += k->together) {
        int64_t end = fl_least(begin + k->together, blocks);
        multiply_blocks(k, begin, end, &r);
        for (int64_t o = 0; o < k->outs; o++) {
            to.y = k->result + (image * k->outs + o) * plane + to.top * to.width;
            for (int64_t j = begin; j < end; j++) {
                const float *from = r.other + (j - begin) * k->results * k->other + o * ROW;
                int64_t first = 2 * ACROSS * j;
                check += t->with->finish(t->units + first, fl_least(2 * ACROSS, units - first), from, k->other, k->bias ? k->bias[o] : 0, &to);
            }
        }
    }
    if (fvec_sum(check) == 0)
        return 1;
    memset(k->unfinished + image, 1, (size_t)images);
    return 0;
}

/* All bands of an image in turn where somebody waits for whole planes. */
static void run_images(void *context, int64_t begin, int64_t end) {
    const winograd *k = context;
    const fl_tiled *t = &k->tiled;
    for (int64_t i = begin; i < end; i++) {
        int64_t first = i * t->images, last = fl_least(first + t->images, t->batch);
        int finite = 1;
        for (int64_t band = 0; band < t->bands; band++)
            finite &= run_job(k, i * t->bands + band);
        if (finite && k->done)
            k->done(k->context, first, last, 0, k->outs);
    }
}

static void run_jobs(void *context, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++)
        run_job(context, i);
}

/* ---- the two directions ---- */

/* The tiles of an image, with those that vectors leave unused. */
static int64_t tiles_of(const fl_conv *s) {
    return fl_pieces(s->out[1], 2) * fl_pieces(s->out[2], 2 * FL_UNIT) * FL_UNIT;
}

/* Two axes, nothing dilated and no groups; enough channels and tiles. */
int fl_conv_suits_winograd(const fl_conv *s) {
    int64_t stride = s->stride[1], points = stride == 1 ? 16 : 25;
    int plain = s->groups == 1 && s->out[0] == 1 && s->kernel[0] == 1 && s->padding[0] == 0 && stride <= 2;
    for (int a = 1; a < 3; a++)
        plain = plain && s->kernel[a] == 3 && s->stride[a] == stride && s->dilation[a] == 1 && s->padding[a] <= 2 && s->out[a] >= 4;
    plain = plain && (stride == 1 || s->padding[1] % 2 == s->padding[2] % 2);
    plain = plain && fl_least(s->inputs, s->outputs) >= FEWEST && s->inputs * s->outputs <= MOST_WEIGHTS;
    /* The transforms take a fifth of the time, or less. */
    return plain && s->batch * tiles_of(s) >= LEAST_TILES && 5 * points * tiles_of(s) < 4 * 9 * s->out[1] * s->out[2];
}

/* Floats between points so that they do not all fall into the same sets of the first cache. */
static int64_t apart(int64_t floats) { return floats % 512 ? floats : floats + 16; }

static int plan(winograd *k) {
    fl_tiled *t = &k->tiled;
    const fl_tiles *a = t->with;
    k->ins = t->channels, k->outs = t->outs, k->blocks = fl_pieces(k->outs, DOWN);
    k->sources = a->sources * a->sources, k->results = a->results * a->results;
    k->panel = apart(k->ins * ROW), k->other = apart(k->blocks * DOWN * ROW);
    find_terms(k);
    /* To go through the weights takes no longer than through the points then. */
    k->together = fl_most(LEAST_TOGETHER, a->products * a->products * k->ins * k->outs / (ROW * (k->sources * k->ins + k->results * k->outs)));
    int64_t blocks = fl_most(k->together, BLOCK / (k->sources * k->panel));
    return fl_tiled_plan(t, 2 * ACROSS * blocks, fl_threads_here(), 2 * ACROSS);
}

static void set_up(winograd *k, const fl_conv *s, int back) {
    int twice = s->stride[1] == 2;
    fl_tiled *t = &k->tiled;
    t->with = twice ? &fl_tiles_stride_2 : &fl_tiles_stride_1;
    t->batch = s->batch;
    t->channels = back ? s->outputs : s->inputs, t->outs = back ? s->inputs : s->outputs;
    k->by_out = back ? 9 : s->inputs * 9, k->by_in = back ? s->inputs * 9 : 9, k->turned = back && !twice;
    const int64_t *from = back ? s->out : s->size, *to = back ? s->size : s->out;
    t->height = from[1], t->width = from[2];
    for (int a = 0; a < 2; a++) {
        t->outputs[a] = to[a + 1], t->pad[a] = s->padding[a + 1];
        if (back)
            t->pad[a] = twice ? s->padding[a + 1] == 0 : 2 - s->padding[a + 1];
    }
    if (back && twice)
        t->with = s->padding[1] % 2 ? &fl_tiles_odd_2 : &fl_tiles_even_2;
}

/* y, or with which = 'x' the gradient by the input; images that are not finite are marked in
 * `unfinished` (and `done` is not told of them). 0 where there is no memory. */
int fl_conv_winograd(const fl_conv *s, int which, const float *from, const float *w, const float *bias, float *to, fl_tile_done done, void *context, char *unfinished) {
    winograd k = {.tiled = {.from = from}, .w = w, .bias = bias, .result = to, .done = done, .context = context, .unfinished = unfinished};
    fl_tiled *t = &k.tiled;
    set_up(&k, s, which == 'x');
    int complete = plan(&k);
    int64_t pairs = t->with->products * t->with->products * k.ins;
    k.packed = malloc((size_t)(pairs * (k.blocks * DOWN + 1)) * sizeof(float));
    if (complete && k.packed) {
        make_taps(&k, (int32_t *)(k.packed + pairs * k.blocks * DOWN));
        fl_for(k.blocks, fl_pieces(2048, k.ins * DOWN), pack, &k);
        int few = t->jobs / t->bands < fl_threads_here();
        if (done && !few)
            fl_for(t->jobs / t->bands, 1, run_images, &k);
        else
            fl_for(t->jobs, 1, run_jobs, &k);
        for (int64_t i = 0; done && few && i < t->batch; i++)
            if (!unfinished[i])
                done(context, i, i + 1, 0, k.outs);
    }
    complete = complete && k.packed;
    free(k.packed);
    free(t->units);
    return complete;
}
