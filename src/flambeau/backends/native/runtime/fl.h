/* The runtime of generated programs and of eager mode's native kernels: its declarations.
 *
 * Every exported function stands here once, on one line that begins with FL_API; the Python side
 * reads the argument types from these lines. Each section is a part that is compiled and loaded for
 * itself when one of its functions is used: its title names its files, those for functions that
 * take pointers to double where they are apart, and, of each other part whose functions it calls,
 * one file; all parts may call the first. Sizes, strides and offsets are int64_t and count
 * elements, not bytes. */
#ifndef FL_H
#define FL_H
#include <stddef.h>
#include <stdint.h>

#define FL_API __attribute__((visibility("default")))

/* ---- threads and scratch memory (pool.c) ---- */

/* One part [begin, end) of a loop. */
typedef void (*fl_body)(void *context, int64_t begin, int64_t end);

/* Runs body over 0..n, in chunks of at least grain, on all threads; the caller takes part.
 * Serial where n <= grain, where one thread is set, and inside another fl_for. */
FL_API void fl_for(int64_t n, int64_t grain, fl_body body, void *context);
FL_API void fl_set_num_threads(int64_t n);
FL_API int64_t fl_num_threads(void);
/* How many threads a loop would have that is opened here: 1 inside another. */
FL_API int64_t fl_threads_here(void);
/* How many threads pay for work that takes one thread so many nanoseconds: fewer where the others
 * would have to be woken first. */
FL_API int64_t fl_threads_for(int64_t nanoseconds);

/* This thread's scratch memory: 64-byte aligned, kept between calls, its contents undefined.
 * Each user has slots of its own. */
enum { FL_GEMM_A, FL_GEMM_B, FL_GEMM_C, FL_GEMM_SUMS, FL_CONV_A, FL_CONV_B, FL_ROWS_A, FL_ROWS_B, FL_PROGRAM_A, FL_PROGRAM_B, FL_SLOTS };
FL_API void *fl_scratch(int64_t slot, size_t bytes);

/* ---- matrix products (gemm.c; doubles: gemm64.c) ---- */

/* Told of each block of C, once, when it is final, by the thread that has just finished it. It must
 * not call a product itself. */
typedef void (*fl_tile_done)(void *context, int64_t row0, int64_t row1, int64_t column0, int64_t column1);

/* C[m, n] = (accumulate ? C : 0) + A[m, k] B[k, n]; ...rs and ...cs are the strides of rows and of
 * columns. C must not overlap A or B. */
FL_API void fl_sgemm(int64_t m, int64_t n, int64_t k, const float *a, int64_t ars, int64_t acs, const float *b, int64_t brs, int64_t bcs, float *c, int64_t crs, int64_t ccs, int64_t accumulate, fl_tile_done done, void *context);
FL_API void fl_dgemm(int64_t m, int64_t n, int64_t k, const double *a, int64_t ars, int64_t acs, const double *b, int64_t brs, int64_t bcs, double *c, int64_t crs, int64_t ccs, int64_t accumulate, fl_tile_done done, void *context);
/* The same without ado, for operands in the caches: on this thread, the rows of B and C contiguous. */
FL_API void fl_sgemm_here(int64_t m, int64_t n, int64_t k, const float *a, int64_t ars, int64_t acs, const float *b, int64_t brs, float *c, int64_t crs, int64_t accumulate);

/* The same with a B that is used many times: packed once into packed_size(n, k) numbers. C's rows
 * are contiguous. */
FL_API int64_t fl_sgemm_packed_size(int64_t n, int64_t k);
FL_API void fl_sgemm_pack(int64_t n, int64_t k, const float *b, int64_t brs, int64_t bcs, float *packed);
FL_API void fl_sgemm_packed(int64_t m, int64_t n, int64_t k, const float *a, int64_t ars, int64_t acs, const float *packed, float *c, int64_t crs, int64_t accumulate, fl_tile_done done, void *context);

