/* Adding rows of type T to the rows of a table; see gathers.c. */

typedef struct {
    const T *x;
    const int64_t *indices;
    T *y;
    int64_t count, rows, width, skipped;
    T factor;
} F(adding);

/* Adds the columns [from, to) of all rows that go to the rows [first, last). */
static FL_APART void F(add_part)(const F(adding) *a, int64_t first, int64_t last, int64_t from, int64_t to)
{
    int64_t n = to - from;
    T factor = a->factor;
    for (int64_t i = 0; i < a->count; i++) {
        int64_t row = a->indices[i];
        if (i + 8 < a->count)
            __builtin_prefetch(a->y + a->indices[i + 8] * a->width + from, 1);
        if (row < first || row >= last || row == a->skipped)
            continue;
        const T *restrict x = a->x + i * a->width + from;
        T *restrict y = a->y + row * a->width + from;
        for (int64_t j = 0; j < n; j++)
            y[j] += factor * x[j];
    }
}

static void F(add_columns)(void *context, int64_t begin, int64_t end)
{
    const F(adding) *a = context;
    F(add_part)(a, 0, a->rows, begin * 16, fl_smaller(a->width, end * 16));
}

static void F(add_rows)(void *context, int64_t begin, int64_t end)
{
    const F(adding) *a = context;
    F(add_part)(a, begin, end, 0, a->width);
}

/* y[indices[i]] += factor x[i] for one i after the other, but for an index that is `skipped`. Each
 * thread has some of the columns, or of y's rows where those are short: sums do not depend on their
 * number. The indices must be in range. */
void F(fl_index_add)(T *y, const int64_t *indices, const T *x, int64_t count, int64_t rows, int64_t width, double factor, int64_t skipped)
{
    F(adding) a = {x, indices, y, count, rows, width, skipped, (T)factor};
    int64_t threads = count * width < ROWS_GRAIN ? 1 : fl_num_threads(), blocks = (width + 15) / 16;
    if (threads == 1)
        F(add_part)(&a, 0, rows, 0, width);
    else if (blocks >= threads)
        fl_for(blocks, (blocks + threads - 1) / threads, F(add_columns), &a);
    else
        fl_for(rows, (rows + threads - 1) / threads, F(add_rows), &a);
}

static void F(clear_body)(void *context, int64_t begin, int64_t end)
{
    memset((T *)context + begin, 0, (size_t)(end - begin) * sizeof(T));
}

/* The gradient of a table (rows, width) of which rows were taken: their gradients g (count, width)
 * added up; the row `padding` has none (-1: each has). */
void F(fl_embedding_gradient)(const T *g, const int64_t *indices, T *y, int64_t count, int64_t rows, int64_t width, int64_t padding)
{
    fl_for(rows * width, 8 * ROWS_GRAIN, F(clear_body), y);
    F(fl_index_add)(y, indices, g, count, rows, width, 1, padding);
}
