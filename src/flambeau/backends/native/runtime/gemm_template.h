/* Matrix products of numbers of type T (vectors V of W numbers): gemm.c and gemm64.c are made of it.
 *
 * C[m, n] = (accumulate ? C : 0) + A[m, k] B[k, n], every matrix with a row and a column stride.
 *
 * The inner kernels hold a tile of C in registers, `rows` x `vectors` of them, and add to it, for
 * one k after the other, a column of A (its numbers broadcast) times a row of B (as vectors). So
 * B's rows must be contiguous, or B is packed: its columns in slivers of NR, each sliver k after k.
 * A may have any strides and is packed (in slivers of as many rows as a tile has) where these are
 * unkind to the cache. Since (A B)^T = B^T A^T the two may change roles; then C is written
 * transposed. Blocks of k keep a sliver of B in the first cache, bands of rows keep A in the
 * second.
 *
 * Where A's rows and B's columns are contiguous and one of m, n is small, no packing pays: the dot
 * kernels take vectors along k. */

typedef struct {
    const T *at;
    int64_t rs, cs;
} NAME(operand);

enum { NAME(PACK_NOTHING), NAME(PACK_IN_TILE), NAME(PACK_BEFORE) };
enum { NAME(FETCH_NOTHING), NAME(FETCH_A), NAME(FETCH_B) };

typedef struct {
    int64_t m, n, k;
    NAME(operand) a, b;
    T *c;
    int64_t crs, ccs, accumulate;
    fl_tile_done done;
    void *context;
    int64_t swapped;                    /* the roles are: C is the transpose of the caller's */
    int64_t band, bands, block, blocks; /* rows and columns of a tile of C, and how many tiles */
    int64_t depth;                      /* how much of k goes through the cache at a time */
    int pack_a, pack_b, fetch;
    T *packed; /* B of all depths, where it is packed before */
} NAME(product);

FL_INLINE int64_t NAME(ceiling)(int64_t a, int64_t b) { return (a + b - 1) / b; }

FL_INLINE NAME(operand) NAME(part)(NAME(operand) x, int64_t row, int64_t column)
{
    return (NAME(operand)){x.at + row * x.rs + column * x.cs, x.rs, x.cs};
}

/* ---- kernels ---- */

typedef void (*NAME(kernel))(int64_t, const T *, int64_t, int64_t, const T *, int64_t, T *, int64_t, int64_t);

FL_INLINE void NAME(add_tile)(int rows, int vectors, int64_t k, const T *a, int64_t ars, int64_t acs, const T *b, int64_t brs, T *c, int64_t crs, int64_t accumulate)
{
    V sum[MR][8];
    FL_UNROLL for (int i = 0; i < rows; i++)
        FL_UNROLL for (int j = 0; j < vectors; j++)
            sum[i][j] = (V){0};
    FL_UNROLL for (int i = 0; i < rows; i++) /* C arrives while the sums are made */
        FL_UNROLL for (int j = 0; j < vectors * W; j += 64 / (int)sizeof(T))
            __builtin_prefetch(c + i * crs + j, 1);
    for (int64_t p = 0; p < k; p++, a += acs, b += brs) {
        V row[8];
        FL_UNROLL for (int j = 0; j < vectors; j++)
            row[j] = V_(load)(b + j * W);
        FL_UNROLL for (int i = 0; i < rows; i++) {
            V x = V_(set)(a[i * ars]);
            FL_UNROLL for (int j = 0; j < vectors; j++)
                sum[i][j] += x * row[j];
        }
    }
    FL_UNROLL for (int i = 0; i < rows; i++)
        FL_UNROLL for (int j = 0; j < vectors; j++) {
            T *to = c + i * crs + j * W;
            V_(store)(to, accumulate ? V_(load)(to) + sum[i][j] : sum[i][j]);
        }
}

