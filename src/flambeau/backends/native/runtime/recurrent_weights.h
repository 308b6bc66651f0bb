/* The gradients of recurrent layers' weights and biases: slopes of all rows, transposed, times what
 * stood before them, the inputs or the states.
 *
 * With few rows, or weights that the second cache does not hold, by the products of gemm.c. Else made
 * as (input or state)^T slopes: a thread takes some columns of the slopes and some tiles of the
 * other, a part of the rows at a time. Of each it packs what a tile's product reads in turn; the
 * columns that come next are fetched meanwhile, and the sums of the columns (the bias's gradient) are
 * by-products. Its sums stay in the second cache and are written, transposed, in the end. */
#ifndef FL_RECURRENT_WEIGHTS_H
#define FL_RECURRENT_WEIGHTS_H
#include "recurrent.h"

enum {
    BAND_TILES = 168 / TILE,           /* whose factors and products share the second cache */
    GROUP_SLIVERS = 256 / UNITS,       /* of columns that a thread takes at a time */
    PACKED_ROWS = 16,
    FEW_ROWS = 128,
    MOST_WEIGHTS = 1 << 17,            /* whose sums the second cache holds, or some threads' */
    SUM_COLUMNS = 64,
    SUM_GRAIN = 1 << 17,
    SUM_DEPTH = 256,                   /* rows at a time: UNITS of their columns fit the first cache */
};

/* Some columns of the slopes' rows, and where their products with the inputs and with the states go:
 * one row of `features` or `hidden` numbers for each column. The states are those of `output` one
 * step ago or `h0`, a GRU's are kept. */
typedef struct {
    const layer *l;
    const float *slopes;
    int64_t columns;
    const float *h0;
    float *gweight_ih, *gweight_hh, *gbias; /* each may be missing */
    int64_t bands, groups, group; /* group: columns */
    int failed;                   /* no memory */
} weight_sums;

/* A tile's columns of the inputs or of the states before. */
typedef struct {
    int64_t of_state, first, count;
} tile;

FL_INLINE int64_t width_of(const weight_sums *w) { return w->l->sums_each * w->l->hidden; }
FL_INLINE int64_t tiles_of(int64_t columns) { return (columns + TILE - 1) / TILE; }

/* Tiles of (nearly) equal widths: first those of the inputs. */
FL_INLINE tile tile_of(const weight_sums *w, int64_t i)
{
    int64_t before = w->gweight_ih ? tiles_of(w->l->features) : 0, of_state = i >= before;
    int64_t columns = of_state ? w->l->hidden : w->l->features, tiles = tiles_of(columns), at = of_state ? i - before : i;
    int64_t first = columns * at / tiles;
    return (tile){of_state, first, columns * (at + 1) / tiles - first};
}

FL_INLINE int64_t all_tiles(const weight_sums *w)
{
    return (w->gweight_ih ? tiles_of(w->l->features) : 0) + (w->gweight_hh ? tiles_of(w->l->hidden) : 0);
}

/* Where the states before `count` rows from `first` on stand. */
static void states_before(const weight_sums *w, int64_t first, int64_t count, const float **at)
{
    const layer *l = w->l;
    int64_t n = l->hidden, t = 0;
    for (int64_t i = 0; i < count; i++) {
        if (l->h_before) {
            at[i] = l->h_before + (first + i) * n;
            continue;
        }
        while (l->offsets[t + 1] <= first + i)
            t++;
        int64_t past = l->reverse ? t + 1 : t - 1, s = first + i - l->offsets[t];
        int known = past >= 0 && past < l->steps && s < l->sizes[past];
        at[i] = known ? l->output + (l->offsets[past] + s) * n : w->h0 + s * n;
    }
}

/* A tile's columns of some rows, row after row; may write up to FL_WIDTH numbers more, for which there
 * is room between the tiles. */
