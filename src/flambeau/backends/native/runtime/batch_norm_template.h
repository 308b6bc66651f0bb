/* Normalisation of the channels of (n, channels, length) of type T over batches, and of groups of
 * channels; see rows.h. Where the length is 1 the channels are columns, worked on TILE at a time. */

typedef struct {
    const T *g, *x, *weight, *bias, *mean, *rstd;
    T *y, *mean_out, *rstd_out, *variance;
    T *weight_gradient, *bias_gradient;
    int64_t n, channels, length, groups;
    double eps;
} F(batch);

/* y = (x - mean) factor + bias */
static FL_APART void F(scale_row)(const T *restrict x, T mean, T factor, T bias, T *restrict y, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = (x[i] - mean) * factor + bias;
}

/* y = (x - mean) slope + g factor + bias */
static FL_APART void F(combine_row)(const T *restrict x, T mean, T slope, const T *restrict g, T factor, T bias, T *restrict y, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = (x[i] - mean) * slope + (g[i] * factor + bias);
}

/* ---- columns: up to TILE neighbouring numbers of each row ---- */

/* The sums over rows of x - shift, of its square or of (x - shift) y. */
static FL_APART void F(tile_sums)(int kind, const T *x, const T *restrict shift, const T *y, T *restrict sum, int64_t n, int64_t stride, int64_t width)
{
    T part[TILE];
    memset(sum, 0, TILE * sizeof(T));
    for (int64_t k = 0; k < n;) {
        memset(part, 0, sizeof part);
        for (int64_t end = fl_smaller(n, k + 64); k < end; k++) {
            const T *restrict a = x + k * stride, *restrict b = y + k * stride;
            for (int64_t j = 0; j < width; j++) {
                T v = a[j] - shift[j];
                part[j] += v * (kind == F(TERM_X) ? 1 : kind == F(TERM_SQUARE) ? v : b[j]);
            }
        }
        for (int64_t j = 0; j < TILE; j++)
            sum[j] += part[j];
    }
}

/* y = (x - mean) slope + (g factor + bias) of columns; without g the first two and the last. */
static FL_APART void F(tile_row)(const T *restrict x, const T *restrict mean, const T *restrict slope, const T *restrict g, const T *restrict factor, const T *restrict bias, T *restrict y, int64_t width)
{
    if (g)
        for (int64_t j = 0; j < width; j++)
            y[j] = (x[j] - mean[j]) * slope[j] + (g[j] * factor[j] + bias[j]);
    else
        for (int64_t j = 0; j < width; j++)
            y[j] = (x[j] - mean[j]) * slope[j] + bias[j];
}

/* ---- over the batch ---- */

/* What the channel's statistics say, where `square` is the sum of squared distances. */
static FL_APART T F(keep_statistics)(const F(batch) *p, int64_t c, T mean, double square)
{
    T variance = (T)(square / (double)(p->n * p->length));
    T rstd = 1 / SQRT(variance + (T)p->eps);
    p->mean_out[c] = mean;
    p->rstd_out[c] = rstd;
    p->variance[c] = variance;
    return p->weight ? rstd * p->weight[c] : rstd;
}

static void F(train_channel)(const F(batch) *p, int64_t c)
{
    int64_t step = p->channels * p->length, length = p->length;
    const T *x = p->x + c * length;
    double sum = 0, square = 0;
    for (int64_t i = 0; i < p->n; i++)
        sum += F(row_sum)(x + i * step, length);
    T mean = (T)(sum / (double)(p->n * length));
    for (int64_t i = 0; i < p->n; i++)
        square += F(row_squares)(x + i * step, mean, length);
    T scale = F(keep_statistics)(p, c, mean, square), bias = p->bias ? p->bias[c] : 0;
    for (int64_t i = 0; i < p->n; i++)
        F(scale_row)(x + i * step, mean, scale, bias, p->y + c * length + i * step, length);
}

static void F(train_tile)(const F(batch) *p, int64_t first)
{
    int64_t width = fl_smaller(TILE, p->channels - first), step = p->channels;
    const T *x = p->x + first;
    T mean[TILE] = {0}, scale[TILE], bias[TILE], sum[TILE];
    F(tile_sums)(F(TERM_X), x, mean, x, sum, p->n, step, width);
    for (int64_t j = 0; j < TILE; j++)
        mean[j] = sum[j] / (T)p->n;
    F(tile_sums)(F(TERM_SQUARE), x, mean, x, sum, p->n, step, width);
    for (int64_t j = 0; j < width; j++) {
        scale[j] = F(keep_statistics)(p, first + j, mean[j], (double)sum[j]);
        bias[j] = p->bias ? p->bias[first + j] : 0;
    }
    for (int64_t i = 0; i < p->n; i++)
        F(tile_row)(x + i * step, mean, scale, NULL, NULL, bias, p->y + first + i * step, width);
}

