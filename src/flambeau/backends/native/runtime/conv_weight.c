/* Convolution's gradient by the weight.
 *
 * Each element is a dot product of the output's gradient g with the input shifted by a tap, over all
 * images and places. Vectors run along places, as in conv.c; the kernel sums DOWN channels of g
 * against ACROSS taps. Where lanes are left over (rows' ends), g is copied with zeros there.
 *
 * Those lanes still read the input, and 0 * inf is NaN: where the result is not finite everything is
 * computed again, slowly, element by element. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-schedule-insns") /* for Arm it loads so far ahead that sums leave their registers */
#endif
#include "conv.h"
#include <stdlib.h>
#include <string.h>

enum { DOWN = FL_REGISTERS == 32 ? 8 : 4, ACROSS = 3, ALONE = 6 };
enum { ROOM = (DOWN * ACROSS + FL_WIDTH - 1) / FL_WIDTH * FL_WIDTH }; /* for sums */
enum { BLOCK = 48 * 1024 };        /* floats of a unit of work: they fit the second cache */
enum { VECTORS = 512 };            /* of a unit of work */
enum { RUN = 128 };                /* vectors that the kernel takes at a time: g's fit the first cache */
enum { SMALL = 400 * 1000 };       /* multiplications that take less than waking threads */
enum { PARTIAL = 16 * 1024 * 1024 }; /* floats of all threads' results together */

typedef struct { int32_t x, g; } place;

/* How the places of a box (count) of one image become vectors: lines of `run` places, each
 * `vectors` vectors. A line is a row, or with `flat` all rows one after the other in the planes. */
typedef struct {
    int64_t count[3], lines, rows, run, vectors;
    int flat;
} layout;

typedef struct {
    const fl_conv *s;
    fl_planes planes;
    const float *x, *g;
    float *result;
    int64_t taps, *tap;      /* of all channels of a group; where each lies in the planes */
    int64_t down, across, blocks; /* blocks of `down` channels of g */
    int64_t images, units;   /* images of a unit of work; units in all */
    int64_t axis, band, bands; /* places of a unit along one axis */
    int as_it_is;            /* no lane is left over: g itself serves */
    int64_t shares, splits;  /* jobs: over how many the channels and the units go */
    int64_t size;            /* elements of the result */
} weighing;

/* ---- the kernel ---- */

/* out[j * across + t] = sum over the places of g[j] x[t]. */
FL_INLINE void sum_places(int down, int across, const place *places, int64_t n, const float *const *g, const float *const *x, float *out) {
    fvec sum[ROOM];
    FL_UNROLL for (int i = 0; i < ROOM; i++)
        sum[i] = (fvec){0};
    for (int64_t i = 0; i < n; i++) {
        fvec in[ALONE];
        FL_UNROLL for (int t = 0; t < across; t++)
            in[t] = fvec_load(x[t] + places[i].x);
        FL_UNROLL for (int j = 0; j < down; j++) {
            fvec grad = fvec_load(g[j] + places[i].g);
            FL_KEEP(grad);
            FL_UNROLL for (int t = 0; t < across; t++)
                sum[j * across + t] += grad * in[t];
        }
    }
    FL_UNROLL for (int i = 0; i < down * across; i += FL_WIDTH)
        fvec_store(out + i, fvec_sums(sum + i));
}

static __attribute__((noinline)) void sum_block(const place *places, int64_t n, const float *const *g, const float *const *x, float *out) {
    sum_places(DOWN, ACROSS, places, n, g, x, out);
}

static __attribute__((noinline)) void sum_alone(const place *places, int64_t n, const float *const *g, const float *const *x, float *out) {
    sum_places(1, ALONE, places, n, g, x, out);
}

/* ---- places ---- */

