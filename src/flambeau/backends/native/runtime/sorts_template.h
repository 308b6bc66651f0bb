/* Sorting elements of type T; see sorts.c. */

enum { F(KEY_BITS) = 8 * sizeof(T) };

FL_INLINE W F(item)(T x, int64_t place, int64_t descending)
{
    W key = F(key)(x);
    if (descending)
        key ^= ((W)1 << F(KEY_BITS)) - 1;
    return key << F(KEY_BITS) | (W)place;
}

/* Puts an item among others that are in order; the last one makes room. */
FL_INLINE void F(insert)(W *items, int64_t at, W item)
{
    for (; at && items[at - 1] > item; at--)
        items[at] = items[at - 1];
    items[at] = item;
}

/* By one digit of the keys after the other, the lowest first; gives the array that has the result. */
static W *F(by_digits)(W *items, W *other, int64_t n)
{
    enum { DIGITS = sizeof(T) };
    int32_t counts[DIGITS][DIGIT];
    memset(counts, 0, sizeof(counts));
    for (int64_t i = 0; i < n; i++)
        for (int d = 0; d < DIGITS; d++)
            counts[d][(uint8_t)(items[i] >> (F(KEY_BITS) + 8 * d))]++;
    for (int d = 0; d < DIGITS; d++) {
        const int shift = F(KEY_BITS) + 8 * d;
        int32_t *count = counts[d], sum = 0;
        if (count[(uint8_t)(items[0] >> shift)] == n)
            continue; /* all have the same */
        for (int b = 0; b < DIGIT; b++) {
            const int32_t here = count[b];
            count[b] = sum;
            sum += here;
        }
        for (int64_t i = 0; i < n; i++)
            other[count[(uint8_t)(items[i] >> shift)]++] = items[i];
        W *swap = items;
        items = other;
        other = swap;
    }
    return items;
}

/* The first k items in order. Few of many are kept beside those that are looked at. */
static W *F(ordered)(const sorting *s, const T *x, W *items, W *other)
{
    const int64_t n = s->n, inner = s->inner, k = s->k;
    if (n > SHORT && !(k <= SHORT && k * 8 <= n)) {
        for (int64_t i = 0; i < n; i++)
            items[i] = F(item)(x[i * inner], i, s->descending);
        return F(by_digits)(items, other, n);
    }
    for (int64_t i = 0; i < n; i++) {
        const W item = F(item)(x[i * inner], i, s->descending);
        if (i < k)
            F(insert)(items, i, item);
        else if (item < items[k - 1])
            F(insert)(items, k - 1, item);
    }
    return items;
}

static void F(sort_lines)(void *context, int64_t begin, int64_t end)
{
    sorting *s = context;
    const int64_t n = s->n, inner = s->inner, k = s->k;
    W *items = fl_scratch(FL_ROWS_A, 2 * (size_t)n * sizeof(W));
    if (!items) {
        __atomic_store_n(&s->failed, 1, __ATOMIC_RELAXED);
        return;
    }
    for (int64_t line = begin; line < end; line++) {
        const int64_t outer = line / inner, column = line % inner;
        const T *x = (const T *)s->x + outer * n * inner + column;
        const W *found = F(ordered)(s, x, items, items + n);
        for (int64_t i = 0; i < k; i++) {
            const int64_t to = (outer * k + i) * inner + column;
            const int64_t place = (int64_t)(found[i] & (((W)1 << F(KEY_BITS)) - 1));
            s->places[to] = place;
            if (s->values)
                ((T *)s->values)[to] = x[place * inner];
        }
    }
}

/* The first k elements in order, of x (outer, n, inner) along n, and their places, both (outer, k,
 * inner); values may be NULL. Equal ones keep their order; NaN is larger than every number. n is
 * less than 2**31. 0 where memory ran out. */
int F(fl_sort)(const T *x, T *values, int64_t *places, int64_t outer, int64_t n, int64_t inner, int64_t k, int64_t descending)
{
    sorting s = {x, values, places, n, inner, k, descending, 0};
    if (k)
        fl_for(outer * inner, fl_rows_grain(8 * n), F(sort_lines), &s);
    return !s.failed;
}

#undef T
#undef W
#undef F