static void F(train_body)(void *context, int64_t begin, int64_t end)
{
    const F(batch) *p = context;
    for (int64_t i = begin; i < end; i++)
        if (p->length == 1)
            F(train_tile)(p, i * TILE);
        else
            F(train_channel)(p, i);
}

/* Runs over channels, or tiles of them. */
static void F(over_channels)(F(batch) *p, fl_body body)
{
    int64_t each = p->n * p->length;
    if (p->length == 1)
        fl_for((p->channels + TILE - 1) / TILE, fl_rows_grain(each * TILE), body, p);
    else
        fl_for(p->channels, fl_rows_grain(each), body, p);
}

/* Each channel of x (n, channels, length) standardised over the batch: (x - mean) rstd weight + bias,
 * where weight and bias may be NULL. The variance is the biased one. */
void F(fl_batch_norm)(const T *x, const T *weight, const T *bias, T *y, T *mean, T *rstd, T *variance, int64_t n, int64_t channels, int64_t length, double eps)
{
    F(batch) p = {.x = x, .weight = weight, .bias = bias, .y = y, .mean_out = mean, .rstd_out = rstd, .variance = variance, .n = n, .channels = channels, .length = length, .eps = eps};
    F(over_channels)(&p, F(train_body));
}

/* Keeps the gradients of weight and bias; gives the slope and the constant with which x and 1 enter
 * the gradient of x, and scale, with which g does. */
static FL_APART void F(gradient_terms)(const F(batch) *p, int64_t c, double sum, double dot, T *scale, T *slope, T *constant)
{
    T rstd = p->rstd[c], count = (T)(p->n * p->length), bias = (T)sum, weight = (T)dot * rstd;
    p->weight_gradient[c] = weight;
    p->bias_gradient[c] = bias;
    *scale = p->weight ? rstd * p->weight[c] : rstd;
    *slope = -weight * rstd / count * *scale;
    *constant = -bias / count * *scale;
}

static void F(gradient_channel)(const F(batch) *p, int64_t c)
{
    int64_t step = p->channels * p->length, length = p->length;
    const T *x = p->x + c * length, *g = p->g + c * length;
    double sum = 0, dot = 0;
    T mean = p->mean[c], scale, slope, constant;
    for (int64_t i = 0; i < p->n; i++) {
        sum += F(row_sum)(g + i * step, length);
        dot += F(row_dot)(x + i * step, mean, g + i * step, length);
    }
    F(gradient_terms)(p, c, sum, dot, &scale, &slope, &constant);
    for (int64_t i = 0; i < p->n; i++)
        F(combine_row)(x + i * step, mean, slope, g + i * step, scale, constant, p->y + c * length + i * step, length);
}

static void F(gradient_tile)(const F(batch) *p, int64_t first)
{
    int64_t width = fl_smaller(TILE, p->channels - first), step = p->channels;
    const T *x = p->x + first, *g = p->g + first, *mean = p->mean + first;
    T none[TILE] = {0}, scale[TILE], slope[TILE], constant[TILE], sum[TILE], dot[TILE];
    F(tile_sums)(F(TERM_X), g, none, g, sum, p->n, step, width);
    F(tile_sums)(F(TERM_PRODUCT), x, mean, g, dot, p->n, step, width);
    for (int64_t j = 0; j < width; j++)
        F(gradient_terms)(p, first + j, (double)sum[j], (double)dot[j], scale + j, slope + j, constant + j);
    for (int64_t i = 0; i < p->n; i++)
        F(tile_row)(x + i * step, mean, slope, g + i * step, scale, constant, p->y + first + i * step, width);
}

static void F(gradient_body)(void *context, int64_t begin, int64_t end)
{
    const F(batch) *p = context;
    for (int64_t i = begin; i < end; i++)
        if (p->length == 1)
            F(gradient_tile)(p, i * TILE);
        else
            F(gradient_channel)(p, i);
}

/* The gradients of x, weight and bias from g, that of the result. */
void F(fl_batch_norm_gradient)(const T *g, const T *x, const T *weight, const T *mean, const T *rstd, T *y, T *weight_gradient, T *bias_gradient, int64_t n, int64_t channels, int64_t length)
{
    F(batch) p = {.g = g, .x = x, .weight = weight, .mean = mean, .rstd = rstd, .y = y, .weight_gradient = weight_gradient, .bias_gradient = bias_gradient, .n = n, .channels = channels, .length = length};
    F(over_channels)(&p, F(gradient_body));
}