#define KERNEL(rows, vectors)                                                                     \
    static void NAME(kernel_##rows##_##vectors)(int64_t k, const T *a, int64_t ars, int64_t acs, const T *b, int64_t brs, T *c, int64_t crs, int64_t accumulate) \
    {                                                                                             \
        NAME(add_tile)(rows, vectors, k, a, ars, acs, b, brs, c, crs, accumulate);                \
    }
#if NV == 2
#define KERNELS(rows) KERNEL(rows, 1) KERNEL(rows, 2)
#define ROW(rows) [rows] = {[1] = NAME(kernel_##rows##_1), [2] = NAME(kernel_##rows##_2)}
KERNELS(1) KERNELS(2) KERNELS(3) KERNELS(4) KERNELS(5) KERNELS(6)
static const NAME(kernel) NAME(kernels)[MR + 1][NV + 1] = {ROW(1), ROW(2), ROW(3), ROW(4), ROW(5), ROW(6)};
#else
#define KERNELS(rows) KERNEL(rows, 1) KERNEL(rows, 2) KERNEL(rows, 3)
#define ROW(rows) [rows] = {[1] = NAME(kernel_##rows##_1), [2] = NAME(kernel_##rows##_2), [3] = NAME(kernel_##rows##_3)}
KERNELS(1) KERNELS(2) KERNELS(3) KERNELS(4) KERNELS(5) KERNELS(6) KERNELS(7) KERNELS(8)
static const NAME(kernel) NAME(kernels)[MR + 1][NV + 1] = {ROW(1), ROW(2), ROW(3), ROW(4), ROW(5), ROW(6), ROW(7), ROW(8)};
#endif
/* For few rows, tiles as wide as the registers allow: by rows, the vectors and the kernel. */
KERNEL(1, 8) KERNEL(2, 6) KERNEL(3, 4)
static const int NAME(thin_vectors)[4] = {0, 8, 6, 4};
static const NAME(kernel) NAME(thin)[4] = {0, NAME(kernel_1_8), NAME(kernel_2_6), NAME(kernel_3_4)};
#undef ROW
#undef KERNELS
#undef KERNEL

/* How many of the rows that are left the next tile takes: as few tiles as possible share them evenly,
 * since a tile of four rows takes about as long as one of six. */
FL_INLINE int64_t NAME(tile_rows)(int64_t left)
{
    int64_t tiles = NAME(ceiling)(left, MR);
    return NAME(ceiling)(left, tiles);
}

#include "gemm_packing_template.h"

/* ---- a block: C (+)= A B with one depth of k ---- */

/* C (+)= a block of sums whose rows are `stride` apart. */
static NOINLINE void NAME(write_out)(int64_t rows, int64_t columns, const T *from, int64_t stride, T *c, int64_t crs, int64_t ccs, int64_t accumulate)
{
    int64_t whole = ccs == 1 ? columns / W * W : 0, i = 0;
    if (crs == 1 && !accumulate)
        for (; i + W <= rows; i += W)
            for (int64_t j = 0; j < columns; j += W) {
                V square[W];
                int64_t count = columns - j < W ? columns - j : W;
                FL_UNROLL for (int r = 0; r < W; r++)
                    square[r] = V_(load)(from + (i + r) * stride + j);
                V_(transpose)(square);
                for (int64_t r = 0; r < count; r++)
                    V_(store)(c + i + (j + r) * ccs, square[r]);
            }
    for (; i < rows; i++) {
        T *to = c + i * crs;
        const T *row = from + i * stride;
        for (int64_t j = 0; j < whole; j += W)
            V_(store)(to + j, accumulate ? V_(load)(to + j) + V_(load)(row + j) : V_(load)(row + j));
        for (int64_t j = whole; j < columns; j++)
            to[j * ccs] = accumulate ? to[j * ccs] + row[j] : row[j];
    }
}

/* Numbers of a large operand that come next, one after the other: with each tile so many of them are
 * fetched, so that memory is read while others are multiplied. */
typedef struct {
    const T *at;
    int64_t each;
} NAME(ahead);

FL_INLINE void NAME(fetch)(NAME(ahead) *next)
{
    for (int64_t i = 0; i < next->each; i += 64 / (int)sizeof(T))
        __builtin_prefetch(next->at + i, 0, 2);
    next->at += next->each;
}

/* Columns of one sliver, all rows; C's rows are contiguous. `a_packed`: A's slivers follow each
 * other. */
static NOINLINE void NAME(sliver)(int64_t m, int64_t columns, int64_t k, NAME(operand) a, int a_packed, const T *b, int64_t brs, int64_t vectors, NAME(kernel) thin, T *c, int64_t crs, int64_t accumulate, NAME(ahead) *next)
{
    for (int64_t i = 0, rows; i < m; i += rows) {
        if (next)
            NAME(fetch)(next);
        rows = thin ? m : NAME(tile_rows)(m - i);
        NAME(kernel) kernel = thin ? thin : NAME(kernels)[rows][vectors];
        const T *from = a_packed ? a.at + i * k : a.at + i * a.rs;
        int64_t ars = a_packed ? 1 : a.rs, acs = a_packed ? rows : a.cs;
        if (columns == vectors * W) {
            kernel(k, from, ars, acs, b, brs, c + i * crs, crs, accumulate);
            continue;
        }
        T tile[MR * NR] __attribute__((aligned(64)));
        kernel(k, from, ars, acs, b, brs, tile, NR, 0);
        NAME(write_out)(rows, columns, tile, NR, c + i * crs, crs, 1, accumulate);
    }
}

static NOINLINE void NAME(packed_block)(int64_t m, int64_t n, int64_t k, NAME(operand) a, int a_packed, const T *b, T *c, int64_t crs, int64_t accumulate, NAME(ahead) *next)
{
    for (int64_t j = 0; j < n; j += NR) {
        int64_t columns = n - j < NR ? n - j : NR, vectors = (columns + W - 1) / W;
        NAME(sliver)(m, columns, k, a, a_packed, b + j * k, vectors * W, vectors, 0, c + j, crs, accumulate, next);
    }
}

/* With B as it is, its rows contiguous; columns beyond the last whole vector are packed. */
static NOINLINE void NAME(direct_block)(int64_t m, int64_t n, int64_t k, NAME(operand) a, int a_packed, NAME(operand) b, T *c, int64_t crs, int64_t accumulate, NAME(ahead) *next)
{
    int64_t j = 0, vectors;
    if (m <= 3)
        for (int64_t wide = NAME(thin_vectors)[m]; j + wide * W <= n; j += wide * W)
            NAME(sliver)(m, wide * W, k, a, a_packed, b.at + j, b.rs, wide, NAME(thin)[m], c + j, crs, accumulate, 0);
    for (; j + W <= n; j += vectors * W) {
        vectors = (n - j) / W < NV ? (n - j) / W : NV;
        NAME(sliver)(m, vectors * W, k, a, a_packed, b.at + j, b.rs, vectors, 0, c + j, crs, accumulate, next);
    }
    if (j < n) {
        T few[DIRECT_DEPTH * W] __attribute__((aligned(64)));
        NAME(pack_sliver)(k, n - j, NAME(part)(b, 0, j), few, W);
        NAME(sliver)(m, n - j, k, a, a_packed, few, W, 1, 0, c + j, crs, accumulate, 0);
    }
}

/* ---- tiles of C ---- */

FL_INLINE void NAME(tell)(const NAME(product) *p, int64_t row, int64_t rows, int64_t column, int64_t columns)
{
    if (!p->done)
        return;
    if (p->swapped)
        p->done(p->context, column, column + columns, row, row + rows);
    else
        p->done(p->context, row, row + rows, column, column + columns);
}

/* What follows a tile's rows of A in memory (each depth fetches a share of it), or this depth of B,
 * if it will be needed. */
static NAME(ahead) NAME(next_numbers)(const NAME(product) *p, int64_t row, int64_t rows, int64_t columns, int64_t k0, int64_t k)
{
    int64_t tiles = NAME(ceiling)(rows, MR) * NAME(ceiling)(columns, NR);
    NAME(ahead) next = {0, 0};
    if (p->fetch == NAME(FETCH_A) && row + 2 * rows <= p->m)
        next = (NAME(ahead)){p->a.at + (row + rows) * p->k + rows * k0, NAME(ceiling)(rows * k, tiles)};
    if (p->fetch == NAME(FETCH_B) && k0 + 2 * k <= p->k)
        next = (NAME(ahead)){p->b.at + (k0 + k) * p->b.rs, NAME(ceiling)(k * p->b.rs, tiles)};
    return next;
}

/* One depth of a tile of C whose rows are contiguous. */
static NOINLINE void NAME(add_depth)(const NAME(product) *p, int64_t row, int64_t rows, int64_t column, int64_t columns, int64_t k0, int64_t k, T *c, int64_t crs, int64_t accumulate)
{
    NAME(operand) a = NAME(part)(p->a, row, k0), b = NAME(part)(p->b, k0, column);
    if (p->pack_a) {
        T *to = fl_scratch(FL_GEMM_A, (size_t)(rows * k + W) * sizeof(T));
        NAME(pack_a)(rows, k, a, to);
        a.at = to;
    }
    NAME(ahead) numbers = NAME(next_numbers)(p, row, rows, columns, k0, k), *next = numbers.each ? &numbers : 0;
    if (p->pack_b == NAME(PACK_NOTHING)) {
        NAME(direct_block)(rows, columns, k, a, p->pack_a, b, c, crs, accumulate, next);
        return;
    }
    T *packed = p->packed + k0 * ((p->n + W - 1) / W * W) + column * k;
    if (p->pack_b == NAME(PACK_IN_TILE)) {
        packed = fl_scratch(FL_GEMM_B, (size_t)(k * (columns + W)) * sizeof(T));
        NAME(pack_b)(k, columns, b, packed);
    }
    NAME(packed_block)(rows, columns, k, a, p->pack_a, packed, c, crs, accumulate, next);
}

static void NAME(tile)(const NAME(product) *p, int64_t row, int64_t rows, int64_t column, int64_t columns)
{
    T *c = p->c + row * p->crs + column * p->ccs, *sums = c;
    int64_t stride = p->crs, accumulate = p->accumulate;
    if (p->ccs != 1) { /* C's rows are not contiguous: the sums have a place of their own */
        stride = (columns + W - 1) / W * W;
        sums = fl_scratch(FL_GEMM_C, (size_t)(rows * stride) * sizeof(T));
        accumulate = 0;
    }
    for (int64_t k0 = 0; k0 < p->k; k0 += p->depth) {
        int64_t k = p->k - k0 < p->depth ? p->k - k0 : p->depth;
        NAME(add_depth)(p, row, rows, column, columns, k0, k, sums, stride, accumulate || k0);
    }
    if (sums != c)
        NAME(write_out)(rows, columns, sums, stride, c, p->crs, p->ccs, p->accumulate);
    NAME(tell)(p, row, rows, column, columns);
}

static void NAME(tiles)(void *context, int64_t begin, int64_t end)
{
    const NAME(product) *p = context;
    for (int64_t t = begin; t < end; t++) {
        int64_t row = t / p->blocks * p->band, column = t % p->blocks * p->block;
        int64_t rows = p->m - row < p->band ? p->m - row : p->band;
        int64_t columns = p->n - column < p->block ? p->n - column : p->block;
        NAME(tile)(p, row, rows, column, columns);
    }
}

/* Packs B's columns begin..end (in slivers) of all depths. */
static void NAME(pack_all)(void *context, int64_t begin, int64_t end)
{
    const NAME(product) *p = context;
    int64_t first = begin * NR, last = end * NR < p->n ? end * NR : p->n;
    for (int64_t k0 = 0; k0 < p->k; k0 += p->depth) {
        int64_t k = p->k - k0 < p->depth ? p->k - k0 : p->depth;
        T *to = p->packed + k0 * ((p->n + W - 1) / W * W) + first * k;
        NAME(pack_b)(k, last - first, NAME(part)(p->b, k0, first), to);
    }
}

/* Cuts `n` into equal pieces of at most `most`, each a multiple of `unit`. */
static int64_t NAME(cut)(int64_t n, int64_t most, int64_t unit)
{
    int64_t pieces = NAME(ceiling)(n, most);
    return NAME(ceiling)(NAME(ceiling)(n, pieces), unit) * unit;
}

/* Few sums of very many products. */
FL_INLINE int NAME(is_long)(const NAME(product) *p)
{
    return p->k >= SPLIT_DEPTH && p->m * p->n <= SPLIT_ELEMENTS;
}

/* Whether an operand, contiguous as a whole, is too large for the caches. */
FL_INLINE int NAME(streams)(NAME(operand) x, int64_t rows, int64_t columns)
{
    return x.cs == 1 && x.rs == columns && rows * columns * (int64_t)sizeof(T) > STREAMED;
}

/* Whether B is used in place: with many rows of A it has to stay in the first cache meanwhile, which
 * rows far apart by a power of two do not. */
static int NAME(in_place)(const NAME(product) *p)
{
    if (p->packed || p->b.cs != 1)
        return 0;
    int spread = p->n >= SPREAD_COLUMNS && p->b.rs * (int64_t)sizeof(T) % SPREAD != 0 && !NAME(is_long)(p);
    return p->m <= (spread ? SPREAD_ROWS : DIRECT_ROWS);
}

static void NAME(plan)(NAME(product) *p, int64_t threads)
{
    int64_t most_rows = BAND, most_columns = BLOCK;
    if (p->m <= BAND + BAND / 2)
        most_rows = BAND + BAND / 2;
    p->depth = NAME(cut)(p->k, DEPTH, 8);
    p->pack_b = NAME(PACK_IN_TILE);
    if (NAME(in_place)(p)) {
        p->pack_b = NAME(PACK_NOTHING);
        p->depth = NAME(cut)(p->k, p->m <= 3 ? THIN_DEPTH : DIRECT_DEPTH, 8);
        most_columns = 4 * BLOCK;
    }
    if (!p->packed && NAME(is_long)(p) && p->pack_b == NAME(PACK_IN_TILE)) { /* B streams by, whole rows of it */
        most_columns = p->n;
        p->depth = LONG_PACKED / p->n < LONG_DEPTH ? LONG_PACKED / p->n + 8 : LONG_DEPTH;
    }
    int64_t room = SECOND_CACHE / 4 / (p->k * (int64_t)sizeof(T)); /* rows, with the next beside them */
    if (NAME(streams)(p->a, p->m, p->k) && p->pack_b == NAME(PACK_IN_TILE) && room >= 4 * MR) {
        p->fetch = NAME(FETCH_A);
        most_rows = room < 8 * MR ? 8 * MR : room < most_rows ? room : most_rows;
    } else if (most_columns >= p->n && p->m > 3 && NAME(streams)(p->b, p->k, p->n))
        p->fetch = NAME(FETCH_B);
    p->pack_a = p->a.cs != 1 && p->n >= PACK_A_COLUMNS;
    for (;;) {
        p->band = NAME(cut)(p->m, most_rows, MR);
        p->block = NAME(cut)(p->n, most_columns, NR);
        p->bands = NAME(ceiling)(p->m, p->band);
        p->blocks = NAME(ceiling)(p->n, p->block);
        if (threads == 1 || p->bands * p->blocks >= 2 * threads)
            break;
        if (most_columns > 4 * NR && p->block > 4 * NR && p->block >= p->band)
            most_columns = p->block - NR;
        else if (most_rows > 4 * MR && p->band > 4 * MR)
            most_rows = p->band - MR;
        else
            break;
    }
    if (p->packed || (p->bands > 1 && p->pack_b == NAME(PACK_IN_TILE) && p->k * p->n <= MOST_PACKED)) {
        p->pack_b = NAME(PACK_BEFORE);
        if (p->fetch == NAME(FETCH_B)) /* it is read once, before */
            p->fetch = NAME(FETCH_NOTHING);
    }
}

static NOINLINE void NAME(run)(NAME(product) *p, int64_t threads)
{
    NAME(plan)(p, threads);
    if (p->pack_b == NAME(PACK_BEFORE) && !p->packed) {
        int64_t slivers = NAME(ceiling)(p->n, NR);
        p->packed = fl_scratch(FL_GEMM_B, (size_t)(p->k * (p->n + W)) * sizeof(T));
        if (threads > 1)
            fl_for(slivers, NAME(ceiling)(PARALLEL_PACKING, p->k * NR), NAME(pack_all), p);
        else
            NAME(pack_all)(p, 0, slivers);
    }
    if (threads > 1)
        fl_for(p->bands * p->blocks, 1, NAME(tiles), p);
    else
        NAME(tiles)(p, 0, p->bands * p->blocks);
}

/* ---- long k: each thread takes a part of k and has sums of its own ---- */

typedef struct {
    const NAME(product) *whole;
    int64_t parts, depth;
    T *sums; /* of all parts but the first, whose sums are C */
} NAME(split);

static void NAME(sum_part)(void *context, int64_t begin, int64_t end)
{
    const NAME(split) *s = context;
    for (int64_t i = begin; i < end; i++) {
        NAME(product) p = *s->whole;
        int64_t first = i * s->depth;
        p.a = NAME(part)(p.a, 0, first);
        p.b = NAME(part)(p.b, first, 0);
        p.k = p.k - first < s->depth ? p.k - first : s->depth;
        p.done = 0;
        if (i) {
            p.c = s->sums + (i - 1) * p.m * p.n;
            p.crs = p.n;
            p.ccs = 1;
            p.accumulate = 0;
        }
        NAME(run)(&p, 1);
    }
}

static void NAME(sum_rows)(void *context, int64_t begin, int64_t end)
{
    const NAME(split) *s = context;
    const NAME(product) *p = s->whole;
    for (int64_t i = begin; i < end; i++)
        for (int64_t part = 1; part < s->parts; part++) {
            const T *from = s->sums + ((part - 1) * p->m + i) * p->n;
            T *to = p->c + i * p->crs;
            for (int64_t j = 0; j < p->n; j++)
                to[j * p->ccs] += from[j];
        }
    NAME(tell)(p, begin, end - begin, 0, p->n);
}

static void NAME(run_split)(const NAME(product) *p, int64_t threads)
{
    int64_t parts = p->k / (SPLIT_DEPTH / 2) < threads ? p->k / (SPLIT_DEPTH / 2) : threads;
    NAME(split) s = {p, parts, NAME(ceiling)(p->k, parts), 0};
    s.parts = NAME(ceiling)(p->k, s.depth);
    s.sums = fl_scratch(FL_GEMM_SUMS, (size_t)((s.parts - 1) * p->m * p->n) * sizeof(T));
    fl_for(s.parts, 1, NAME(sum_part), &s);
    fl_for(p->m, NAME(ceiling)(PARALLEL_PACKING, p->n), NAME(sum_rows), &s);
}

#include "gemm_dots_template.h"

/* ---- the way that a product takes ---- */

static void NAME(swap_roles)(NAME(product) *p)
{
    NAME(operand) a = p->a, b = p->b;
    int64_t m = p->m, crs = p->crs;
    p->a = (NAME(operand)){b.at, b.cs, b.rs};
    p->b = (NAME(operand)){a.at, a.cs, a.rs};
    p->m = p->n;
    p->n = m;
    p->crs = p->ccs;
    p->ccs = crs;
    p->swapped = !p->swapped;
}

/* The strides of dimensions of one element do not matter: they are what suits best. */
static void NAME(free_strides)(NAME(product) *p)
{
    if (p->n == 1)
        p->b.cs = p->ccs = 1;
    if (p->m == 1 && p->ccs != 1)
        p->crs = 1;
    if (p->m == 1)
        p->a.rs = 1;
    if (p->k == 1)
        p->a.cs = 1;
}

static int NAME(wants_swap)(const NAME(product) *p)
{
    if (p->ccs != 1 && p->crs == 1)
        return 1;
    if (p->n < W && p->m >= W && p->a.rs == 1)
        return 1;
    if (p->b.cs == 1 || p->m < W)
        return 0;
    /* B's columns are contiguous, so that packing it costs as much as writing C transposed. */
    int64_t packing_a = p->a.rs == 1 ? 0 : p->m * p->k;
    return p->n * p->k > packing_a + 2 * p->m * p->n;
}

/* A part of k at a time: longer sums in one go would lose digits. */
static void NAME(run_dots)(NAME(product) *p, int64_t threads)
{
    if (p->m < p->n)
        NAME(swap_roles)(p);
    int64_t depth = NAME(cut)(p->k, DOT_MOST_DEPTH, W), k = p->k;
    fl_tile_done done = p->done;
    NAME(operand) a = p->a, b = p->b;
    for (int64_t k0 = 0; k0 < k; k0 += depth) {
        p->a = NAME(part)(a, 0, k0);
        p->b = NAME(part)(b, k0, 0);
        p->k = k - k0 < depth ? k - k0 : depth;
        p->accumulate = p->accumulate || k0;
        p->done = k0 + depth < k ? 0 : done;
        if (threads > 1)
            fl_for(p->m, NAME(ceiling)(PARALLEL_GRAIN, p->n * p->k), NAME(dot_range), p);
        else
            NAME(dot_range)(p, 0, p->m);
    }
}

/* Few numbers: no cache to think of, no scratch memory. */
static void NAME(run_small)(const NAME(product) *p)
{
    T sums[SMALL], packed[SMALL];
    int64_t padded = (p->n + W - 1) / W * W, direct = p->ccs == 1;
    T *c = direct ? p->c : sums;
    int64_t stride = direct ? p->crs : padded, accumulate = direct && p->accumulate;
    if (p->b.cs == 1 && p->n % W == 0)
        NAME(direct_block)(p->m, p->n, p->k, p->a, 0, p->b, c, stride, accumulate, 0);
    else {
        NAME(pack_b)(p->k, p->n, p->b, packed);
        NAME(packed_block)(p->m, p->n, p->k, p->a, 0, packed, c, stride, accumulate, 0);
    }
    if (!direct)
        NAME(write_out)(p->m, p->n, sums, stride, p->c, p->crs, p->ccs, p->accumulate);
    NAME(tell)(p, 0, p->m, 0, p->n);
}

static void NAME(nothing_to_add)(const NAME(product) *p)
{
    if (!p->accumulate)
        for (int64_t i = 0; i < p->m; i++)
            for (int64_t j = 0; j < p->n; j++)
                p->c[i * p->crs + j * p->ccs] = 0;
    NAME(tell)(p, 0, p->m, 0, p->n);
}

static void NAME(multiply)(NAME(product) *p)
{
    if (p->m <= 0 || p->n <= 0)
        return;
    if (p->k <= 0) {
        NAME(nothing_to_add)(p);
        return;
    }
    int64_t work = p->m * p->n * p->k, least = p->m < p->n ? p->m : p->n;
    int64_t threads = fl_threads_for(work / PER_NANOSECOND);
    NAME(free_strides)(p);
    if (p->a.cs == 1 && p->b.rs == 1 && least <= DOT_MOST && p->k >= DOT_DEPTH) {
        NAME(run_dots)(p, threads);
        return;
    }
    if (NAME(wants_swap)(p))
        NAME(swap_roles)(p);
    if ((p->m > p->k ? p->m : p->k) * (p->n + W) <= SMALL)
        NAME(run_small)(p);
    else if (threads > 1 && NAME(is_long)(p))
        NAME(run_split)(p, threads);
    else
        NAME(run)(p, threads);
}

/* ---- many products of the same sizes ---- */

typedef struct {
    NAME(product) first;
    int64_t inner, a1, a2, b1, b2, c1, c2;
    fl_body done;
} NAME(batch);

static void NAME(multiply_some)(void *context, int64_t begin, int64_t end)
{
    const NAME(batch) *all = context;
    for (int64_t i = begin; i < end; i++) {
        NAME(product) p = all->first;
        int64_t outer = i / all->inner, inner = i % all->inner;
        p.a.at += outer * all->a1 + inner * all->a2;
        p.b.at += outer * all->b1 + inner * all->b2;
        p.c += outer * all->c1 + inner * all->c2;
        NAME(multiply)(&p);
        if (all->done)
            all->done(p.context, i, i + 1);
    }
}

static void NAME(multiply_batch)(NAME(batch) *all, int64_t count)
{
    const NAME(product) *p = &all->first;
    int64_t each = p->m * p->n * p->k, grain = NAME(ceiling)(PARALLEL_GRAIN, each > 0 ? each : 1);
    if (count >= fl_threads_here() && fl_threads_for(each * count / PER_NANOSECOND) > 1)
        fl_for(count, grain, NAME(multiply_some), all);
    else /* few and perhaps large: each on all threads */
        NAME(multiply_some)(all, 0, count);
}
