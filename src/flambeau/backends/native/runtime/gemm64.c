/* Matrix products of float64: C = A B or C += A B, one or a batch of them. */
#include "gemm.h"

#define T double
#define V dvec
#define V_MASK lvec
#define W FL_WIDTH64
#define V_(name) dvec_##name
#define NAME(name) d##name
#define DOT_ROWS 1 /* fewer kernels: the runtime is compiled when it is first used */
#include "gemm_template.h"

void fl_dgemm(int64_t m, int64_t n, int64_t k, const double *a, int64_t ars, int64_t acs, const double *b, int64_t brs, int64_t bcs, double *c, int64_t crs, int64_t ccs, int64_t accumulate, fl_tile_done done, void *context)
{
    dproduct p = {.m = m, .n = n, .k = k, .a = {a, ars, acs}, .b = {b, brs, bcs}, .c = c, .crs = crs, .ccs = ccs, .accumulate = accumulate, .done = done, .context = context};
    dmultiply(&p);
}

void fl_dgemm_batch(int64_t outer, int64_t inner, int64_t m, int64_t n, int64_t k, const double *a, int64_t a1, int64_t a2, int64_t ars, int64_t acs, const double *b, int64_t b1, int64_t b2, int64_t brs, int64_t bcs, double *c, int64_t c1, int64_t c2, int64_t crs, int64_t ccs, int64_t accumulate, fl_body done, void *context)
{
    dbatch all = {{.m = m, .n = n, .k = k, .a = {a, ars, acs}, .b = {b, brs, bcs}, .c = c, .crs = crs, .ccs = ccs, .accumulate = accumulate, .context = context}, inner, a1, a2, b1, b2, c1, c2, done};
    dmultiply_batch(&all, outer * inner);
}
