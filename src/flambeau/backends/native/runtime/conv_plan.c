/* How a correlation is cut into units of work and vectors: see conv.c. */
#include "plans.h"
#include "conv_plan.h"
#include <stdlib.h>

enum { LONGEST = 320 };       /* how many taps the kernel takes at a time */
enum { FEW = 32 };            /* as many take no longer than to store their sums */
enum { BLOCK = 48 * 1024 };   /* floats of a unit of work: they fit the second cache */
enum { VECTORS = 512 };       /* of a unit of work: their table fits the first cache */

/* How a part's outputs in a box of `count` places become vectors, for one image. */
typedef struct { int64_t count[3], vectors; int flat; } layout;

/* Rows that are cut into vectors, or vectors that run on over the rows' ends: what takes less. A
 * vector whose lanes do not stay together takes longer to store. */
static layout lay_out(const fl_correlation *k, const fl_part *p, const int64_t *count) {
    layout l = {{count[0], count[1], count[2]}, 0, 0};
    int64_t n = count[2], pitch = k->planes.e[2];
    if (!count[0] || !count[1] || !n)
        return l;
    int64_t run = (count[1] - 1) * pitch + n, lines = count[0] * count[1];
    int64_t rows = lines * fl_pieces(n, FL_WIDTH), flat = count[0] * fl_pieces(run, FL_WIDTH);
    int together = pitch == n && (k->gathers || (k->spread[1] == 1 && k->size[2] == n));
    int64_t slow_rows = n < FL_WIDTH ? rows : 0, slow_flat = together ? 0 : fl_least(flat, lines);
    int64_t each = p->taps * k->planes.channels, slow = 12;
    l.flat = flat * each + slow_flat * slow < rows * each + slow_rows * slow;
    if (k->planes.direct && (l.flat ? run : n) < FL_WIDTH)
        l.flat = !l.flat;
    l.vectors = l.flat ? flat : rows;
    return l;
}

/* The counts of a part in the box of one unit. */
static void box(const fl_correlation *k, const fl_part *p, int64_t band, int64_t *count) {
    for (int a = 0; a < 3; a++)
        count[a] = p->count[a];
    count[k->axis] = fl_most(0, fl_least(k->band, p->count[k->axis] - band * k->band));
}

/* ---- tables ---- */

/* One vector: its `lanes` valid lanes and their outputs in order; the others repeat the last one. */
static fl_place place_of(const int64_t *at, int lanes, const int *lane, int64_t x, fl_move **moves) {
    fl_place result = {x, at[0], NULL};
    int together = lanes == FL_WIDTH;
    for (int i = 0; i < lanes; i++)
        together = together && at[i] == at[0] + i;
    if (together)
        return result;
    result.moves = *moves;
    for (int i = 0; i < FL_WIDTH; i++) {
        int j = (int)fl_least(i, lanes - 1);
        *(*moves)++ = (fl_move){lane[j], (int32_t)(at[j] - at[0])};
    }
    return result;
}

static int64_t output_at(const fl_correlation *k, const fl_part *p, int64_t d, int64_t h, int64_t w) {
    if (k->gathers)
        return p->base + (d * p->pitch[0] + h) * p->pitch[1] + w;
    int64_t row = (p->first[0] + d * k->spread[0]) * k->size[1] + p->first[1] + h * k->spread[1];
    return row * k->size[2] + p->first[2] + w;
}

/* The vector whose first lane is at (d, h, w) of the box; with `flat` it goes on to further rows. */
static fl_place vector_at(const fl_correlation *k, const fl_part *p, const layout *l, int64_t d, int64_t h, int64_t w, fl_move **moves) {
    int64_t pitch = k->planes.e[2], x = (d * k->planes.e[1] + h) * pitch + w, at[FL_WIDTH] = {0};
    if (w + FL_WIDTH <= l->count[2])
        return (fl_place){x, output_at(k, p, d, h, w), NULL};
    int lane[FL_WIDTH] = {0}, lanes = 0;
    for (int i = 0; i < FL_WIDTH; i++, w++) {
        if (l->flat && w == pitch)
            h++, w = 0;
        if (h >= l->count[1] || w >= l->count[2])
            continue;
        at[lanes] = output_at(k, p, d, h, w);
        lane[lanes++] = i;
    }
    return place_of(at, lanes, lane, x, moves);
}

static void image_places(const fl_correlation *k, const fl_part *p, const layout *l, fl_place *to, fl_move **moves) {
    int64_t pitch = k->planes.e[2], lines = l->flat ? 1 : l->count[1];
    int64_t n = l->flat ? (l->count[1] - 1) * pitch + l->count[2] : l->count[2];
    for (int64_t d = 0; d < l->count[0]; d++)
        for (int64_t h = 0; h < lines; h++)
            for (int64_t i = 0; i < n; i += FL_WIDTH) {
                int64_t w = fl_most(0, fl_least(i, n - FL_WIDTH)); /* the last ones overlap */
                int64_t row = l->flat ? w / pitch : h;
                *to++ = vector_at(k, p, l, d, row, l->flat ? w % pitch : w, moves);
            }
}