/* outer x inner products; a1 and a2 are A's strides along the two, and so on (0: the same matrix
 * for all). done(context, i, i + 1) is called once product i = outer index * inner + inner index is
 * final. */
FL_API void fl_sgemm_batch(int64_t outer, int64_t inner, int64_t m, int64_t n, int64_t k, const float *a, int64_t a1, int64_t a2, int64_t ars, int64_t acs, const float *b, int64_t b1, int64_t b2, int64_t brs, int64_t bcs, float *c, int64_t c1, int64_t c2, int64_t crs, int64_t ccs, int64_t accumulate, fl_body done, void *context);
FL_API void fl_dgemm_batch(int64_t outer, int64_t inner, int64_t m, int64_t n, int64_t k, const double *a, int64_t a1, int64_t a2, int64_t ars, int64_t acs, const double *b, int64_t b1, int64_t b2, int64_t brs, int64_t bcs, double *c, int64_t c1, int64_t c2, int64_t crs, int64_t ccs, int64_t accumulate, fl_body done, void *context);

/* ---- convolutions (conv.c, conv_few.c, conv_plan.c, conv_planes.c, conv_tiles.c, conv_weight.c, conv_winograd.c, conv_winograd_weight.c; needs gemm.c) ---- */

/* Three spatial axes; fewer stand at the end, the others have size, kernel and stride 1. Channels
 * count per group. */
typedef struct {
    int64_t batch, groups, inputs, outputs;
    int64_t size[3], out[3], kernel[3], stride[3], padding[3], dilation[3];
} fl_conv;

/* Contiguous arrays: x (batch, groups * inputs, size), w (groups * outputs, inputs, kernel),
 * y and g (batch, groups * outputs, out); bias and done may be NULL. The gradient of the input adds
 * its bias too: it is the transposed convolution. `done` is told once for each finished block: images
 * as rows, and channels, counted over all groups, as columns; it is called on several threads.
 * 0 where memory ran out. */
FL_API int fl_conv_forward(const fl_conv *shape, const float *x, const float *w, const float *bias, float *y, fl_tile_done done, void *context);
FL_API int fl_conv_input_gradient(const fl_conv *shape, const float *g, const float *w, const float *bias, float *x, fl_tile_done done, void *context);
FL_API int fl_conv_weight_gradient(const fl_conv *shape, const float *g, const float *x, float *w);

/* ---- pooling (pooling.c) ---- */

/* Three spatial axes; fewer stand at the end, the others have size, kernel and stride 1. planes:
 * images times channels. Windows may reach past the end as far as `out` says. */
typedef struct {
    int64_t planes, size[3], out[3], kernel[3], stride[3], padding[3], dilation[3];
} fl_pool;

/* Contiguous arrays: x and gx (planes, size), y and g (planes, out). Of a window's maxima the first
 * counts, the last if they are NaN; indices (which may be NULL) are places in x's plane. */
FL_API void fl_max_pool(const fl_pool *shape, const float *x, float *y, int64_t *indices);
FL_API void fl_max_pool_gradient(const fl_pool *shape, const float *g, const float *x, const float *maxima, float *gx);
/* gx = 0, and each g added at its index; indices outside of the plane are passed over. */
FL_API void fl_scatter_places(const fl_pool *shape, const float *g, const int64_t *indices, float *gx);

/* ---- means of windows (pooling_means.c) ---- */

/* The sum of each window, by the number of its elements (with include_pad also those of the
 * padding), or by divisor unless that is 0. */
FL_API void fl_avg_pool(const fl_pool *shape, const float *x, float *y, int64_t include_pad, int64_t divisor);
FL_API void fl_avg_pool_gradient(const fl_pool *shape, const float *g, float *gx, int64_t include_pad, int64_t divisor);
/* The mean of each of out[0] x out[1] x out[2] windows that divide the plane; of the shape only planes,
 * size and out count. */
