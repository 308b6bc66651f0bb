/* Products of matrices of many shapes and layouts. */
#include "checks.h"

typedef struct {
    int64_t rows, columns;
} strides;

/* Contiguous rows, contiguous columns, rows with a gap, columns with a gap, gaps everywhere. */
static strides strides_of(int kind, int64_t m, int64_t n) {
    const strides all[] = {{n, 1}, {1, m}, {n + 3, 1}, {1, m + 2}, {2 * n + 1, 2}};
    return all[kind];
}

static int64_t span(strides s, int64_t m, int64_t n) {
    return m && n ? (m - 1) * s.rows + (n - 1) * s.columns + 1 : 0;
}

typedef struct {
    char *times;
    int64_t columns;
} blocks;

static void tell(void *context, int64_t row0, int64_t row1, int64_t column0, int64_t column1) {
    const blocks *b = context;
    for (int64_t i = row0; i < row1; i++)
        for (int64_t j = column0; j < column1; j++)
            b->times[i * b->columns + j]++;
}

typedef struct {
    int64_t m, n, k;
    const float *a, *b;
    strides sa, sb, sc;
    int64_t size, accumulate;
} float_problem;
typedef struct {
    int64_t m, n, k;
    const double *a, *b;
    strides sa, sb, sc;
    int64_t size, accumulate;
} double_problem;

#define float_fl_ fl_sgemm
#define float_all_near_ all_near
#define T float
#define NAME(name) float_##name
#include "products_template.h"
#undef T
#undef NAME
#define double_fl_ fl_dgemm
#define double_all_near_ all_near64
#define T double
#define NAME(name) double_##name
#include "products_template.h"

static void check_packed(int64_t m, int64_t n, int64_t k) {
    float *a = floats(m * k), *b = floats(n * k), *c = floats(m * n), *packed = room(fl_sgemm_packed_size(n, k));
    double *wanted = room64(m * n);
    float_problem p = {m, n, k, a, b, {k, 1}, {1, k}, {n, 1}, m * n, 1};
    float_by_hand(&p, c, wanted);
    fl_sgemm_pack(n, k, b, 1, k, packed);
    fl_sgemm_packed(m, n, k, a, k, 1, packed, c, n, 1, NULL, NULL);
    expect(all_near(c, wanted, m * n, 6e-7 * (4 + sqrt((double)k))), "packed product %lld x %lld x %lld", (long long)m, (long long)n, (long long)k);
    tidy();
}

/* A with one matrix for all of the inner ones, B with one for all of the outer ones. */
static void check_batch(int64_t outer, int64_t inner, int64_t m, int64_t n, int64_t k) {
    float *a = floats(outer * m * k), *b = floats(inner * k * n), *c = room(outer * inner * m * n);
    fl_sgemm_batch(outer, inner, m, n, k, a, m * k, 0, k, 1, b, 0, k * n, n, 1, c, inner * m * n, m * n, n, 1, 0, NULL, NULL);
    double *wanted = room64(m * n);
    for (int64_t i = 0; i < outer * inner; i++) {
        float_problem p = {m, n, k, a + i / inner * m * k, b + i % inner * k * n, {k, 1}, {n, 1}, {n, 1}, m * n, 0};
        float_by_hand(&p, c + i * m * n, wanted);
        expect(all_near(c + i * m * n, wanted, m * n, 4e-6), "product %lld of a batch of %lld x %lld x %lld", (long long)i, (long long)m, (long long)n, (long long)k);
    }
    tidy();
}

void check_products(void) {
    static const int64_t fixed[][3] = {
        {1, 1, 1}, {0, 3, 2}, {3, 0, 2}, {3, 4, 0}, {1, 300, 70}, {300, 1, 70}, {70, 70, 1}, {8, 48, 64},
        {130, 140, 150}, {97, 259, 401}, {3, 200, 33}, {7, 9, 2100}, {12, 14, 4500}, {200, 150, 90},
    };
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        for (int layouts = 0; layouts < 8; layouts++) {
            int a = layouts & 1, b = layouts >> 1 & 1, c = layouts >> 2;
            if (fixed[i][0] * fixed[i][1] * fixed[i][2] < 500000 || layouts % 3 == 0)
                float_check_product(fixed[i][0], fixed[i][1], fixed[i][2], a, b, c, layouts % 2);
        }
    for (int i = 0; i < 250; i++) {
        int64_t most = i % 5 ? 40 : 90;
        int64_t m = between(1, most), n = between(1, most), k = between(1, most);
        int a = (int)between(0, 4), b = (int)between(0, 4), c = (int)between(0, 4), more = (int)between(0, 1);
        if (i % 3)
            float_check_product(m, n, k, a, b, c, more);
        else
            double_check_product(m, n, k, a, b, c, more);
    }
    double_check_product(130, 140, 150, 0, 1, 0, 0);
    double_check_product(7, 9, 2100, 0, 1, 0, 1);
    for (int i = 0; i < 20; i++)
        check_packed(between(1, 60), between(1, 60), between(1, 60));
    check_packed(5, 33, 900);
    for (int i = 0; i < 10; i++)
        check_batch(between(1, 3), between(1, 3), between(1, 20), between(1, 20), between(1, 20));
    check_batch(2, 3, 40, 50, 60);
}
