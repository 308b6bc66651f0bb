/* How operands of matrix products are packed; a part of gemm_template.h. */

/* `width` columns of B, k rows of them, each row to `stride` numbers, the rest zeros. */
static NOINLINE void NAME(pack_sliver)(int64_t k, int64_t width, NAME(operand) b, T *to, int64_t stride)
{
    int64_t p = 0, whole = b.cs == 1 ? width / W * W : 0;
    if (width == whole)
        for (; p < k; p++, to += stride)
            for (int64_t j = 0; j < whole; j += W)
                V_(store)(to + j, V_(load)(b.at + p * b.rs + j));
    if (b.rs == 1) {
        for (; p + W <= k; p += W, to += W * stride)
            for (int64_t j = 0; j < stride; j += W) {
                V rows[W];
                FL_UNROLL for (int i = 0; i < W; i++)
                    rows[i] = j + i < width ? V_(load)(b.at + p + (j + i) * b.cs) : (V){0};
                V_(transpose)(rows);
                FL_UNROLL for (int i = 0; i < W; i++)
                    V_(store)(to + i * stride + j, rows[i]);
            }
    }
    for (; p < k; p++, to += stride) {
        const T *from = b.at + p * b.rs;
        for (int64_t j = 0; j < whole; j += W)
            V_(store)(to + j, V_(load)(from + j));
        V_(store)(to + stride - W, (V){0});
        for (int64_t j = whole; j < width; j++)
            to[j] = from[j * b.cs];
    }
}

/* B[k, n] as slivers of NR columns, one after the other; the last has whole vectors only. A few rows
 * of all slivers at a time, so that B is read along its rows. */
static void NAME(pack_b)(int64_t k, int64_t n, NAME(operand) b, T *to)
{
    int64_t step = b.cs == 1 ? PACK_ROWS : k;
    for (int64_t p = 0; p < k; p += step)
        for (int64_t j = 0; j < n; j += NR) {
            int64_t width = n - j < NR ? n - j : NR, stride = (width + W - 1) / W * W;
            NAME(pack_sliver)(k - p < step ? k - p : step, width, NAME(part)(b, p, j), to + j * k + p * stride, stride);
        }
}

/* A[m, k] as slivers of as many rows as each tile has; may write up to W numbers more. */
static NOINLINE void NAME(pack_a)(int64_t m, int64_t k, NAME(operand) a, T *to)
{
    int64_t step = a.rs == 1 ? PACK_ROWS : k;
    for (int64_t first = 0; first < k; first += step)
        for (int64_t i = 0, rows; i < m; i += rows) {
            rows = NAME(tile_rows)(m - i);
            int64_t p = first, last = k - first < step ? k : first + step;
            const T *from = a.at + i * a.rs + p * a.cs;
            T *out = to + i * k + p * rows;
            if (a.rs == 1 && MR <= W && i + W <= m) /* each vector over the rest of the one before */
                for (; p < last - 1; p++, out += rows, from += a.cs)
                    V_(store)(out, V_(load)(from));
            for (; p < last; p++, out += rows, from += a.cs)
                for (int64_t r = 0; r < rows; r++)
                    out[r] = from[r * a.rs];
        }
}