FL_API void fl_adaptive_avg_pool(const fl_pool *shape, const float *x, float *y);
FL_API void fl_adaptive_avg_pool_gradient(const fl_pool *shape, const float *g, float *gx);

/* ---- random numbers (random.c) ---- */

/* PyTorch's streams from NumPy's Mersenne Twister: `state` is its bit generator's state, `waiting`
 * the second number of the last pair of normals and, beside it, 1 if it waits. */
FL_API void fl_uniform_float(void *state, float *out, int64_t n, double low, double high);
FL_API void fl_uniform_double(void *state, double *out, int64_t n, double low, double high);
/* Sixteen or more come in blocks where `blocks` says so (the target is contiguous). */
FL_API void fl_normal_float(void *state, double *waiting, float *out, int64_t n, double mean, double std, int64_t blocks);
FL_API void fl_normal_double(void *state, double *waiting, double *out, int64_t n, double mean, double std, int64_t blocks);
FL_API void fl_exponential_float(void *state, float *out, int64_t n, double rate);
FL_API void fl_exponential_double(void *state, double *out, int64_t n, double rate);
/* The bits `one`, of itemsize 1, 2, 4 or 8 bytes, with probability p, else 0. */
FL_API void fl_bernoulli(void *state, void *out, int64_t n, double p, int64_t itemsize, uint64_t one);
/* word % span + low; the words have 64 bits where `wide` (span 0 is 2**64 then), else 32. */
FL_API void fl_randint(void *state, int64_t *out, int64_t n, int64_t low, uint64_t span, int64_t wide);
/* 0 .. n - 1 in random order, n < 2**32. */
FL_API void fl_randperm(void *state, int64_t *out, int64_t n);

/* ---- softmax (softmax.c; doubles: softmax64.c) ---- */

/* Contiguous arrays (outer, n, inner), along n; inner is not 0. 0 where memory ran out. */
FL_API int fl_softmax_f32(const float *x, float *y, int64_t outer, int64_t n, int64_t inner);
FL_API int fl_softmax_f64(const double *x, double *y, int64_t outer, int64_t n, int64_t inner);
FL_API int fl_log_softmax_f32(const float *x, float *y, int64_t outer, int64_t n, int64_t inner);
FL_API int fl_log_softmax_f64(const double *x, double *y, int64_t outer, int64_t n, int64_t inner);
FL_API int fl_logsumexp_f32(const float *x, float *y, int64_t outer, int64_t n, int64_t inner);
FL_API int fl_logsumexp_f64(const double *x, double *y, int64_t outer, int64_t n, int64_t inner);
FL_API int fl_softmax_gradient_f32(const float *g, const float *y, float *x, int64_t outer, int64_t n, int64_t inner);
FL_API int fl_softmax_gradient_f64(const double *g, const double *y, double *x, int64_t outer, int64_t n, int64_t inner);
FL_API int fl_log_softmax_gradient_f32(const float *g, const float *z, float *x, int64_t outer, int64_t n, int64_t inner);
FL_API int fl_log_softmax_gradient_f64(const double *g, const double *z, double *x, int64_t outer, int64_t n, int64_t inner);

/* ---- reductions (reductions.c; doubles: reductions64.c) ---- */

/* Arrays as those of softmax. Sums are divided by the divisor; variances are sums of squares divided
 * by it. */
FL_API int fl_sum_f32(const float *x, float *y, int64_t outer, int64_t n, int64_t inner, double divisor);
FL_API int fl_sum_f64(const double *x, double *y, int64_t outer, int64_t n, int64_t inner, double divisor);
/* y (outer, 2, inner): means and variances; extremes and, as numbers of their type, first places. */
FL_API int fl_variance_f32(const float *x, float *y, int64_t outer, int64_t n, int64_t inner, double divisor);
FL_API int fl_variance_f64(const double *x, double *y, int64_t outer, int64_t n, int64_t inner, double divisor);
FL_API int fl_extreme_f32(const float *x, float *y, int64_t outer, int64_t n, int64_t inner, double sign);
FL_API int fl_extreme_f64(const double *x, double *y, int64_t outer, int64_t n, int64_t inner, double sign);

