/* Products of numbers of type T: NAME(f) is f's name for it. */

static void NAME(fill)(T *x, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        x[i] = (T)number();
}

/* C = A B plus what was there, by definition; and the rest of C's memory as it was. */
static void NAME(by_hand)(const NAME(problem) *p, const T *c, double *wanted) {
    for (int64_t i = 0; i < p->size; i++)
        wanted[i] = (double)c[i];
    for (int64_t i = 0; i < p->m; i++)
        for (int64_t j = 0; j < p->n; j++) {
            double sum = 0;
            for (int64_t l = 0; l < p->k; l++)
                sum += (double)p->a[i * p->sa.rows + l * p->sa.columns] * (double)p->b[l * p->sb.rows + j * p->sb.columns];
            double *to = wanted + i * p->sc.rows + j * p->sc.columns;
            *to = (p->accumulate ? *to : 0) + sum;
        }
}

/* One product: A, B and C lie in memory as the kinds say. */
static void NAME(check_product)(int64_t m, int64_t n, int64_t k, int ka, int kb, int kc, int accumulate) {
    strides sa = strides_of(ka, m, k), sb = strides_of(kb, k, n), sc = strides_of(kc, m, n);
    int64_t size = span(sc, m, n), na = span(sa, m, k), nb = span(sb, k, n);
    T *a = memory((size_t)na * sizeof(T)), *b = memory((size_t)nb * sizeof(T)), *c = memory((size_t)size * sizeof(T));
    NAME(fill)(a, na);
    NAME(fill)(b, nb);
    NAME(fill)(c, size);
    double *wanted = room64(size);
    NAME(problem) p = {m, n, k, a, b, sa, sb, sc, size, accumulate};
    NAME(by_hand)(&p, c, wanted);
    blocks told = {memory((size_t)(m * n)), n};
    memset(told.times, 0, (size_t)(m * n));
    NAME(fl_)(m, n, k, a, sa.rows, sa.columns, b, sb.rows, sb.columns, c, sc.rows, sc.columns, accumulate, tell, &told);
    int once = 1;
    for (int64_t i = 0; i < m * n; i++)
        once &= told.times[i] == 1;
    double tolerance = (sizeof(T) == 4 ? 6e-7 : 2e-15) * (4 + sqrt((double)k));
    expect(NAME(all_near_)(c, wanted, size, tolerance), "product %lld x %lld x %lld, layouts %d %d %d, accumulate %d, of %d bytes", (long long)m, (long long)n, (long long)k, ka, kb, kc, accumulate, (int)sizeof(T));
    expect(once, "each element of a product is told of once (%lld x %lld x %lld)", (long long)m, (long long)n, (long long)k);
    tidy();
}
