/* Matrix products as dot products, for a C of few rows or few columns; a part of gemm_template.h.
 *
 * A tile of C takes so many vectors of sums, each along k. */

/* The sums of so many vectors; they are overwritten, and what follows them up to whole vectors. */
static NOINLINE void NAME(reduce)(int64_t count, V *sum, T *out)
{
    for (int64_t i = 0; i < count; i += W)
        V_(store)(out + i, V_(sums)(sum + i));
}

FL_INLINE void NAME(add_dots)(int rows, int columns, const T *a, int64_t ars, const T *b, int64_t bcs, V_MASK mask, V *sum)
{
    V x[DOT_ROWS];
    FL_UNROLL for (int i = 0; i < rows; i++)
        x[i] = (V)((V_MASK)V_(load)(a + i * ars) & mask);
    FL_UNROLL for (int j = 0; j < columns; j++) {
        V y = (V)((V_MASK)V_(load)(b + j * bcs) & mask);
        FL_KEEP(y);
        FL_UNROLL for (int i = 0; i < rows; i++)
            sum[i * columns + j] += x[i] * y;
    }
}

/* Needs k >= W: the last k % W of each are taken from whole vectors with the rest masked. */
FL_INLINE void NAME(dot_tile)(int rows, int columns, int64_t k, const T *a, int64_t ars, const T *b, int64_t bcs, T *out)
{
    V sum[DOT_ROWS * DOT_COLUMNS + W];
    FL_UNROLL for (int i = 0; i < rows * columns; i++)
        sum[i] = (V){0};
    for (int64_t p = 0; p + W <= k; p += W)
        NAME(add_dots)(rows, columns, a + p, ars, b + p, bcs, ~(V_MASK){0}, sum);
    if (k % W)
        NAME(add_dots)(rows, columns, a + k - W, ars, b + k - W, bcs, V_(last)(k % W), sum);
    NAME(reduce)(rows * columns, sum, out);
}

typedef void (*NAME(dot))(int64_t, const T *, int64_t, const T *, int64_t, T *);
#define DOT(rows, columns)                                                                        \
    static void NAME(dot_##rows##_##columns)(int64_t k, const T *a, int64_t ars, const T *b, int64_t bcs, T *out) \
    {                                                                                             \
        NAME(dot_tile)(rows, columns, k, a, ars, b, bcs, out);                                    \
    }
#define DOTS(rows) DOT(rows, 1) DOT(rows, 2) DOT(rows, 3) DOT(rows, 4) DOT(rows, 5) DOT(rows, 6)
#define ROW(rows) [rows] = {[1] = NAME(dot_##rows##_1), [2] = NAME(dot_##rows##_2), [3] = NAME(dot_##rows##_3), [4] = NAME(dot_##rows##_4), [5] = NAME(dot_##rows##_5), [6] = NAME(dot_##rows##_6)}
DOTS(1)
#if DOT_ROWS == 2
DOTS(2)
#endif
static const NAME(dot) NAME(dots)[DOT_ROWS + 1][DOT_COLUMNS + 1] = {
    ROW(1),
#if DOT_ROWS == 2
    ROW(2),
#endif
};
#undef ROW
#undef DOTS
#undef DOT

/* The dots of columns of C, fewer than rows. Where these columns of B do not stay in the first cache
 * all together, each tile of them meets so many rows as stay in the second. */
static void NAME(dot_block)(const NAME(product) *p, int64_t row, int64_t rows)
{
    T out[DOT_ROWS * DOT_COLUMNS + W];
    for (int64_t i = 0; p->n == 1 && i < rows; i += DOT_COLUMNS) { /* a vector: it takes A's part */
        int64_t r = rows - i < DOT_COLUMNS ? rows - i : DOT_COLUMNS;
        NAME(dots)[1][r](p->k, p->b.at, 0, p->a.at + (row + i) * p->a.rs, p->a.rs, out);
        NAME(write_out)(r, 1, out, 1, p->c + (row + i) * p->crs, p->crs, 1, p->accumulate);
    }
    if (p->n == 1) {
        NAME(tell)(p, row, rows, 0, 1);
        return;
    }
    int64_t width = NAME(cut)(p->n, DOT_COLUMNS, 1), bytes = p->k * (int64_t)sizeof(T);
    int64_t group = p->n * bytes <= FIRST_CACHE / 2 ? DOT_ROWS : SECOND_CACHE / 4 / bytes;
    group = group < DOT_ROWS ? DOT_ROWS : group / DOT_ROWS * DOT_ROWS;
    for (int64_t first = 0; first < rows; first += group)
        for (int64_t j = 0; j < p->n; j += width)
            for (int64_t i = first; i < first + group && i < rows; i += DOT_ROWS) {
                int64_t r = rows - i < DOT_ROWS ? rows - i : DOT_ROWS, c = p->n - j < width ? p->n - j : width;
                NAME(dots)[r][c](p->k, p->a.at + (row + i) * p->a.rs, p->a.rs, p->b.at + j * p->b.cs, p->b.cs, out);
                T *to = p->c + (row + i) * p->crs + j * p->ccs;
                for (int64_t y = 0; y < r; y++, to += p->crs)
                    for (int64_t x = 0; x < c; x++)
                        to[x * p->ccs] = p->accumulate ? to[x * p->ccs] + out[y * c + x] : out[y * c + x];
            }
    NAME(tell)(p, row, rows, 0, p->n);
}

static void NAME(dot_range)(void *context, int64_t begin, int64_t end)
{
    const NAME(product) *p = context;
    int64_t step = NAME(ceiling)(NAME(ceiling)(BAND * BLOCK, p->n), DOT_ROWS) * DOT_ROWS;
    for (int64_t i = begin; i < end; i += step)
        NAME(dot_block)(p, i, end - i < step ? end - i : step);
}