FL_INLINE void pack_tile(tile t, int64_t width, int64_t rows, const float *const *from, float *to)
{
    if (t.first + TILE + FL_WIDTH <= width) /* reads more than it keeps */
        for (int64_t p = 0; p < rows; p++, to += t.count)
            FL_UNROLL for (int64_t j = 0; j < TILE; j += FL_WIDTH) /* the rest is written over */
                fvec_store(to + j, fvec_load(from[p] + t.first + j));
    else
        for (int64_t p = 0; p < rows; p++, to += t.count)
            for (int64_t j = 0; j < t.count; j++)
                to[j] = from[p][t.first + j];
}

/* All tiles of a band, a few rows at a time, which the first cache holds. */
static void pack_band(const weight_sums *w, const tile *tiles, int64_t count, int64_t first, int64_t rows, float *to)
{
    const float *at[2][SUM_DEPTH];
    for (int64_t p = 0; p < rows; p++)
        at[0][p] = w->l->x + (first + p) * w->l->features;
    if (w->gweight_hh)
        states_before(w, first, rows, at[1]);
    for (int64_t p = 0; p < rows; p += PACKED_ROWS)
        for (int64_t i = 0; i < count; i++) {
            tile t = tiles[i];
            pack_tile(t, t.of_state ? w->l->hidden : w->l->features, smaller(PACKED_ROWS, rows - p), at[t.of_state] + p, to + i * (TILE * rows + FL_WIDTH) + p * t.count);
        }
}

/* Up to UNITS columns of some rows of the slopes, row after row, and their sums. */
static void pack_slopes(int64_t columns, int64_t rows, const float *from, int64_t stride, float *to, float *sums)
{
    int64_t padded = whole_vectors(columns);
    fvec sum[UNITS / FL_WIDTH] = {{0}};
    if (columns == UNITS)
        for (int64_t p = 0; p < rows; p++, from += stride, to += UNITS)
            FL_UNROLL for (int j = 0; j < UNITS / FL_WIDTH; j++) {
                fvec v = fvec_load(from + j * FL_WIDTH);
                fvec_store(to + j * FL_WIDTH, v);
                sum[j] += v;
            }
    else
        for (int64_t p = 0; p < rows; p++, from += stride, to += padded)
            for (int64_t j = 0; j < padded; j += FL_WIDTH) {
                fvec v = j + FL_WIDTH <= columns ? fvec_load(from + j) : fvec_load_part(from + j, columns - j);
                fvec_store(to + j, v);
                sum[j / FL_WIDTH] += v;
            }
    for (int64_t j = 0; j < padded; j += FL_WIDTH)
        fvec_store(sums + j, fvec_load(sums + j) + sum[j / FL_WIDTH]);
}

/* to[j][i] (rows `stride` apart) = from[i][j] (rows `width` apart). */
static void write_transposed(int64_t rows, int64_t columns, const float *from, int64_t width, float *to, int64_t stride)
{
    int64_t i = 0;
    for (; i + FL_WIDTH <= rows; i += FL_WIDTH)
        for (int64_t j = 0; j < columns; j += FL_WIDTH) {
            fvec square[FL_WIDTH];
            int64_t count = smaller(FL_WIDTH, columns - j);
            FL_UNROLL for (int r = 0; r < FL_WIDTH; r++)
                square[r] = fvec_load(from + (i + r) * width + j);
            fvec_transpose(square);
            for (int64_t r = 0; r < count; r++)
                fvec_store(to + (j + r) * stride + i, square[r]);
        }
    for (; i < rows; i++)
        for (int64_t j = 0; j < columns; j++)
            to[j * stride + i] = from[i * width + j];
}

/* What a thread works with. */
typedef struct {
    tile tiles[BAND_TILES];
    int64_t count;
    float *packed, *slopes, *products, *sums;
} weight_room;