static layout lay_out(const weighing *k, int64_t band) {
    layout l = {.count = {k->s->out[0], k->s->out[1], k->s->out[2]}};
    l.count[k->axis] = fl_least(k->band, l.count[k->axis] - band * k->band);
    int64_t n = l.count[2], run = (l.count[1] - 1) * k->planes.e[2] + n;
    int64_t rows = l.count[1] * fl_pieces(n, FL_WIDTH), flat = fl_pieces(run, FL_WIDTH);
    l.flat = k->planes.direct && n < FL_WIDTH ? 1 : flat < rows;
    l.lines = l.count[0] * (l.flat ? 1 : l.count[1]);
    l.rows = l.flat ? l.count[1] : 1;
    l.run = l.flat ? run : n;
    l.vectors = l.flat ? flat : fl_pieces(n, FL_WIDTH);
    return l;
}

/* The last vector of a line ends where the line does, as far as it is long enough for one. */
static void make_places(const weighing *k, const layout *l, int64_t images, place *to) {
    const int64_t *out = k->s->out, *e = k->planes.e;
    int64_t lines = l->lines / l->count[0], n = 0;
    for (int64_t i = 0; i < images * l->lines; i++) {
        int64_t d = i % l->lines / lines, h = i % lines, image = i / l->lines;
        int64_t x = image * k->planes.image + (d * e[1] + h) * e[2];
        int64_t g = (image * k->s->groups * k->s->outputs * out[0] + d) * out[1] * out[2] + h * out[2];
        for (int64_t v = 0; v < l->vectors; v++, n++) {
            int64_t at = fl_most(0, fl_least(v * FL_WIDTH, l->run - FL_WIDTH));
            to[n] = (place){(int32_t)(x + at), (int32_t)(k->as_it_is ? g + at : n * FL_WIDTH)};
        }
    }
}

/* One line of g as the vectors of make_places see it, 0 in lanes that are left over. */
static void copy_line(const weighing *k, const layout *l, const float *from, float *to) {
    int64_t n = l->count[2], tail = l->run % FL_WIDTH;
    for (int64_t i = 0; i < l->rows; i++, from += n) {
        float *row = to + i * k->planes.e[2];
        fl_copy_floats(from, n, row);
        for (int64_t j = n; i + 1 < l->rows && j < k->planes.e[2]; j++)
            row[j] = 0;
    }
    if (!tail)
        return;
    float *last = to + l->run - tail;
    int64_t shift = l->run < FL_WIDTH ? 0 : FL_WIDTH - tail;
    memmove(last + shift, last, (size_t)tail * sizeof(float));
    for (int64_t i = 0; i < FL_WIDTH; i++)
        if (i < shift || i >= shift + tail)
            last[i] = 0;
}

static void copy_channel(const weighing *k, const layout *l, const float *g, int64_t images, float *to) {
    const int64_t *out = k->s->out;
    int64_t lines = l->lines / l->count[0], width = l->vectors * FL_WIDTH;
    for (int64_t i = 0; i < images; i++, g += k->s->groups * k->s->outputs * out[0] * out[1] * out[2])
        for (int64_t d = 0; d < l->count[0]; d++)
            for (int64_t h = 0; h < lines; h++, to += width)
                copy_line(k, l, g + (d * out[1] + h) * out[2], to);
}

/* ---- a job: some units of work, some channels of g ---- */

typedef struct {
    const float *x, *g;
    int64_t g_channel, begin, end; /* channels of g in its group */
    float *result;                 /* of the group */
} block;

static void run_block(const weighing *k, const block *b, const place *places, int64_t n) {
    const float *g[DOWN], *x[ALONE];
    float sums[ROOM];
    for (int64_t o = b->begin; o < b->end; o += k->down) {
        int64_t rows = fl_least(k->down, b->end - o);
        for (int64_t j = 0; j < k->down; j++)
            g[j] = b->g + (o - b->begin + fl_least(j, rows - 1)) * b->g_channel;
        for (int64_t t = 0; t < k->taps; t += k->across) {
            int64_t taps = fl_least(k->across, k->taps - t);
            for (int64_t i = 0; i < k->across; i++)
                x[i] = b->x + k->tap[t + fl_least(i, taps - 1)];
            (k->down == 1 ? sum_alone : sum_block)(places, n, g, x, sums);
            float *to = b->result + o * k->taps + t;
            for (int64_t j = 0; j < rows; j++)
                for (int64_t i = 0; i < taps; i++)
                    to[j * k->taps + i] += sums[j * k->across + i];
        }
    }
}

