/* Sums of contiguous rows of type T; see rows.h. */

enum { F(TERM_X), F(TERM_PRODUCT), F(TERM_SQUARE) };

FL_INLINE V F(term)(int kind, const T *x, T shift, const T *y)
{
    V v = V_(load)(x);
    if (kind == F(TERM_PRODUCT))
        return (v - shift) * V_(load)(y);
    return kind == F(TERM_SQUARE) ? (v - shift) * (v - shift) : v;
}

/* The sum of terms: blocks are added in 4 vectors, the blocks' sums in double. */
FL_INLINE double F(row_total)(int kind, const T *x, T shift, const T *y, int64_t n)
{
    double total = 0;
    int64_t i = 0;
    while (n - i >= 4 * LANES) {
        int64_t end = i + fl_smaller(SUM_BLOCK, (n - i) / (4 * LANES) * (4 * LANES));
        V a = {0}, b = {0}, c = {0}, d = {0};
        for (; i < end; i += 4 * LANES) {
            a += F(term)(kind, x + i, shift, y + i);
            b += F(term)(kind, x + i + LANES, shift, y + i + LANES);
            c += F(term)(kind, x + i + 2 * LANES, shift, y + i + 2 * LANES);
            d += F(term)(kind, x + i + 3 * LANES, shift, y + i + 3 * LANES);
        }
        total += (double)V_(sum)((a + b) + (c + d));
    }
    if (n - i >= LANES) {
        V a = {0};
        for (; i + LANES <= n; i += LANES)
            a += F(term)(kind, x + i, shift, y + i);
        total += (double)V_(sum)(a);
    }
    T rest = 0;
    for (; i < n; i++) {
        T v = x[i] - shift;
        rest += kind == F(TERM_PRODUCT) ? v * y[i] : kind == F(TERM_SQUARE) ? v * v : x[i];
    }
    return total + (double)rest;
}

/* The sum of x, of (x - shift) y, of (x - shift)^2. */
static FL_APART double F(row_sum)(const T *x, int64_t n)
{
    return F(row_total)(F(TERM_X), x, 0, x, n);
}

static FL_APART double F(row_dot)(const T *x, T shift, const T *y, int64_t n)
{
    return F(row_total)(F(TERM_PRODUCT), x, shift, y, n);
}

static FL_APART double F(row_squares)(const T *x, T shift, int64_t n)
{
    return F(row_total)(F(TERM_SQUARE), x, shift, x, n);
}
