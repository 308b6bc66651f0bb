/* Operations along the middle of arrays (outer, n, inner) of type T; see rows.h.
 *
 * Each is written twice: for one contiguous row, and for TILE columns side by side, n numbers each.
 * Short rows are transposed into columns. */
#include "rows_sums.h"

/* What an operation does: `row` with n contiguous numbers of a (and of b), `columns` with TILE
 * columns whose rows lie `stride` apart, those of the result too. The result's shape is (outer,
 * each, inner), with each at most n, or 2. */
typedef struct {
    void (*row)(const T *a, const T *b, T *y, int64_t n, const void *options);
    void (*columns)(const T *a, const T *b, T *y, int64_t n, int64_t stride, const void *options);
    const T *a, *b;
    T *y;
    int64_t n, inner, each;
    const void *options;
    int failed;
} F(operation);

/* Copies `rows` rows (up to TILE) of n numbers as columns. */
static FL_APART void F(to_columns)(const T *restrict x, T *restrict y, int64_t rows, int64_t n)
{
    int64_t full = n >= LANES ? rows / LANES * LANES : 0;
    for (int64_t r = 0; r < full; r += LANES)
        for (int64_t c = 0; c < n; c += LANES) {
            int64_t from = fl_smaller(c, n - LANES); /* the last square overlaps the one before */
            V square[LANES];
            for (int i = 0; i < LANES; i++)
                square[i] = V_(load)(x + (r + i) * n + from);
            V_(transpose)(square);
            for (int i = 0; i < LANES; i++)
                V_(store)(y + (from + i) * TILE + r, square[i]);
        }
    for (int64_t c = 0; c < n; c++) { /* whole tiles are worked on: with numbers, whichever */
        for (int64_t r = full; r < rows; r++)
            y[c * TILE + r] = x[r * n + c];
        for (int64_t r = rows; r < TILE; r++)
            y[c * TILE + r] = 0;
    }
}

static FL_APART void F(from_columns)(const T *restrict x, T *restrict y, int64_t rows, int64_t n)
{
    int64_t full = n >= LANES ? rows / LANES * LANES : 0;
    for (int64_t r = 0; r < full; r += LANES)
        for (int64_t c = 0; c < n; c += LANES) {
            int64_t from = fl_smaller(c, n - LANES);
            V square[LANES];
            for (int i = 0; i < LANES; i++)
                square[i] = V_(load)(x + (from + i) * TILE + r);
            V_(transpose)(square);
            for (int i = 0; i < LANES; i++)
                V_(store)(y + (r + i) * n + from, square[i]);
        }
    for (int64_t r = full; r < rows; r++)
        for (int64_t c = 0; c < n; c++)
            y[r * n + c] = x[c * TILE + r];
}

static void F(narrow)(const F(operation) *o, int64_t begin, int64_t end)
{
    T a[NARROW * TILE], b[NARROW * TILE], y[NARROW * TILE];
    for (int64_t r = begin; r < end; r += TILE) {
        int64_t rows = fl_smaller(TILE, end - r);
        F(to_columns)(o->a + r * o->n, a, rows, o->n);
        if (o->b)
            F(to_columns)(o->b + r * o->n, b, rows, o->n);
        o->columns(a, b, y, o->n, TILE, o->options);
        F(from_columns)(y, o->y + r * o->each, rows, o->each);
    }
}

/* Columns copied to a tile and back: fewer than a tile has, or such that lie far apart, where many
 * would compete for the same lines of the cache. 0 where memory ran out. */
static int F(few)(const F(operation) *o, const T *a, const T *b, T *y, int64_t width)
{
    int64_t n = o->n, inner = o->inner, each = o->each > 2 ? o->each : 2;
    T *tiles = fl_scratch(FL_ROWS_B, (size_t)((n + n + each) * TILE) * sizeof(T));
    if (!tiles)
        return 0;
    T *b_tile = tiles + n * TILE, *y_tile = b_tile + n * TILE;
    if (width < TILE)
        memset(tiles, 0, (size_t)(2 * n * TILE) * sizeof(T));
    for (int64_t k = 0; k < n; k++) {
        memcpy(tiles + k * TILE, a + k * inner, (size_t)width * sizeof(T));
        if (b)
            memcpy(b_tile + k * TILE, b + k * inner, (size_t)width * sizeof(T));
    }
    o->columns(tiles, b_tile, y_tile, n, TILE, o->options);
    for (int64_t k = 0; k < o->each; k++)
        memcpy(y + k * inner, y_tile + k * TILE, (size_t)width * sizeof(T));
    return 1;
}

static void F(rows_body)(void *context, int64_t begin, int64_t end)
{
    F(operation) *o = context;
    int64_t n = o->n, inner = o->inner, blocks = (inner + TILE - 1) / TILE;
    if (inner == 1 && n <= NARROW && end - begin >= LANES / 2) {
        F(narrow)(o, begin, end);
        return;
    }
    for (int64_t i = begin; i < end; i++) {
        int64_t at = i / blocks * n * inner, first = i % blocks * TILE;
        const T *a = o->a + at + first, *b = o->b ? o->b + at + first : NULL;
        T *y = o->y + i / blocks * o->each * inner + first;
        if (inner == 1)
            o->row(a, b, y, n, o->options);
        else if (inner - first >= TILE && (n > 256 || inner < 256))
            o->columns(a, b, y, n, inner, o->options);
        else if (!F(few)(o, a, b, y, fl_smaller(TILE, inner - first)))
            __atomic_store_n(&o->failed, 1, __ATOMIC_RELAXED);
    }
}

/* 0 where memory ran out. */
static int F(run)(F(operation) *o, int64_t outer)
{
    int64_t blocks = (o->inner + TILE - 1) / TILE;
    fl_for(outer * blocks, fl_rows_grain(o->n * fl_smaller(o->inner, TILE)), F(rows_body), o);
    return !o->failed;
}

#define OPERATION(NAME, A, B, Y, EACH, OPTIONS)                                                    \
    F(operation) o = {F(NAME##_row), F(NAME##_columns), A, B, Y, n, inner, EACH, OPTIONS, 0};      \
    return F(run)(&o, outer)

/* For all columns j of a tile. */
#define COLUMNS for (int j = 0; j < TILE; j++)
