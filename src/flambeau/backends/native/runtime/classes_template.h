/* The loss of class numbers: scores x (outer, classes, inner), target (outer, inner); see rows.h.
 *
 * weight (classes) may be NULL. reduction is FL_NONE, FL_MEAN or FL_SUM. A target that equals
 * `ignored` counts nothing. */

typedef struct {
    const T *g, *weight;
    const int64_t *target;
    T *y;
    int64_t classes, inner, ignored, reduction;
    T total;
} F(classes);

/* What a sample counts. */
FL_INLINE T F(count_of)(const T *weight, int64_t class, int64_t ignored)
{
    return class == ignored ? 0 : weight ? weight[class] : 1;
}

/* Minus x at the targets, times what the samples count. loss: (outer, inner), or one number; total:
 * the sum of what they count. 0, or 1 + the place of the first target that is no class. */
int64_t F(fl_nll_loss)(const T *x, const int64_t *target, const T *weight, T *loss, T *total, int64_t outer, int64_t classes, int64_t inner, int64_t ignored, int64_t reduction)
{
    double sum = 0, counts = 0;
    for (int64_t i = 0; i < outer; i++)
        for (int64_t j = 0; j < inner; j++) {
            int64_t at = i * inner + j, class = target[at];
            T count = 0, value = 0;
            if (class != ignored) {
                if (class < 0 || class >= classes)
                    return at + 1;
                count = F(count_of)(weight, class, ignored);
                value = -x[(i * classes + class) * inner + j] * count;
            }
            if (reduction == FL_NONE)
                loss[at] = value;
            sum += (double)value;
            counts += (double)count;
        }
    *total = (T)counts;
    if (reduction != FL_NONE)
        *loss = (T)(reduction == FL_MEAN ? sum / counts : sum);
    return 0;
}

static void F(nll_body)(void *context, int64_t begin, int64_t end)
{
    const F(classes) *c = context;
    int64_t inner = c->inner, each = c->classes * inner;
    memset(c->y + begin * each, 0, (size_t)((end - begin) * each) * sizeof(T));
    for (int64_t i = begin; i < end; i++)
        for (int64_t j = 0; j < inner; j++) {
            int64_t at = i * inner + j, class = c->target[at];
            if (class == c->ignored)
                continue;
            T count = F(count_of)(c->weight, class, c->ignored);
            T share = c->reduction == FL_MEAN ? count / c->total : count;
            c->y[i * each + class * inner + j] = -c->g[c->reduction == FL_NONE ? at : 0] * share;
        }
}

/* Zeros, but for the samples' shares of g at their targets, which must be classes. */
void F(fl_nll_loss_gradient)(const T *g, const int64_t *target, const T *weight, const T *total, T *y, int64_t outer, int64_t classes, int64_t inner, int64_t ignored, int64_t reduction)
{
    F(classes) c = {g, weight, target, y, classes, inner, ignored, reduction, *total};
    fl_for(outer, fl_rows_grain(classes * inner), F(nll_body), &c);
}
