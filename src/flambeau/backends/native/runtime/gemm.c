/* Matrix products of float32: C = A B or C += A B, one or a batch of them. */
#include "gemm.h"

#define T float
#define V fvec
#define V_MASK ivec
#define W FL_WIDTH
#define V_(name) fvec_##name
#define NAME(name) s##name
#define DOT_ROWS 2
#include "gemm_template.h"

void fl_sgemm(int64_t m, int64_t n, int64_t k, const float *a, int64_t ars, int64_t acs, const float *b, int64_t brs, int64_t bcs, float *c, int64_t crs, int64_t ccs, int64_t accumulate, fl_tile_done done, void *context)
{
    sproduct p = {.m = m, .n = n, .k = k, .a = {a, ars, acs}, .b = {b, brs, bcs}, .c = c, .crs = crs, .ccs = ccs, .accumulate = accumulate, .done = done, .context = context};
    smultiply(&p);
}

/* ---- B packed once for many products ---- */

int64_t fl_sgemm_packed_size(int64_t n, int64_t k) { return k * sceiling(n, W) * W; }

void fl_sgemm_pack(int64_t n, int64_t k, const float *b, int64_t brs, int64_t bcs, float *packed)
{
    sproduct p = {.n = n, .k = k, .b = {b, brs, bcs}, .packed = packed, .depth = scut(k > 0 ? k : 1, DEPTH, 8)};
    spack_all(&p, 0, sceiling(n, NR));
}

void fl_sgemm_packed(int64_t m, int64_t n, int64_t k, const float *a, int64_t ars, int64_t acs, const float *packed, float *c, int64_t crs, int64_t accumulate, fl_tile_done done, void *context)
{
    sproduct p = {.m = m, .n = n, .k = k, .a = {a, ars, acs}, .c = c, .crs = crs, .ccs = 1, .accumulate = accumulate, .done = done, .context = context, .packed = (float *)packed};
    if (m <= 0 || n <= 0)
        return;
    if (k <= 0)
        snothing_to_add(&p);
    else
        srun(&p, fl_threads_for(m * n * k / PER_NANOSECOND));
}

/* ---- small products within a larger computation ---- */

void fl_sgemm_here(int64_t m, int64_t n, int64_t k, const float *a, int64_t ars, int64_t acs, const float *b, int64_t brs, float *c, int64_t crs, int64_t accumulate)
{
    for (int64_t k0 = 0; k0 < k; k0 += DIRECT_DEPTH) {
        int64_t depth = k - k0 < DIRECT_DEPTH ? k - k0 : DIRECT_DEPTH;
        sdirect_block(m, n, depth, (soperand){a + k0 * acs, ars, acs}, 0, (soperand){b + k0 * brs, brs, 1}, c, crs, accumulate || k0, 0);
    }
}

/* ---- batches ---- */

void fl_sgemm_batch(int64_t outer, int64_t inner, int64_t m, int64_t n, int64_t k, const float *a, int64_t a1, int64_t a2, int64_t ars, int64_t acs, const float *b, int64_t b1, int64_t b2, int64_t brs, int64_t bcs, float *c, int64_t c1, int64_t c2, int64_t crs, int64_t ccs, int64_t accumulate, fl_body done, void *context)
{
    sbatch all = {{.m = m, .n = n, .k = k, .a = {a, ars, acs}, .b = {b, brs, bcs}, .c = c, .crs = crs, .ccs = ccs, .accumulate = accumulate, .context = context}, inner, a1, a2, b1, b2, c1, c2, done};
    smultiply_batch(&all, outer * inner);
}
