/* Reductions of type T along the middle of (outer, n, inner); see rows.h. */

/* ---- sums ---- */

static void F(sum_row)(const T *x, const T *b, T *y, int64_t n, const void *divisor)
{
    (void)b;
    *y = (T)(F(row_sum)(x, n) / *(const double *)divisor);
}

/* The columns' sums of x, or of (x - shift)^2: pieces of 64 rows, then the pieces. */
static FL_APART void F(column_totals)(const T *restrict x, const T *restrict shift, T *restrict sum, int64_t n, int64_t stride)
{
    T part[TILE];
    COLUMNS sum[j] = 0;
    for (int64_t k = 0; k < n;) {
        COLUMNS part[j] = 0;
        for (int64_t end = fl_smaller(n, k + 64); k < end; k++, x += stride)
            COLUMNS {
                T v = shift ? x[j] - shift[j] : x[j];
                part[j] += shift ? v * v : v;
            }
        COLUMNS sum[j] += part[j];
    }
}

static void F(sum_columns)(const T *x, const T *b, T *restrict y, int64_t n, int64_t stride, const void *divisor)
{
    (void)b;
    T sum[TILE], share = (T) * (const double *)divisor;
    F(column_totals)(x, NULL, sum, n, stride);
    COLUMNS y[j] = sum[j] / share;
}

/* The sums of up to 1024 columns, divided: four rows at a time. */
static void F(sum_block)(const T *x, T *restrict y, int64_t n, int64_t stride, int64_t width, T divisor)
{
    T part[1024], sum[1024];
    memset(sum, 0, (size_t)width * sizeof(T));
    for (int64_t k = 0; k < n;) {
        memset(part, 0, (size_t)width * sizeof(T));
        for (int64_t end = fl_smaller(n, k + 256); k + 4 <= end; k += 4) {
            const T *a = x + k * stride, *b = a + stride, *c = b + stride, *d = c + stride;
            for (int64_t j = 0; j < width; j++)
                part[j] += (a[j] + b[j]) + (c[j] + d[j]);
        }
        for (; n - k < 4 && k < n; k++)
            for (int64_t j = 0; j < width; j++)
                part[j] += x[k * stride + j];
        for (int64_t j = 0; j < width; j++)
            sum[j] += part[j];
    }
    for (int64_t j = 0; j < width; j++)
        y[j] = sum[j] / divisor;
}

static void F(sum_body)(void *context, int64_t begin, int64_t end)
{
    const F(operation) *o = context;
    int64_t inner = o->inner, blocks = (inner + 1023) / 1024;
    T divisor = (T) * (const double *)o->options;
    for (int64_t i = begin; i < end; i++) {
        int64_t at = i / blocks, first = i % blocks * 1024;
        const T *x = o->a + at * o->n * inner + first;
        F(sum_block)(x, o->y + at * inner + first, o->n, inner, fl_smaller(1024, inner - first), divisor);
    }
}

static int F(run_sum)(F(operation) *o, int64_t outer)
{
    if (o->inner == 1)
        return F(run)(o, outer);
    int64_t blocks = (o->inner + 1023) / 1024;
    fl_for(outer * blocks, fl_rows_grain(o->n * fl_smaller(o->inner, 1024)), F(sum_body), o);
    return 1;
}

/* y = the sum along n, divided. A long sum is cut into pieces, for threads and for accuracy, in a
 * way that does not depend on the number of threads. */
int F(fl_sum)(const T *x, T *y, int64_t outer, int64_t n, int64_t inner, double divisor)
{
    int64_t piece = SUM_PIECE / inner > 64 ? SUM_PIECE / inner : 64;
    F(operation) o = {F(sum_row), F(sum_columns), x, NULL, y, n, inner, 1, &divisor, 0};
    if (outer > 1 || n < 2 * piece)
        return F(run_sum)(&o, outer);
    int64_t pieces = n / piece;
    double one = 1;
    T *parts = fl_scratch(FL_ROWS_A, (size_t)((pieces + 1) * inner) * sizeof(T));
    if (!parts)
        return 0;
    F(operation) body = o, rest = o;
    body.y = parts, body.n = piece;
    rest.y = parts + pieces * inner, rest.n = n % piece, rest.a = x + pieces * piece * inner;
    body.options = rest.options = &one;
    o.a = parts, o.n = pieces + 1;
    return F(run_sum)(&body, pieces) && F(run_sum)(&rest, 1) && F(run_sum)(&o, 1);
}