/* One part of the rows for a band of tiles and a group of columns. */
static void weight_part(const weight_sums *w, int64_t column0, int64_t columns, int64_t first, int64_t rows, const weight_room *room)
{
    int64_t count = room->count, ahead = count ? (rows + count - 1) / count : 0;
    pack_band(w, room->tiles, count, first, rows, room->packed);
    for (int64_t j = 0; j < columns; j += UNITS) {
        const float *slopes = w->slopes + first * width_of(w) + column0 + j, *next = slopes + UNITS;
        int64_t some = smaller(UNITS, columns - j), padded = whole_vectors(some), fetched = j + UNITS < columns ? 0 : rows;
        pack_slopes(some, rows, slopes, width_of(w), room->slopes, room->sums + j);
        float *product = room->products + j;
        for (int64_t i = 0; i < count; i++) {
            for (int64_t stop = smaller(rows, fetched + ahead); fetched < stop; fetched++)
                __builtin_prefetch(next + fetched * width_of(w));
            int64_t height = room->tiles[i].count;
            fl_sgemm_here(height, padded, rows, room->packed + i * (TILE * rows + FL_WIDTH), 1, height, room->slopes, padded, product, w->group, first > 0);
            product += height * w->group;
        }
    }
}

/* A band of tiles and a group of columns, all rows. */
static void weight_band(const weight_sums *w, int64_t column0, int64_t columns, const weight_room *room)
{
    int64_t rows = w->l->rows, parts = (rows + SUM_DEPTH - 1) / SUM_DEPTH, depth = (rows + parts - 1) / parts;
    for (int64_t j = 0; j < w->group; j++)
        room->sums[j] = 0;
    for (int64_t first = 0; first < rows; first += depth)
        weight_part(w, column0, columns, first, smaller(depth, rows - first), room);
    const float *product = room->products;
    for (int64_t i = 0, next; i < room->count; i = next) { /* as many tiles as lie side by side */
        tile t = room->tiles[i];
        int64_t width = t.of_state ? w->l->hidden : w->l->features, count = 0;
        for (next = i; next < room->count && room->tiles[next].of_state == t.of_state; next++)
            count += room->tiles[next].count;
        float *to = t.of_state ? w->gweight_hh : w->gweight_ih;
        write_transposed(count, columns, product, w->group, to + column0 * width + t.first, width);
        product += count * w->group;
    }
}

static void weight_bands(void *context, int64_t begin, int64_t end)
{
    weight_sums *w = context;
    int64_t tiles = all_tiles(w), most = (tiles + w->bands - 1) / w->bands;
    float *numbers = fl_scratch(FL_ROWS_A, (size_t)(most * (TILE * (SUM_DEPTH + w->group) + FL_WIDTH) + SUM_DEPTH * UNITS + w->group) * sizeof *numbers);
    if (!numbers) {
        w->failed = 1;
        return;
    }
    weight_room room = {.slopes = numbers, .products = numbers + SUM_DEPTH * UNITS};
    room.sums = room.products + most * TILE * w->group;
    room.packed = room.sums + w->group;
    for (int64_t i = begin; i < end; i++) {
        int64_t band = i / w->groups, column0 = i % w->groups * w->group, columns = smaller(w->group, w->columns - column0);
        int64_t first = tiles * band / w->bands;
        room.count = tiles * (band + 1) / w->bands - first;
        for (int64_t k = 0; k < room.count; k++)
            room.tiles[k] = tile_of(w, first + k);
        weight_band(w, column0, columns, &room);
        if (w->gbias && band == 0)
            copy_numbers(w->gbias + column0, room.sums, columns);
    }
}

/* ---- the same by the products of gemm.c ---- */

