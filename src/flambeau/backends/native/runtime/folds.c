/* Sums and extremes of short contiguous pieces, for the loops of generated programs. */
#include "fl.h"
#include "vector.h"

#define BLOCK 2048 /* elements whose sum stays in single precision */

double fl_fold_sum_f32(const float *x, int64_t n)
{
    double total = 0;
    int64_t i = 0;
    while (n - i >= 4 * FL_WIDTH) {
        const int64_t rest = (n - i) / (4 * FL_WIDTH) * (4 * FL_WIDTH);
        const int64_t end = i + (rest < BLOCK ? rest : BLOCK);
        fvec a = {0}, b = {0}, c = {0}, d = {0};
        for (; i < end; i += 4 * FL_WIDTH) {
            a += fvec_load(x + i);
            b += fvec_load(x + i + FL_WIDTH);
            c += fvec_load(x + i + 2 * FL_WIDTH);
            d += fvec_load(x + i + 3 * FL_WIDTH);
        }
        total += (double)fvec_sum((a + b) + (c + d));
    }
    float rest = 0;
    for (; i < n; i++) rest += x[i];
    return total + (double)rest;
}

double fl_fold_sum_f64(const double *x, int64_t n)
{
    dvec a = {0}, b = {0};
    int64_t i = 0;
    for (; i + 2 * FL_WIDTH64 <= n; i += 2 * FL_WIDTH64) {
        a += dvec_load(x + i);
        b += dvec_load(x + i + FL_WIDTH64);
    }
    double total = dvec_sum(a + b);
    for (; i < n; i++) total += x[i];
    return total;
}

/* The extreme by a comparison; NaN where there is one. */
#define EXTREME(NAME, T, V, M, WIDTH, SIGN, FIRST)                                                \
    T NAME(const T *x, int64_t n)                                                                 \
    {                                                                                             \
        V a = V##_set(FIRST), b = a;                                                              \
        M odd = a != a;                                                                           \
        int64_t i = 0;                                                                            \
        for (; i + 2 * WIDTH <= n; i += 2 * WIDTH) {                                              \
            const V u = V##_load(x + i), v = V##_load(x + i + WIDTH);                             \
            odd |= (u != u) | (v != v);                                                           \
            a = V##_select(u SIGN a, u, a);                                                       \
            b = V##_select(v SIGN b, v, b);                                                       \
        }                                                                                         \
        T best = FIRST;                                                                           \
        int strange = 0;                                                                          \
        for (int64_t l = 0; l < WIDTH; l++) {                                                     \
            best = a[l] SIGN best ? a[l] : best;                                                  \
            best = b[l] SIGN best ? b[l] : best;                                                  \
            strange |= odd[l] != 0;                                                               \
        }                                                                                         \
        for (; i < n; i++) {                                                                      \
            best = x[i] SIGN best ? x[i] : best;                                                  \
            strange |= x[i] != x[i];                                                              \
        }                                                                                         \
        return strange ? (T)__builtin_nan("") : best;                                             \
    }

EXTREME(fl_fold_max_f32, float, fvec, ivec, FL_WIDTH, >, -__builtin_inff())
EXTREME(fl_fold_min_f32, float, fvec, ivec, FL_WIDTH, <, __builtin_inff())
EXTREME(fl_fold_max_f64, double, dvec, lvec, FL_WIDTH64, >, -__builtin_inf())
EXTREME(fl_fold_min_f64, double, dvec, lvec, FL_WIDTH64, <, __builtin_inf())