/* ---- losses of class numbers (classes.c) ---- */

/* x (outer, classes, inner), target (outer, inner), weight (classes) or NULL; loss (outer, inner) or,
 * reduced, one number; total: the sum of what the samples count. The loss gives 0, or 1 + the
 * place of the first target that is no class. */
enum { FL_NONE, FL_MEAN, FL_SUM };
FL_API int64_t fl_nll_loss_f32(const float *x, const int64_t *target, const float *weight, float *loss, float *total, int64_t outer, int64_t classes, int64_t inner, int64_t ignored, int64_t reduction);
FL_API int64_t fl_nll_loss_f64(const double *x, const int64_t *target, const double *weight, double *loss, double *total, int64_t outer, int64_t classes, int64_t inner, int64_t ignored, int64_t reduction);
FL_API void fl_nll_loss_gradient_f32(const float *g, const int64_t *target, const float *weight, const float *total, float *y, int64_t outer, int64_t classes, int64_t inner, int64_t ignored, int64_t reduction);
FL_API void fl_nll_loss_gradient_f64(const double *g, const int64_t *target, const double *weight, const double *total, double *y, int64_t outer, int64_t classes, int64_t inner, int64_t ignored, int64_t reduction);

/* ---- norms of rows (norms.c; doubles: norms64.c) ---- */

/* Contiguous arrays. Rows (rows, n); batches (n, channels, length), where running over groups of
 * channels mean and rstd are (n, groups), else (channels). weight and bias may be NULL, and the
 * weight's and the bias's gradient of layer_norm and rms_norm. 0 where memory ran out. */
FL_API void fl_layer_norm_f32(const float *x, const float *weight, const float *bias, float *y, float *mean, float *rstd, int64_t rows, int64_t n, double eps);
FL_API void fl_layer_norm_f64(const double *x, const double *weight, const double *bias, double *y, double *mean, double *rstd, int64_t rows, int64_t n, double eps);
FL_API void fl_rms_norm_f32(const float *x, const float *weight, float *y, float *rstd, int64_t rows, int64_t n, double eps);
FL_API void fl_rms_norm_f64(const double *x, const double *weight, double *y, double *rstd, int64_t rows, int64_t n, double eps);
FL_API int fl_layer_norm_gradient_f32(const float *g, const float *x, const float *weight, const float *mean, const float *rstd, float *y, float *weight_gradient, float *bias_gradient, int64_t rows, int64_t n);
FL_API int fl_layer_norm_gradient_f64(const double *g, const double *x, const double *weight, const double *mean, const double *rstd, double *y, double *weight_gradient, double *bias_gradient, int64_t rows, int64_t n);
FL_API int fl_rms_norm_gradient_f32(const float *g, const float *x, const float *weight, const float *rstd, float *y, float *weight_gradient, int64_t rows, int64_t n);
FL_API int fl_rms_norm_gradient_f64(const double *g, const double *x, const double *weight, const double *rstd, double *y, double *weight_gradient, int64_t rows, int64_t n);

/* ---- norms of batches and groups (batch_norm.c; doubles: batch_norm64.c) ---- */