/* The sums of some blocks of columns. */
static void sum_columns(void *context, int64_t begin, int64_t end)
{
    const weight_sums *w = context;
    for (int64_t first = begin * SUM_COLUMNS; first < end * SUM_COLUMNS && first < w->columns; first += SUM_COLUMNS) {
        int64_t count = smaller(SUM_COLUMNS, w->columns - first);
        const float *from = w->slopes + first;
        fvec sum[SUM_COLUMNS / FL_WIDTH] = {{0}};
        for (int64_t r = 0; r < w->l->rows; r++, from += width_of(w))
            for (int64_t j = 0; j < count; j += FL_WIDTH)
                sum[j / FL_WIDTH] += get(from + j, count - j);
        copy_numbers(w->gbias + first, (const float *)sum, count);
    }
}

/* gweight_hh (+)= the slopes of some rows, transposed, times the states before them. */
FL_INLINE void add_products(const weight_sums *w, int64_t first, int64_t rows, const float *before, int64_t *accumulate)
{
    int64_t n = w->l->hidden, width = width_of(w);
    if (rows <= 0)
        return;
    fl_sgemm(w->columns, n, rows, w->slopes + first * width, 1, width, before, n, 1, w->gweight_hh, n, 1, *accumulate, 0, 0);
    *accumulate = 1;
}

SELDOM void recurrent_products(const weight_sums *w)
{
    const layer *l = w->l;
    const float *h0 = w->h0;
    int64_t n = l->hidden, last = l->steps - 1, batch = l->sizes[0], accumulate = 0, known;
    if (l->h_before)
        add_products(w, 0, l->rows, l->h_before, &accumulate);
    else if (l->sizes[last] == batch) { /* all of one size: the steps but one go together */
        add_products(w, l->offsets[l->reverse ? last : 0], batch, h0, &accumulate);
        add_products(w, l->reverse ? 0 : batch, l->rows - batch, l->output + (l->reverse ? batch * n : 0), &accumulate);
    } else
        for (int64_t t = 0; t < l->steps; t++) {
            int64_t past = l->reverse ? t + 1 : t - 1, inside = past >= 0 && past <= last;
            known = inside ? smaller(l->sizes[t], l->sizes[past]) : 0;
            add_products(w, l->offsets[t], known, l->output + l->offsets[inside ? past : 0] * n, &accumulate);
            add_products(w, l->offsets[t] + known, l->sizes[t] - known, h0 + known * n, &accumulate);
        }
}

/* Each by itself. */
SELDOM void weight_products(const weight_sums *w)
{
    const layer *l = w->l;
    if (w->gweight_ih)
        fl_sgemm(w->columns, l->features, l->rows, w->slopes, 1, width_of(w), l->x, l->features, 1, w->gweight_ih, l->features, 1, 0, 0, 0);
    if (w->gweight_hh)
        recurrent_products(w);
    if (w->gbias)
        fl_for((w->columns + SUM_COLUMNS - 1) / SUM_COLUMNS, larger(1, SUM_GRAIN / (l->rows * SUM_COLUMNS)), sum_columns, (void *)w);
}

/* All gradients that are wanted; whether there was memory for it. Uses the scratch memory FL_ROWS_A. */
static int weight_gradients(weight_sums *w)
{
    int64_t tiles = all_tiles(w), slivers = (w->columns + UNITS - 1) / UNITS, threads = fl_threads_here();
    if (!tiles && !w->gbias)
        return 1;
    if (w->l->rows <= FEW_ROWS || w->columns * (w->l->features + w->l->hidden) > MOST_WEIGHTS) {
        weight_products(w);
        return 1;
    }
    w->bands = larger(1, (tiles + BAND_TILES - 1) / BAND_TILES);
    int64_t each = smaller(GROUP_SLIVERS, larger(1, slivers * w->bands / threads));
    w->groups = (slivers + each - 1) / each;
    w->group = UNITS * ((slivers + w->groups - 1) / w->groups);
    w->groups = (w->columns + w->group - 1) / w->group;
    int64_t work = w->l->rows * w->group * TILE * (1 + tiles / w->bands);
    fl_for(w->bands * w->groups, larger(1, (RECURRENT_GRAIN + work - 1) / work), weight_bands, w);
    return !w->failed;
}
#endif