#include "plans.h"

/* A unit's place in this thread's scratch memory: the table, the planes, the copy of g. */
typedef struct { place *places; float *planes, *g; } room;

static int64_t whole(int64_t floats) { return (floats + 15) / 16 * 16; }

static room make_room(const weighing *k) {
    layout l = lay_out(k, 0);
    int64_t vectors = l.lines * l.vectors * k->images;
    int64_t table = whole(2 * vectors), planes = whole(fl_planes_room(&k->planes, k->images));
    int64_t g = k->as_it_is ? 0 : vectors * FL_WIDTH * fl_pieces(k->blocks, k->shares) * k->down;
    float *memory = fl_scratch(FL_CONV_A, (size_t)(table + planes + g) * sizeof(float));
    return (room){(place *)memory, memory + table, memory + table + planes};
}

static void run_unit(const weighing *k, const room *r, const layout *l, int64_t unit, int64_t group, block b) {
    const fl_conv *s = k->s;
    int64_t image = unit / k->bands * k->images, images = fl_least(k->images, s->batch - image);
    int64_t from[3] = {0, 0, 0}, outputs = s->out[0] * s->out[1] * s->out[2];
    from[k->axis] = unit % k->bands * k->band;
    b.x = fl_planes_of(&k->planes, k->x, image, images, group, from, r->planes);
    b.g = k->g + ((image * s->groups + group) * s->outputs + b.begin) * outputs;
    b.g += (from[0] * s->out[1] + from[1]) * s->out[2];
    b.g_channel = outputs;
    int64_t n = l->lines * l->vectors * images;
    if (!k->as_it_is) {
        b.g_channel = n * FL_WIDTH;
        for (int64_t o = b.begin; o < b.end; o++)
            copy_channel(k, l, b.g + (o - b.begin) * outputs, images, r->g + (o - b.begin) * b.g_channel);
        b.g = r->g;
    }
    int64_t size = fl_pieces(n, fl_pieces(n, RUN));
    for (int64_t i = 0; i < n; i += size)
        run_block(k, &b, r->places + i, fl_least(size, n - i));
}

static void run_jobs(void *context, int64_t begin, int64_t end) {
    const weighing *k = context;
    for (int64_t job = begin; job < end; job++) {
        int64_t share = job % k->shares, group = job / k->shares % k->s->groups;
        int64_t split = job / k->shares / k->s->groups;
        block b = {
            .begin = share * k->blocks / k->shares * k->down,
            .end = fl_least(k->s->outputs, (share + 1) * k->blocks / k->shares * k->down),
            .result = k->result + split * k->size + group * k->s->outputs * k->taps,
        };
        memset(b.result + b.begin * k->taps, 0, (size_t)((b.end - b.begin) * k->taps) * sizeof(float));
        room r = make_room(k);
        int64_t seen_images = 0, seen_lines = -1;
        for (int64_t u = split * k->units / k->splits; u < (split + 1) * k->units / k->splits; u++) {
            int64_t images = fl_least(k->images, k->s->batch - u / k->bands * k->images);
            layout l = lay_out(k, u % k->bands);
            if (images > seen_images || l.count[k->axis] != seen_lines)
                make_places(k, &l, images, r.places);
            seen_images = images, seen_lines = l.count[k->axis];
            run_unit(k, &r, &l, u, group, b);
        }
    }
}

/* ---- results of several splits, and results that are not finite ---- */

typedef struct { float *to; const float *from; int64_t n, parts; } adding;

static void add_splits(void *context, int64_t begin, int64_t end) {
    const adding *a = context;
    for (int64_t i = begin; i < end; i++) {
        float sum = 0;
        for (int64_t j = 0; j < a->parts; j++)
            sum += a->from[j * a->n + i];
        a->to[i] = sum;
    }
}

/* The outputs whose window's element at `shift` is in the source: [*begin, *end). */
static void inside(int64_t shift, int64_t stride, int64_t size, int64_t outs, int64_t *begin, int64_t *end) {
    *begin = shift < 0 ? fl_pieces(-shift, stride) : 0;
    *end = fl_least(outs, size > shift ? fl_pieces(size - shift, stride) : 0);
}