FL_API void fl_batch_norm_f32(const float *x, const float *weight, const float *bias, float *y, float *mean, float *rstd, float *variance, int64_t n, int64_t channels, int64_t length, double eps);
FL_API void fl_batch_norm_f64(const double *x, const double *weight, const double *bias, double *y, double *mean, double *rstd, double *variance, int64_t n, int64_t channels, int64_t length, double eps);
FL_API void fl_batch_norm_gradient_f32(const float *g, const float *x, const float *weight, const float *mean, const float *rstd, float *y, float *weight_gradient, float *bias_gradient, int64_t n, int64_t channels, int64_t length);
FL_API void fl_batch_norm_gradient_f64(const double *g, const double *x, const double *weight, const double *mean, const double *rstd, double *y, double *weight_gradient, double *bias_gradient, int64_t n, int64_t channels, int64_t length);
FL_API void fl_scale_channels_f32(const float *x, const float *scale, const float *shift, float *y, int64_t n, int64_t channels, int64_t length);
FL_API void fl_scale_channels_f64(const double *x, const double *scale, const double *shift, double *y, int64_t n, int64_t channels, int64_t length);
FL_API void fl_group_norm_f32(const float *x, const float *weight, const float *bias, float *y, float *mean, float *rstd, int64_t n, int64_t channels, int64_t length, int64_t groups, double eps);
FL_API void fl_group_norm_f64(const double *x, const double *weight, const double *bias, double *y, double *mean, double *rstd, int64_t n, int64_t channels, int64_t length, int64_t groups, double eps);
FL_API int fl_group_norm_gradient_f32(const float *g, const float *x, const float *weight, const float *mean, const float *rstd, float *y, float *weight_gradient, float *bias_gradient, int64_t n, int64_t channels, int64_t length, int64_t groups);
FL_API int fl_group_norm_gradient_f64(const double *g, const double *x, const double *weight, const double *mean, const double *rstd, double *y, double *weight_gradient, double *bias_gradient, int64_t n, int64_t channels, int64_t length, int64_t groups);

/* ---- elements at index numbers (indexing.c) ---- */

/* A walk over two or more axes, the last innermost: the strides along each of the indices, the table and
 * of the values. An index k names what is k * step further on in the table: 0 <= k < n, or from
 * -wraps on, k + wraps then (wraps is 0 or n). Elements at the index `skipped` are not combined (-1:
 * all are). Along axes where the table's stride is not 0 no two elements are the same.
 * Each function gives 0, or 1 + the number of the first index that is out of range; the table is as
 * before then. */
enum { FL_AXES = 8 };
typedef struct {
    int64_t axes, n, step, wraps, skipped, size[FL_AXES], index[FL_AXES], table[FL_AXES], values[FL_AXES];
} fl_places;

FL_API int64_t fl_take(const fl_places *places, const void *table, const int64_t *index, void *values, int64_t size);
FL_API int64_t fl_index_offsets(const fl_places *places, const int64_t *index, int64_t *values, int64_t more);

/* ---- writes at index numbers (scatters.c) ---- */

FL_API int64_t fl_put(const fl_places *places, void *table, const int64_t *index, const void *values, int64_t size);
enum { FL_ADD, FL_MULTIPLY, FL_MAXIMUM, FL_MINIMUM };
FL_API int64_t fl_combine_f32(const fl_places *places, float *table, const int64_t *index, const float *values, int64_t how);
FL_API int64_t fl_combine_f64(const fl_places *places, double *table, const int64_t *index, const double *values, int64_t how);
FL_API int64_t fl_combine_i64(const fl_places *places, int64_t *table, const int64_t *index, const int64_t *values, int64_t how);

/* ---- running reductions (scans.c) ---- */

/* Contiguous arrays (outer, n, inner), along n, which is not 0. */
FL_API void fl_running_f32(const float *x, float *y, int64_t outer, int64_t n, int64_t inner, int64_t product, int64_t reverse);
FL_API void fl_running_extreme_f32(const float *x, float *y, int64_t *places, int64_t outer, int64_t n, int64_t inner, int64_t largest);
FL_API void fl_running_f64(const double *x, double *y, int64_t outer, int64_t n, int64_t inner, int64_t product, int64_t reverse);
FL_API void fl_running_extreme_f64(const double *x, double *y, int64_t *places, int64_t outer, int64_t n, int64_t inner, int64_t largest);
FL_API void fl_running_i64(const int64_t *x, int64_t *y, int64_t outer, int64_t n, int64_t inner, int64_t product, int64_t reverse);
FL_API void fl_running_extreme_i64(const int64_t *x, int64_t *y, int64_t *places, int64_t outer, int64_t n, int64_t inner, int64_t largest);

