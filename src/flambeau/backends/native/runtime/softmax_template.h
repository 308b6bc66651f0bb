/* Softmax and its kin of type T along the middle of (outer, n, inner); see rows.h. */

/* ---- the largest, and sums of exponentials ---- */

/* The largest number, whatever NaN there is beside it; minus infinity of none. */
static FL_APART T F(row_top)(const T *x, int64_t n)
{
    int64_t i = 0;
    T top = -FL_INFINITY;
    if (n >= 4 * LANES) {
        V a = V_(load)(x), b = a, c = a, d = a;
        for (; i + 4 * LANES <= n; i += 4 * LANES) {
            a = V_(max)(V_(load)(x + i), a);
            b = V_(max)(V_(load)(x + i + LANES), b);
            c = V_(max)(V_(load)(x + i + 2 * LANES), c);
            d = V_(max)(V_(load)(x + i + 3 * LANES), d);
        }
        a = V_(max)(V_(max)(a, b), V_(max)(c, d));
        for (int k = 0; k < LANES; k++)
            top = a[k] > top ? a[k] : top;
    }
    for (; i < n; i++)
        top = x[i] > top ? x[i] : top;
    return top;
}

static FL_APART void F(top_columns)(const T *restrict x, T *restrict top, int64_t n, int64_t stride)
{
    COLUMNS top[j] = -FL_INFINITY;
    for (int64_t k = 0; k < n; k++, x += stride)
        COLUMNS top[j] = x[j] > top[j] ? x[j] : top[j];
}

/* y = exp(x - shift) */
static FL_APART void F(exp_row)(const T *restrict x, T shift, T *restrict y, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = EXP(x[i] - shift);
}

/* The same of columns, each with its shift; and the columns' sums. y's rows lie `y_stride` apart. */
static FL_APART void F(exp_columns)(const T *restrict x, const T *restrict shift, T *restrict y, int64_t y_stride, T *restrict sum, int64_t n, int64_t stride)
{
    T part[TILE];
    COLUMNS sum[j] = 0;
    for (int64_t k = 0; k < n;) {
        COLUMNS part[j] = 0;
        for (int64_t end = fl_smaller(n, k + 64); k < end; k++, x += stride, y += y_stride)
            COLUMNS {
                y[j] = EXP(x[j] - shift[j]);
                part[j] += y[j];
            }
        COLUMNS sum[j] += part[j];
    }
}

static FL_APART void F(log_columns)(T *x)
{
    COLUMNS x[j] = LOG(x[j]);
}

/* ---- softmax ---- */

static void F(softmax_row)(const T *x, const T *b, T *restrict y, int64_t n, const void *options)
{
    (void)b, (void)options;
    F(exp_row)(x, F(row_top)(x, n), y, n);
    T sum = (T)F(row_sum)(y, n);
    for (int64_t i = 0; i < n; i++)
        y[i] /= sum;
}

static void F(softmax_columns)(const T *x, const T *b, T *restrict y, int64_t n, int64_t stride, const void *options)
{
    (void)b, (void)options;
    T top[TILE], sum[TILE];
    F(top_columns)(x, top, n, stride);
    F(exp_columns)(x, top, y, stride, sum, n, stride);
    for (int64_t k = 0; k < n; k++, y += stride)
        COLUMNS y[j] /= sum[j];
}

/* y = softmax(x) along n. */
int F(fl_softmax)(const T *x, T *y, int64_t outer, int64_t n, int64_t inner)
{
    OPERATION(softmax, x, NULL, y, n, NULL);
}

static void F(log_softmax_row)(const T *restrict x, const T *b, T *restrict y, int64_t n, const void *options)
{
    (void)b, (void)options;
    T top = F(row_top)(x, n);
    F(exp_row)(x, top, y, n);
    T logarithm = LOG((T)F(row_sum)(y, n));
    for (int64_t i = 0; i < n; i++)
        y[i] = (x[i] - top) - logarithm;
}

