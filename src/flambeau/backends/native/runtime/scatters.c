/* Elements at index numbers, written into a table or combined with it. */
#include "places.h"

/* Elements of a size along one axis. */
#define PUT(U)                                                                                     \
    FL_INLINE int put_one_##U(const job *j, char *table, const int64_t *index, char *values)       \
    {                                                                                              \
        const int64_t a = j->p.axes - 1, count = j->p.size[a], step = j->p.step;                   \
        const int64_t is = j->p.index[a], ts = j->p.table[a], vs = j->p.values[a];                 \
        U *x = (U *)table;                                                                         \
        const U *y = (const U *)values;                                                            \
        if (!is && ts == 1 && vs == 1) {                                                           \
            const int64_t i = counted(j, *index);                                                  \
            if (is_own(j, i))                                                                      \
                memcpy(x + i * step, y, (size_t)count * sizeof(U));                                \
        } else if (is == 1 && j->all && !j->p.wraps)                                               \
            for (int64_t k = 0; k < count; k++, x += ts)                                           \
                x[index[k] * step] = y[k * vs];                                                    \
        else                                                                                       \
            for (int64_t k = 0; k < count; k++) {                                                  \
                const int64_t i = counted(j, index[k * is]);                                       \
                if (is_own(j, i))                                                                  \
                    x[k * ts + i * step] = y[k * vs];                                              \
            }                                                                                      \
        return 0;                                                                                  \
    }                                                                                              \
    FL_ROWS(put_##U, put_one_##U)

PUT(uint8_t)
PUT(uint16_t)
PUT(uint32_t)
PUT(uint64_t)

static const row puts[] = {put_uint8_t, put_uint16_t, put_uint32_t, put_uint64_t};

/* The table's elements at the indices = values; of several for one element the last stays. */
int64_t fl_put(const fl_places *places, void *table, const int64_t *index, const void *values, int64_t size)
{
    int64_t wrong = check(places, index);
    if (wrong)
        return wrong;
    job j = {*places, table, (char *)values, index, .row = puts[size]};
    j.table_item = j.values_item = 1 << size;
    run(&j, 0);
    return 0;
}

#define T float
#define F(name) name##_f32
#define IS_NAN(x) ((x) != (x))
#include "scatters_template.h"
#define T double
#define F(name) name##_f64
#define IS_NAN(x) ((x) != (x))
#include "scatters_template.h"
#define T int64_t
#define F(name) name##_i64
#define IS_NAN(x) 0
#include "scatters_template.h"