static float exact_dot(const fl_conv *s, const float *x, const float *g, const int64_t *tap) {
    int64_t shift[3], begin[3], end[3];
    fvec sums = {0};
    float sum = 0;
    for (int a = 0; a < 3; a++) {
        fl_meets_forward(s, a, 0, tap[a], &shift[a]);
        inside(shift[a], s->stride[a], s->size[a], s->out[a], &begin[a], &end[a]);
    }
    for (int64_t d = begin[0]; d < end[0]; d++)
        for (int64_t h = begin[1]; h < end[1]; h++) {
            int64_t row = (shift[0] + d * s->stride[0]) * s->size[1] + shift[1] + h * s->stride[1];
            const float *from = x + row * s->size[2] + shift[2];
            const float *with = g + (d * s->out[1] + h) * s->out[2];
            int64_t i = begin[2];
            for (; s->stride[2] == 1 && i + FL_WIDTH <= end[2]; i += FL_WIDTH)
                sums += fvec_load(from + i) * fvec_load(with + i);
            for (; i < end[2]; i++)
                sum += from[i * s->stride[2]] * with[i];
        }
    return sum + fvec_sum(sums);
}

/* Channels of the result times channels of its group, [begin, end). */
static void exact_rows(void *context, int64_t begin, int64_t end) {
    const weighing *k = context;
    const fl_conv *s = k->s;
    int64_t window = s->kernel[0] * s->kernel[1] * s->kernel[2];
    int64_t size = s->size[0] * s->size[1] * s->size[2], outputs = s->out[0] * s->out[1] * s->out[2];
    for (int64_t row = begin; row < end; row++) {
        int64_t o = row / s->inputs, c = o / s->outputs * s->inputs + row % s->inputs;
        for (int64_t t = 0; t < window; t++) {
            int64_t tap[3] = {t / s->kernel[2] / s->kernel[1], t / s->kernel[2] % s->kernel[1], t % s->kernel[2]};
            float sum = 0;
            for (int64_t n = 0; n < s->batch; n++)
                sum += exact_dot(s, k->x + (n * s->groups * s->inputs + c) * size, k->g + (n * s->groups * s->outputs + o) * outputs, tap);
            k->result[row * window + t] = sum;
        }
    }
}

/* ---- the plan ---- */

static void choose_units(weighing *k, const int64_t *reach) {
    const fl_conv *s = k->s;
    int64_t outputs = s->out[0] * s->out[1] * s->out[2], threads = fl_num_threads();
    k->axis = s->out[0] > 1 ? 0 : 1;
    k->band = s->out[k->axis], k->bands = k->images = 1;
    int direct = s->out[2] >= FL_WIDTH;
    fl_planes_measure(&k->planes, s->out, s->out, reach, direct);
    layout l = lay_out(k, 0);
    k->as_it_is = !l.flat && l.run % FL_WIDTH == 0;
    int64_t vectors = l.lines * l.vectors;
    int64_t floats = fl_most(k->planes.direct ? 0 : k->planes.image, k->as_it_is ? 0 : s->outputs * vectors * FL_WIDTH);
    int64_t excess = fl_most(fl_least(floats / BLOCK, vectors / RUN), vectors / VECTORS);
    if (excess >= 2 && s->out[k->axis] > 1) {
        int64_t count[3] = {s->out[0], s->out[1], s->out[2]};
        k->band = count[k->axis] = fl_pieces(s->out[k->axis], excess);
        k->bands = fl_pieces(s->out[k->axis], k->band);
        fl_planes_measure(&k->planes, count, s->out, reach, direct);
        l = lay_out(k, 0);
        k->as_it_is = !l.flat && l.run % FL_WIDTH == 0;
        layout last = lay_out(k, k->bands - 1);
        k->as_it_is = k->as_it_is && !last.flat;
    } else {
        int64_t images = fl_least(BLOCK / fl_most(1, floats), VECTORS / vectors);
        /* Where taps meet different planes little of them stays in the first cache. */
        int phases = k->planes.slots[0] * k->planes.slots[1] * k->planes.slots[2] > 1;
        images = fl_most(images, (phases ? RUN / 3 : RUN) / vectors);
        int64_t most = INT32_MAX / fl_most(k->planes.image, s->groups * s->outputs * outputs);
        k->images = fl_most(1, fl_least(fl_least(images, most), fl_pieces(s->batch * s->groups, threads)));
        k->images = fl_least(k->images, s->batch);
    }
    k->units = fl_pieces(s->batch, k->images) * k->bands;
    k->blocks = fl_pieces(s->outputs, k->down);
    k->splits = fl_least(fl_pieces(threads, s->groups), k->units);
    k->splits = fl_most(1, fl_least(k->splits, PARTIAL / k->size));
    k->shares = fl_least(k->blocks, fl_pieces(threads, k->splits * s->groups));
}