static int64_t tiling_bytes(const fl_correlation *k, const layout *l, int64_t images) {
    int64_t places = l->vectors * images + k->across;
    return places * (int64_t)sizeof(fl_place) + l->vectors * FL_WIDTH * (int64_t)sizeof(fl_move);
}

/* The places of a part's vectors in a unit of work; the memory after them. */
static char *make_tiling(const fl_correlation *k, const fl_part *p, const layout *l, int64_t images, fl_tiling *t, char *memory) {
    int64_t n = l->vectors, all = fl_pieces(n * images, k->across) * k->across;
    t->places = (fl_place *)memory;
    t->tiles = all / k->across;
    fl_move *moves = (fl_move *)(t->places + all);
    if (n)
        image_places(k, p, l, t->places, &moves);
    for (int64_t i = n; i < all; i++) {
        int64_t like = fl_least(i, n * images - 1); /* the last tile repeats the last vector */
        t->places[i] = t->places[like % n];
        t->places[i].x += like / n * k->planes.image;
        t->places[i].y += like / n * k->y_image;
    }
    return (char *)moves;
}

static void make_taps(const fl_correlation *k, fl_part *p, const fl_conv *s, fl_meeting meets) {
    int64_t window = s->kernel[0] * s->kernel[1] * s->kernel[2], n = 0;
    for (int64_t t = 0; t < window; t++) {
        int64_t tap[3] = {t / s->kernel[2] / s->kernel[1], t / s->kernel[2] % s->kernel[1], t % s->kernel[2]};
        int64_t u[3];
        int met = 1;
        for (int a = 0; a < 3; a++) {
            met = met && meets(s, a, p->first[a], tap[a], &u[a]);
            u[a] -= k->planes.low[a];
        }
        if (!met)
            continue;
        p->window[n] = (int32_t)t;
        p->tap[n++] = (int32_t)fl_planes_offset(&k->planes, u);
    }
    for (int64_t c = 1; c < k->chunk; c++)
        for (int64_t i = 0; i < n; i++)
            p->tap[c * n + i] = p->tap[i] + (int32_t)(c * k->planes.channel);
}

static void *make_tables(fl_correlation *k, const fl_conv *s, fl_meeting meets) {
    int64_t images[2] = {k->images, k->bands > 1 ? 1 : k->batch - (k->units - 1) * k->images};
    int64_t taps = 0, bytes = 0, count[3];
    for (int64_t i = 0; i < k->part_count; i++)
        taps += k->parts[i].taps;
    for (int64_t i = 0; i < 2 * k->part_count; i++) {
        box(k, &k->parts[i / 2], i % 2 * (k->bands - 1), count);
        layout l = lay_out(k, &k->parts[i / 2], count);
        bytes += tiling_bytes(k, &l, images[i % 2]);
    }
    char *memory = malloc((size_t)bytes + (size_t)(taps * (k->chunk + 1)) * sizeof(int32_t));
    if (!memory)
        return NULL;
    int32_t *table = (int32_t *)(memory + bytes);
    char *next = memory;
    for (int64_t i = 0; i < 2 * k->part_count; i++) {
        fl_part *p = &k->parts[i / 2];
        box(k, p, i % 2 * (k->bands - 1), count);
        layout l = lay_out(k, p, count);
        next = make_tiling(k, p, &l, images[i % 2], &p->tilings[i % 2], next);
    }
    for (int64_t i = 0; i < k->part_count; i++) {
        fl_part *p = &k->parts[i];
        p->window = table;
        p->tap = table + p->taps;
        make_taps(k, p, s, meets);
        table += p->taps * (k->chunk + 1);
    }
    return memory;
}

/* ---- choices ---- */

static int64_t make_parts(fl_correlation *k, const fl_conv *s, fl_meeting meets, const int64_t *parts) {
    int64_t shift, n = 0, narrowest = INT64_MAX;
    k->most[0] = k->most[1] = k->most[2] = 0;
    for (int64_t i = 0; i < parts[0] * parts[1] * parts[2]; i++) {
        fl_part *p = &k->parts[n];
        *p = (fl_part){.first = {i / parts[2] / parts[1], i / parts[2] % parts[1], i % parts[2]}, .taps = 1};
        int64_t outputs = 1;
        for (int a = 0; a < 3; a++) {
            int64_t met = 0;
            for (int64_t tap = 0; tap < s->kernel[a]; tap++)
                met += meets(s, a, p->first[a], tap, &shift);
            p->taps *= met;
            p->count[a] = fl_pieces(k->size[a] - p->first[a], k->spread[a]);
            outputs *= p->count[a];
            k->most[a] = fl_most(k->most[a], p->count[a]);
        }
        if (outputs)
            narrowest = fl_least(narrowest, p->count[2]), n++;
    }
    k->part_count = n;
    return narrowest;
}