static void F(scale_body)(void *context, int64_t begin, int64_t end)
{
    const F(batch) *p = context;
    for (int64_t i = begin; i < end; i++) {
        const T *restrict x = p->x + i * p->channels * p->length, *restrict scale = p->weight, *restrict shift = p->bias;
        T *restrict y = p->y + i * p->channels * p->length;
        if (p->length == 1)
            for (int64_t c = 0; c < p->channels; c++)
                y[c] = x[c] * scale[c] + shift[c];
        else
            for (int64_t c = 0; c < p->channels; c++)
                F(scale_row)(x + c * p->length, 0, scale[c], shift[c], y + c * p->length, p->length);
    }
}

/* x scale + shift, with a scale and a shift for each channel. */
void F(fl_scale_channels)(const T *x, const T *scale, const T *shift, T *y, int64_t n, int64_t channels, int64_t length)
{
    F(batch) p = {.x = x, .weight = scale, .bias = shift, .y = y, .n = n, .channels = channels, .length = length};
    fl_for(n, fl_rows_grain(channels * length), F(scale_body), &p);
}

/* ---- over groups of channels ---- */

static void F(group_body)(void *context, int64_t begin, int64_t end)
{
    const F(batch) *p = context;
    int64_t each = p->channels / p->groups, size = each * p->length;
    for (int64_t i = begin; i < end; i++) {
        const T *x = p->x + i * size;
        T mean = (T)(F(row_sum)(x, size) / (double)size);
        T rstd = 1 / SQRT((T)(F(row_squares)(x, mean, size) / (double)size) + (T)p->eps);
        p->mean_out[i] = mean;
        p->rstd_out[i] = rstd;
        for (int64_t k = 0; k < each; k++) {
            int64_t c = i % p->groups * each + k, at = i * size + k * p->length;
            T scale = p->weight ? rstd * p->weight[c] : rstd, bias = p->bias ? p->bias[c] : 0;
            F(scale_row)(p->x + at, mean, scale, bias, p->y + at, p->length);
        }
    }
}

/* Each group of channels of each sample standardised by itself; mean and rstd are (n, groups). */
void F(fl_group_norm)(const T *x, const T *weight, const T *bias, T *y, T *mean, T *rstd, int64_t n, int64_t channels, int64_t length, int64_t groups, double eps)
{
    F(batch) p = {.x = x, .weight = weight, .bias = bias, .y = y, .mean_out = mean, .rstd_out = rstd, .channels = channels, .length = length, .groups = groups, .eps = eps};
    fl_for(n * groups, fl_rows_grain(channels / groups * length), F(group_body), &p);
}

/* weight_gradient and bias_gradient take each sample's part here. */
static void F(group_gradient_body)(void *context, int64_t begin, int64_t end)
{
    const F(batch) *p = context;
    int64_t each = p->channels / p->groups, length = p->length, size = each * length;
    for (int64_t i = begin; i < end; i++) {
        T mean = p->mean[i], rstd = p->rstd[i];
        double sum = 0, dot = 0;
        for (int64_t k = 0; k < each; k++) {
            int64_t c = i % p->groups * each + k, at = i * size + k * length;
            double s = F(row_sum)(p->g + at, length), d = F(row_dot)(p->x + at, mean, p->g + at, length);
            double weight = p->weight ? (double)p->weight[c] : 1;
            sum += weight * s;
            dot += weight * d;
            p->bias_gradient[i * each + k] = (T)s;
            p->weight_gradient[i * each + k] = (T)d * rstd;
        }
        T slope = (T)(-dot / (double)size) * rstd * rstd * rstd, constant = (T)(-sum / (double)size) * rstd;
        for (int64_t k = 0; k < each; k++) {
            int64_t c = i % p->groups * each + k, at = i * size + k * length;
            T scale = p->weight ? rstd * p->weight[c] : rstd;
            F(combine_row)(p->x + at, mean, slope, p->g + at, scale, constant, p->y + at, length);
        }
    }
}

/* The gradients of x, weight and bias. 0 where memory ran out. */
int F(fl_group_norm_gradient)(const T *g, const T *x, const T *weight, const T *mean, const T *rstd, T *y, T *weight_gradient, T *bias_gradient, int64_t n, int64_t channels, int64_t length, int64_t groups)
{
    T *parts = fl_scratch(FL_ROWS_A, (size_t)(2 * n * channels) * sizeof(T));
    if (!parts)
        return 0;
    F(batch) p = {.g = g, .x = x, .weight = weight, .mean = mean, .rstd = rstd, .y = y, .weight_gradient = parts, .bias_gradient = parts + n * channels, .channels = channels, .length = length, .groups = groups};
    fl_for(n * groups, fl_rows_grain(channels / groups * length), F(group_gradient_body), &p);
    for (int64_t c = 0; c < channels; c++) {
        double weights = 0, biases = 0;
        for (int64_t i = 0; i < n; i++) {
            weights += (double)p.weight_gradient[i * channels + c];
            biases += (double)p.bias_gradient[i * channels + c];
        }
        weight_gradient[c] = (T)weights;
        bias_gradient[c] = (T)biases;
    }
    return 1;
}