static void make_taps(weighing *k) {
    const fl_conv *s = k->s;
    int64_t n = 0, u[3];
    for (int64_t c = 0; c < s->inputs; c++)
        for (int64_t d = 0; d < s->kernel[0]; d++)
            for (int64_t h = 0; h < s->kernel[1]; h++)
                for (int64_t w = 0; w < s->kernel[2]; w++) {
                    u[0] = d * s->dilation[0], u[1] = h * s->dilation[1], u[2] = w * s->dilation[2];
                    k->tap[n++] = c * k->planes.channel + fl_planes_offset(&k->planes, u);
                }
}

static void weigh(weighing *k, float *result, float *partial) {
    const fl_conv *s = k->s;
    int64_t jobs = s->groups * k->shares * k->splits;
    k->result = partial ? partial : result;
    if (k->size * s->batch * s->out[0] * s->out[1] * s->out[2] < SMALL)
        run_jobs(k, 0, jobs);
    else
        fl_for(jobs, 1, run_jobs, k);
    if (partial) {
        adding a = {result, partial, k->size, k->splits};
        fl_for(k->size, 16384, add_splits, &a);
    }
    k->result = result;
    if (!k->as_it_is && !fl_all_finite(result, k->size))
        fl_for(s->groups * s->outputs * s->inputs, 1, exact_rows, k);
}

FL_API int fl_conv_weight_gradient(const fl_conv *shape, const float *g, const float *x, float *w) {
    fl_conv s = fl_conv_folded(shape);
    int64_t window = s.kernel[0] * s.kernel[1] * s.kernel[2], reach[3], steps = 0;
    weighing k = {
        .s = &s, .g = g, .x = x, .taps = s.inputs * window, .size = s.groups * s.outputs * s.inputs * window,
        .planes = {.channels = s.inputs, .all = s.inputs * s.groups},
        .down = s.outputs <= 2 ? 1 : DOWN, .across = s.outputs <= 2 ? ALONE : ACROSS,
    };
    if (s.batch * s.out[0] * s.out[1] * s.out[2] == 0 || k.size == 0) {
        memset(w, 0, (size_t)k.size * sizeof(float));
        return 1;
    }
    if (fl_conv_has_few_places(&s))
        return fl_conv_few(&s, 'w', (float *)x, w, NULL, (float *)g);
    if (fl_conv_suits_winograd(&s) && fl_conv_winograd_weight(&s, g, x, w))
        return 1;
    for (int a = 0; a < 3; a++) {
        k.planes.size[a] = s.size[a];
        steps += k.planes.step[a] = s.out[a] > 1 ? s.stride[a] : 1;
    }
    int64_t *memory = malloc((size_t)(steps + k.taps) * sizeof(int64_t)), *slot = memory;
    if (!memory)
        return 0;
    for (int a = 0; a < 3; slot += k.planes.step[a++]) {
        k.planes.slot[a] = slot;
        reach[a] = fl_planes_window(&k.planes, &s, fl_meets_forward, a, 1);
    }
    choose_units(&k, reach);
    k.tap = slot;
    make_taps(&k);
    float *partial = k.splits == 1 ? NULL : malloc((size_t)(k.splits * k.size) * sizeof(float));
    if (k.splits > 1 && !partial)
        k.splits = 1;
    weigh(&k, w, partial);
    free(partial);
    free(memory);
    return 1;
}