/* ---- variances: the mean, then the squares of the distances from it ---- */

static void F(variance_row)(const T *x, const T *b, T *y, int64_t n, const void *divisor)
{
    (void)b;
    y[0] = (T)(F(row_sum)(x, n) / (double)n);
    y[1] = (T)(F(row_squares)(x, y[0], n) / *(const double *)divisor);
}

static void F(variance_columns)(const T *x, const T *b, T *restrict y, int64_t n, int64_t stride, const void *divisor)
{
    T mean[TILE], sum[TILE], share = (T) * (const double *)divisor;
    double count = (double)n;
    F(sum_columns)(x, b, mean, n, stride, &count);
    F(column_totals)(x, mean, sum, n, stride);
    COLUMNS {
        y[j] = mean[j];
        y[stride + j] = sum[j] / share;
    }
}

/* y (outer, 2, inner): means, and sums of squared distances from them divided by the divisor. */
int F(fl_variance)(const T *x, T *y, int64_t outer, int64_t n, int64_t inner, double divisor)
{
    OPERATION(variance, x, NULL, y, 2, &divisor);
}

/* ---- extremes; NaN is larger than all ---- */

static void F(extreme_columns)(const T *restrict x, const T *b, T *restrict y, int64_t n, int64_t stride, const void *options)
{
    (void)b;
    T sign = *(const T *)options, top[TILE], place[TILE], at = 1;
    COLUMNS {
        top[j] = sign * x[j];
        place[j] = 0;
    }
    for (int64_t k = 1; k < n; k++, at++) {
        x += stride;
        COLUMNS {
            T v = sign * x[j];
            int better = (v > top[j]) | ((v != v) & (top[j] == top[j]));
            top[j] = better ? v : top[j];
            place[j] = better ? at : place[j];
        }
    }
    COLUMNS {
        y[j] = sign * top[j];
        y[stride + j] = place[j];
    }
}

/* The first place of a row where the number times sign is `wanted`, or is NaN where that is NaN. It
 * is there. */
static int64_t F(first_place)(const T *x, int64_t n, T sign, T wanted)
{
    int64_t k = 0, nan = wanted != wanted;
    for (int found = 0; k + 64 <= n; k += 64) {
        for (int j = 0; j < 64; j++)
            found |= nan ? x[k + j] != x[k + j] : sign * x[k + j] == wanted;
        if (found)
            break;
    }
    while (nan ? x[k] == x[k] : sign * x[k] != wanted)
        k++;
    return k;
}

static void F(extreme_row)(const T *restrict x, const T *b, T *restrict y, int64_t n, const void *options)
{
    (void)b;
    T sign = *(const T *)options, top = -FL_INFINITY;
    V one = V_(set)(top), two = one;
    M bad = {0};
    int64_t i = 0, odd = 0;
    for (; i + 2 * LANES <= n; i += 2 * LANES) {
        V v = sign * V_(load)(x + i), w = sign * V_(load)(x + i + LANES);
        one = V_(max)(v, one);
        two = V_(max)(w, two);
        bad |= (v != v) | (w != w);
    }
    one = V_(max)(two, one);
    for (int j = 0; j < LANES; j++) {
        top = one[j] > top ? one[j] : top;
        odd |= bad[j];
    }
    for (; i < n; i++) {
        T v = sign * x[i];
        top = v > top ? v : top;
        odd |= v != v;
    }
    top = odd ? (T)FL_NAN : top;
    y[0] = sign * top;
    y[1] = (T)F(first_place)(x, n, sign, top);
}

/* y (outer, 2, inner): the largest numbers (sign 1) or the smallest (-1), and the first place of
 * each, as a number of type T. n is from 1 to 2^24. */
int F(fl_extreme)(const T *x, T *y, int64_t outer, int64_t n, int64_t inner, double sign)
{
    T factor = (T)sign;
    OPERATION(extreme, x, NULL, y, 2, &factor);
}
