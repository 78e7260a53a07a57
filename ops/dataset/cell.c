// SPDX-License-Identifier: Apache-2.0
#include "cell.h"

#include "bits.h"

static const int64_t per_second[] = {1, 1000, 1000000, 1000000000}; // by unit

static struct cell integer(int64_t value) { return (struct cell){.sort = CELL_INTEGER, .integer = value}; }

static struct cell natural(uint64_t value) { return (struct cell){.sort = CELL_NATURAL, .natural = value}; }

static struct cell real(double value, bool narrow) {
    return (struct cell){.sort = value != value ? CELL_MISSING : CELL_FLOAT, .number = value, .narrow = narrow};
}

static struct cell of_time(enum cell_sort sort, uint32_t unit, int64_t value) {
    int64_t scale = per_second[unit], rest = value % scale;
    return (struct cell){.sort = value == INT64_MIN ? CELL_MISSING : sort,
                         .integer = value,
                         .seconds = value / scale - (rest < 0),
                         .fraction = rest + (rest < 0 ? scale : 0),
                         .digits = (int)unit * 3};
}

struct cell cell_duration(uint32_t unit, int64_t value) {
    return of_time(CELL_DURATION, unit, value);
}

static struct cell timestamp(const struct segment_array *array, int64_t value) {
    struct cell cell = of_time(CELL_TIMESTAMP, array->unit, value);
    cell.zoned = array->zone.bytes > 0;
    return cell;
}

static struct cell bytes(const void *segment, const struct segment_array *array, uint64_t row) {
    const int64_t *offsets = segment_at(segment, array->offsets);
    if (array->null_count && !bits_present(segment_at(segment, array->nulls), row))
        return (struct cell){.sort = CELL_MISSING};
    return (struct cell){.sort = array->kind == SEGMENT_UTF8 ? CELL_TEXT : CELL_BINARY,
                         .bytes = (const char *)segment_at(segment, array->values) + offsets[row],
                         .count = (size_t)(offsets[row + 1] - offsets[row])};
}

static struct cell coded(const void *segment, const struct segment_array *array, int32_t code) {
    if (code < 0)
        return (struct cell){.sort = CELL_MISSING};
    return cell_read(segment, segment_array(segment, array->dictionary), (uint64_t)code);
}

#define AT(type) (((const type *)values)[row])

struct cell cell_read(const void *segment, const struct segment_array *array, uint64_t row) {
    const void *values = segment_at(segment, array->values);
    if (segment_is_marked(segment, array, row))
        return (struct cell){.sort = CELL_MISSING};
    switch ((enum segment_kind)array->kind) {
    case SEGMENT_INT8:
        return integer(AT(int8_t));
    case SEGMENT_INT16:
        return integer(AT(int16_t));
    case SEGMENT_INT32:
        return integer(AT(int32_t));
    case SEGMENT_INT64:
        return integer(AT(int64_t));
    case SEGMENT_UINT8:
        return natural(AT(uint8_t));
    case SEGMENT_UINT16:
        return natural(AT(uint16_t));
    case SEGMENT_UINT32:
        return natural(AT(uint32_t));
    case SEGMENT_UINT64:
        return natural(AT(uint64_t));
    case SEGMENT_FLOAT16:
        return real(segment_half_value(AT(uint16_t)), true);
    case SEGMENT_FLOAT32:
        return real((double)AT(float), true);
    case SEGMENT_FLOAT64:
        return real(AT(double), false);
    case SEGMENT_BOOL:
        return (struct cell){.sort = CELL_BOOL, .natural = AT(uint8_t)};
    case SEGMENT_FLAGS:
        return (struct cell){.sort = CELL_BOOL, .natural = bits_present(values, row) ? 1 : 0};
    case SEGMENT_TIMESTAMP:
        return timestamp(array, AT(int64_t));
    case SEGMENT_DURATION:
        return cell_duration(array->unit, AT(int64_t));
    case SEGMENT_TIME:
        return of_time(CELL_TIME, SEGMENT_UNIT_NS, AT(int64_t));
    case SEGMENT_CODES8:
        return coded(segment, array, AT(int8_t));
    case SEGMENT_CODES16:
        return coded(segment, array, AT(int16_t));
    case SEGMENT_CODES32:
        return coded(segment, array, AT(int32_t));
    case SEGMENT_UTF8:
    case SEGMENT_BINARY:
        return bytes(segment, array, row);
    case SEGMENT_NULL:
    case SEGMENT_KIND_NONE:
        break;
    }
    return (struct cell){.sort = CELL_MISSING};
}
