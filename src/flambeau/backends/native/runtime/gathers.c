/* Rows of a table by their numbers: taken, and added to. */
#include "rows.h"

typedef struct {
    const char *table;
    const int64_t *indices;
    char *out;
    int64_t rows, bytes, bad;
} taking;

static void take_body(void *context, int64_t begin, int64_t end)
{
    taking *t = context;
    for (int64_t i = begin; i < end; i++) {
        int64_t row = t->indices[i];
        if (row >= 0 && row < t->rows) {
            memcpy(t->out + i * t->bytes, t->table + row * t->bytes, (size_t)t->bytes);
            continue;
        }
        int64_t seen = __atomic_load_n(&t->bad, __ATOMIC_RELAXED); /* the first place of several */
        while ((!seen || i + 1 < seen) &&
               !__atomic_compare_exchange_n(&t->bad, &seen, i + 1, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
        }
    }
}

/* out (count, bytes) = the rows of table (rows, bytes) that the indices name, of any type. 0, or 1 +
 * the place of the first index that is out of range; its row of out is not written. */
int64_t fl_embedding_rows(const void *table, const int64_t *indices, void *out, int64_t count, int64_t rows, int64_t bytes)
{
    taking t = {table, indices, out, rows, bytes, 0};
    fl_for(count, fl_rows_grain(bytes / 4), take_body, &t);
    return t.bad;
}

#include "single.h"
#include "gathers_template.h"
#include "double.h"
#include "gathers_template.h"
