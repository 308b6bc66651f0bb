/* Running sums (in type S), products and extremes of type T; see scans.c. */

/* So many lines, `apart` from each other. */
#define SCAN(NAME, FIRST, SIGN)                                                                    \
    FL_INLINE void F(NAME##_lines)(const scan *s, int64_t line, int64_t lines, int64_t apart)      \
    {                                                                                              \
        const int64_t n = s->n, first = scan_start(s, line) + (s->reverse ? n - 1 : 0) * s->inner; \
        const int64_t step = s->reverse ? -s->inner : s->inner;                                    \
        const T *x = (const T *)s->x + first;                                                      \
        T *y = (T *)s->y + first;                                                                  \
        S sums[LINES];                                                                             \
        for (int64_t l = 0; l < lines; l++)                                                        \
            sums[l] = FIRST;                                                                       \
        for (int64_t i = 0; i < n; i++, x += step, y += step)                                      \
            for (int64_t l = 0; l < lines; l++)                                                    \
                y[l * apart] = (T)(sums[l] = sums[l] SIGN (S)x[l * apart]);                        \
    }                                                                                              \
    static void F(NAME)(void *context, int64_t begin, int64_t end)                                 \
    {                                                                                              \
        const scan *s = context;                                                                   \
        for (int64_t line = begin, lines; line < end; line += lines) {                             \
            lines = scan_lines(s, line, end);                                                      \
            if (lines == 1)                                                                        \
                F(NAME##_lines)(s, line, 1, 1);                                                    \
            else if (s->inner == 1)                                                                \
                F(NAME##_lines)(s, line, LINES, s->n);                                             \
            else                                                                                   \
                F(NAME##_lines)(s, line, LINES, 1);                                                \
        }                                                                                          \
    }

SCAN(sums, 0, +)
SCAN(products, 1, *)

/* y_i = x_0 + ... + x_i, or the product; from the end where `reverse` says so. x and y are apart. */
void F(fl_running)(const T *x, T *y, int64_t outer, int64_t n, int64_t inner, int64_t product, int64_t reverse)
{
    scan s = {x, y, NULL, n, inner, reverse, 0};
    int64_t grain = fl_rows_grain(n);
    fl_for(outer * inner, grain < LINES ? LINES : grain, product ? F(products) : F(sums), &s);
}

static void F(extremes)(void *context, int64_t begin, int64_t end)
{
    const scan *s = context;
    const int64_t inner = s->inner;
    for (int64_t line = begin; line < end; line++) {
        const int64_t first = scan_start(s, line);
        const T *x = (const T *)s->x + first;
        T *y = (T *)s->y + first;
        T best = x[0];
        int64_t place = 0;
        for (int64_t i = 0; i < s->n; i++) {
            const T v = x[i * inner];
            if ((s->largest ? v >= best : v <= best) || IS_NAN(v)) {
                if (!IS_NAN(best))
                    best = v;
                place = i;
            }
            y[i * inner] = best;
            s->places[first + i * inner] = place;
        }
    }
}

/* The extremes up to each element, and the last places where they are; of NaN each is one. */
void F(fl_running_extreme)(const T *x, T *y, int64_t *places, int64_t outer, int64_t n, int64_t inner, int64_t largest)
{
    scan s = {x, y, places, n, inner, 0, largest};
    fl_for(outer * inner, fl_rows_grain(n), F(extremes), &s);
}

#undef SCAN
#undef T
#undef S
#undef F
#undef IS_NAN