/* How many vectors are computed for `images` images. */
static int64_t vectors_for(const fl_correlation *k, int64_t images) {
    int64_t n = 0, count[3];
    for (int64_t i = 0; i < k->part_count; i++) {
        box(k, &k->parts[i], 0, count);
        n += fl_pieces(lay_out(k, &k->parts[i], count).vectors * images, k->across) * k->across;
    }
    return n;
}

/* The number of images, at most n, that leaves the fewest vectors of tiles unused. */
static int64_t fitting_images(const fl_correlation *k, int64_t n) {
    int64_t best = n;
    for (int64_t i = n - 1; i > n / 2; i--)
        if (vectors_for(k, i) * best < vectors_for(k, best) * i)
            best = i;
    return best;
}

/* The size of bands of n outputs, of which all have place for a vector: about n / pieces. */
static int64_t band_of(const fl_correlation *k, int64_t n, int64_t pieces) {
    int64_t band = fl_pieces(n, pieces), tile = k->across * FL_WIDTH;
    if (k->axis < 2)
        return band;
    band = fl_pieces(band, tile) * tile;
    while (band < n && (n - 1) % band + 1 < FL_WIDTH)
        band += tile;
    return fl_least(band, n);
}

/* How much is one unit of work: some images, or a band of one image. */
static void choose_units(fl_correlation *k, const int64_t *reach, int64_t narrowest) {
    int64_t threads = fl_num_threads(), count[3] = {k->most[0], k->most[1], k->most[2]};
    k->axis = count[0] > 1 ? 0 : count[1] > 1 ? 1 : 2;
    k->band = count[k->axis], k->bands = k->images = 1;
    int direct = narrowest >= FL_WIDTH;
    fl_planes_measure(&k->planes, count, k->most, reach, direct);
    int64_t result = k->outs * k->size[0] * k->size[1] * k->size[2], vectors = vectors_for(k, 1);
    int64_t floats = fl_most(result, k->planes.direct ? 0 : k->planes.image);
    int64_t excess = fl_most(floats / BLOCK, vectors / VECTORS);
    if (excess >= 2) {
        k->band = count[k->axis] = band_of(k, count[k->axis], excess);
        k->bands = fl_pieces(k->most[k->axis], k->band);
        fl_planes_measure(&k->planes, count, k->most, reach, direct);
    } else {
        int64_t images = fl_least(BLOCK / fl_most(1, floats), VECTORS / fl_most(1, vectors));
        images = fl_least(images, fl_pieces(k->batch * k->groups, 2 * threads));
        k->images = fitting_images(k, fl_most(1, fl_least(images, k->batch)));
    }
    k->units = fl_pieces(k->batch, k->images);
    k->blocks = fl_pieces(k->outs, k->down);
    int64_t jobs = k->units * k->groups * (k->done ? 1 : k->bands);
    int64_t wanted = threads == 1 || jobs >= 2 * threads ? 1 : fl_pieces(2 * threads, jobs);
    k->shares = fl_least(k->blocks, wanted);
}

static void choose_chunk(fl_correlation *k) {
    int64_t taps = 1, channels = k->planes.channels;
    for (int64_t i = 0; i < k->part_count; i++)
        taps = fl_most(taps, k->parts[i].taps);
    k->chunk = fl_pieces(channels, fl_pieces(channels * taps, LONGEST));
    /* Best is to read what a tile reads for all channels while it is in the first cache. But not
     * where that means to write to many channels in turn and there is little else to do, or where
     * channels at powers of two share a few sets of the cache, or to read too many weights. */
    int crowded = k->size[0] * k->size[1] * k->size[2] % 512 == 0 && k->outs > 8;
    k->blocks_first = crowded || channels * taps <= FEW || k->chunk * taps * k->outs > BLOCK;
}

/* Where the kernel writes: to the result, or to each part's own place in a channel's. */
static void choose_target(fl_correlation *k) {
    int64_t count[3], weights = 0, base = 0;
    for (int64_t i = 0; i < k->part_count; i++) {
        fl_part *p = &k->parts[i];
        box(k, p, 0, count);
        p->weights = weights, p->base = base;
        p->pitch[0] = count[1], p->pitch[1] = count[2];
        weights += p->taps * k->planes.channels * k->blocks * k->down;
        base += count[0] * count[1] * count[2];
    }
    k->y_channel = k->gathers ? base : k->size[0] * k->size[1] * k->size[2];
    k->y_image = (k->gathers ? k->outs : k->groups * k->outs) * k->y_channel;
}

void *fl_correlation_plan(fl_correlation *k, const fl_conv *s, fl_meeting meets, const int64_t *parts) {
    int64_t reach[3];
    for (int a = 0; a < 3; a++)
        reach[a] = fl_planes_window(&k->planes, s, meets, a, parts[a]);
    int64_t narrowest = make_parts(k, s, meets, parts);
    k->gathers = k->spread[2] > 1;
    choose_units(k, reach, narrowest);
    choose_chunk(k);
    choose_target(k);
    return make_tables(k, s, meets);
}