/* ---- sorting (sorts.c) ---- */

/* Contiguous arrays: x (outer, n, inner), the first k in order and their places (outer, k, inner). */
FL_API int fl_sort_f32(const float *x, float *values, int64_t *places, int64_t outer, int64_t n, int64_t inner, int64_t k, int64_t descending);
FL_API int fl_sort_f64(const double *x, double *values, int64_t *places, int64_t outer, int64_t n, int64_t inner, int64_t k, int64_t descending);
FL_API int fl_sort_i64(const int64_t *x, int64_t *values, int64_t *places, int64_t outer, int64_t n, int64_t inner, int64_t k, int64_t descending);

/* ---- checks (checks.c) ---- */

FL_API int64_t fl_refuse_zero(const void *x, int64_t n, int64_t size, int64_t code);

/* ---- maps (maps.c) ---- */

enum { FL_MAP_EXP, FL_MAP_EXP2, FL_MAP_EXPM1, FL_MAP_LOG, FL_MAP_LOG2, FL_MAP_LOG10, FL_MAP_LOG1P, FL_MAP_TANH, FL_MAP_SIGMOID, FL_MAP_ERF, FL_MAP_SILU, FL_MAP_GELU, FL_MAP_GELU_TANH, FL_MAP_LOG_SIGMOID, FL_MAP_MISH, FL_MAP_SIN, FL_MAP_COS };
FL_API void fl_map(int64_t which, const float *x, float *y, int64_t n);

/* ---- folds (folds.c) ---- */

/* The sum, or the extreme (NaN where there is one), of n contiguous numbers. */
FL_API double fl_fold_sum_f32(const float *x, int64_t n);
FL_API double fl_fold_sum_f64(const double *x, int64_t n);
FL_API float fl_fold_max_f32(const float *x, int64_t n);
FL_API float fl_fold_min_f32(const float *x, int64_t n);
FL_API double fl_fold_max_f64(const double *x, int64_t n);
FL_API double fl_fold_min_f64(const double *x, int64_t n);

/* ---- extremes (extremes.c) ---- */

/* x (outer, n, inner), n not 0; values and places (outer, inner) may be NULL. */
FL_API void fl_extreme_places(const float *x, float *values, int64_t *places, int64_t outer, int64_t n, int64_t inner, int64_t largest);

/* ---- losses (losses.c) ---- */

FL_API int64_t fl_cross_entropy(int64_t n, int64_t classes, const float *x, int64_t xrs, const int64_t *target, const float *weight, int64_t ignore, int64_t reduction, float *losses, float *result, float *exps, float *sums, int64_t *places, float *share);
FL_API void fl_cross_entropy_gradient(int64_t n, int64_t classes, const float *g, int64_t each, int64_t weighted, const float *exps, const float *sums, const int64_t *places, const float *share, float *out);

/* ---- attention (attention.c; needs gemm.c) ---- */

/* softmax(scale Q K^T + mask) V of outer x inner matrices: q (rows, width), k (keys, width),
 * v (keys, values), mask (rows, keys) or NULL, its numbers floats to add or, boolean, bytes that are
 * 0 where nothing is seen; causal: a row sees the keys up to its own number. weights (outer, inner,
 * rows, keys) is contiguous, as are the scores' gradients in the gradient, which may be NULL. Each
 * other matrix has strides along outer and inner, of rows and of columns. */