static void F(log_softmax_columns)(const T *restrict x, const T *b, T *restrict y, int64_t n, int64_t stride, const void *options)
{
    (void)b, (void)options;
    T top[TILE] = {0}, sum[TILE];
    F(top_columns)(x, top, n, stride);
    F(exp_columns)(x, top, y, stride, sum, n, stride);
    F(log_columns)(sum);
    for (int64_t k = 0; k < n; k++, x += stride, y += stride)
        COLUMNS y[j] = (x[j] - top[j]) - sum[j];
}

int F(fl_log_softmax)(const T *x, T *y, int64_t outer, int64_t n, int64_t inner)
{
    OPERATION(log_softmax, x, NULL, y, n, NULL);
}

static void F(logsumexp_row)(const T *x, const T *b, T *y, int64_t n, const void *options)
{
    (void)b, (void)options;
    T top = F(row_top)(x, n), part[1024];
    double sum = 0;
    top = top - top == 0 ? top : 0; /* infinities are not subtracted from each other */
    for (int64_t i = 0; i < n; i += 1024) {
        int64_t length = fl_smaller(1024, n - i);
        F(exp_row)(x + i, top, part, length);
        sum += F(row_sum)(part, length);
    }
    *y = LOG((T)sum) + top;
}

static void F(logsumexp_columns)(const T *x, const T *b, T *y, int64_t n, int64_t stride, const void *options)
{
    (void)b, (void)options;
    T top[TILE], unused[TILE], sum[TILE];
    F(top_columns)(x, top, n, stride);
    COLUMNS top[j] = top[j] - top[j] == 0 ? top[j] : 0;
    F(exp_columns)(x, top, unused, 0, sum, n, stride);
    F(log_columns)(sum);
    COLUMNS y[j] = sum[j] + top[j];
}

/* The logarithm of the sum of exponentials. */
int F(fl_logsumexp)(const T *x, T *y, int64_t outer, int64_t n, int64_t inner)
{
    OPERATION(logsumexp, x, NULL, y, 1, NULL);
}

/* ---- gradients of softmax ---- */

static void F(softmax_gradient_row)(const T *restrict g, const T *restrict y, T *restrict x, int64_t n, const void *options)
{
    (void)options;
    T share = (T)F(row_dot)(g, 0, y, n);
    for (int64_t i = 0; i < n; i++)
        x[i] = (g[i] - share) * y[i];
}

static void F(softmax_gradient_columns)(const T *restrict g, const T *restrict y, T *restrict x, int64_t n, int64_t stride, const void *options)
{
    (void)options;
    T sum[TILE] = {0};
    for (int64_t k = 0; k < n; k++)
        COLUMNS sum[j] += g[k * stride + j] * y[k * stride + j];
    for (int64_t k = 0; k < n; k++)
        COLUMNS x[k * stride + j] = (g[k * stride + j] - sum[j]) * y[k * stride + j];
}

/* From the gradient g of softmax's result y: y (g - sum g y). */
int F(fl_softmax_gradient)(const T *g, const T *y, T *x, int64_t outer, int64_t n, int64_t inner)
{
    OPERATION(softmax_gradient, g, y, x, n, NULL);
}

static void F(log_softmax_gradient_row)(const T *restrict g, const T *restrict z, T *restrict x, int64_t n, const void *options)
{
    (void)options;
    T sum = (T)F(row_sum)(g, n);
    F(exp_row)(z, 0, x, n);
    for (int64_t i = 0; i < n; i++)
        x[i] = g[i] - x[i] * sum;
}

static void F(log_softmax_gradient_columns)(const T *restrict g, const T *restrict z, T *restrict x, int64_t n, int64_t stride, const void *options)
{
    (void)options;
    T sum[TILE] = {0}, none[TILE] = {0}, unused[TILE];
    for (int64_t k = 0; k < n; k++)
        COLUMNS sum[j] += g[k * stride + j];
    F(exp_columns)(z, none, x, stride, unused, n, stride);
    for (int64_t k = 0; k < n; k++)
        COLUMNS x[k * stride + j] = g[k * stride + j] - x[k * stride + j] * sum[j];
}

/* From the gradient g of log_softmax's result z: g - e^z sum g. */
int F(fl_log_softmax_gradient)(const T *g, const T *z, T *x, int64_t outer, int64_t n, int64_t inner)
{
    OPERATION(log_softmax_gradient, g, z, x, n, NULL);
}