FL_API void fl_attention(int64_t outer, int64_t inner, int64_t rows, int64_t keys, int64_t width, int64_t values, const float *q, int64_t q1, int64_t q2, int64_t qrs, int64_t qcs, const float *k, int64_t k1, int64_t k2, int64_t krs, int64_t kcs, const float *v, int64_t v1, int64_t v2, int64_t vrs, int64_t vcs, const void *mask, int64_t boolean, int64_t m1, int64_t m2, int64_t mrs, int64_t mcs, double scale, int64_t causal, float *weights, float *result, int64_t r1, int64_t r2, int64_t rrs, int64_t rcs);
FL_API void fl_attention_gradient(int64_t outer, int64_t inner, int64_t rows, int64_t keys, int64_t width, int64_t values, const float *g, int64_t g1, int64_t g2, int64_t grs, int64_t gcs, const float *q, int64_t q1, int64_t q2, int64_t qrs, int64_t qcs, const float *k, int64_t k1, int64_t k2, int64_t krs, int64_t kcs, const float *v, int64_t v1, int64_t v2, int64_t vrs, int64_t vcs, const float *weights, double scale, int64_t causal, float *scores, float *gq, int64_t gq1, int64_t gq2, int64_t gqrs, int64_t gqcs, float *gk, int64_t gk1, int64_t gk2, int64_t gkrs, int64_t gkcs, float *gv, int64_t gv1, int64_t gv2, int64_t gvrs, int64_t gvcs);

/* ---- recurrent layers (recurrent.c; needs gemm.c) ---- */

/* An LSTM over packed rows: step t has sizes[t] of them, never more than the step before. x (rows,
 * features), weights (4 hidden, features or hidden), biases (4 hidden) or NULL; gates (4, rows,
 * hidden), c_before, tanh_c, output (rows, hidden). h and c (sizes[0], hidden) come as the first
 * states and leave as the last. The gradient likewise: gh and gc come as the last states' gradients
 * and leave as the first's; slopes (rows, 4, hidden) become those of the gates before their
 * functions; toward_output, gx and the weights' and the bias's gradients may be NULL. Everything is
 * contiguous. 0 where memory ran out. */
FL_API int fl_lstm(int64_t steps, const int64_t *sizes, int64_t reverse, int64_t features, int64_t hidden, const float *x, const float *weight_ih, const float *weight_hh, const float *bias_ih, const float *bias_hh, float *gates, float *c_before, float *tanh_c, float *output, float *h, float *c);
FL_API int fl_lstm_gradient(int64_t steps, const int64_t *sizes, int64_t reverse, int64_t features, int64_t hidden, const float *toward_output, const float *x, const float *h0, const float *weight_ih, const float *weight_hh, const float *output, const float *gates, const float *c_before, const float *tanh_c, float *slopes, float *gx, float *gh, float *gc, float *gweight_ih, float *gweight_hh, float *gbias);

/* ---- gated recurrent units and simple recurrent layers (gru.c; needs gemm.c) ---- */

/* As the LSTM above. A GRU's slopes are (rows, 4, hidden): of r, of z, of n as the state sees it and
 * as the input does. */
FL_API int fl_gru(int64_t steps, const int64_t *sizes, int64_t reverse, int64_t features, int64_t hidden, const float *x, const float *weight_ih, const float *weight_hh, const float *bias_ih, const float *bias_hh, float *gates, float *h_before, float *new_hidden, float *output, float *h);
FL_API int fl_gru_gradient(int64_t steps, const int64_t *sizes, int64_t reverse, int64_t features, int64_t hidden, const float *toward_output, const float *x, const float *weight_ih, const float *weight_hh, const float *gates, const float *h_before, const float *new_hidden, float *slopes, float *gx, float *gh, float *gweight_ih, float *gweight_hh, float *gbias_ih, float *gbias_hh);
FL_API int fl_rnn(int64_t steps, const int64_t *sizes, int64_t reverse, int64_t relu, int64_t features, int64_t hidden, const float *x, const float *weight_ih, const float *weight_hh, const float *bias_ih, const float *bias_hh, float *output, float *h);
FL_API int fl_rnn_gradient(int64_t steps, const int64_t *sizes, int64_t reverse, int64_t relu, int64_t features, int64_t hidden, const float *toward_output, const float *x, const float *h0, const float *weight_ih, const float *weight_hh, const float *output, float *slopes, float *gx, float *gh, float *gweight_ih, float *gweight_hh, float *gbias);

#endif
