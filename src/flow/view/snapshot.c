/*
 * The snapshot of a view: cache/view/snapshot, one file that is mapped as it is.
 *
 *   header    what it is, where the store stood, how many sections; the hash of header and table
 *   table     a row a section: what it holds, where it lies, its hash
 *   sections  bare arrays in the machine's byte order, each at a multiple of 64 bytes
 *
 * It is written beside its place and renamed, so that whoever opens it finds one whole file or another. Everything in it is
 * checked before it is used, codes and offsets too: a project may come from a stranger. What is not right is no error but no
 * snapshot, and the view is built anew. The mapping is private: changes to the columns stay in memory.
 */
#include <base/error.h>
#include <base/file.h>
#include <errno.h>
#include <fcntl.h>
#include <flow/view/parts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { VERSION = 2, BYTE_ORDER_MARK = 0x01020304, ALIGN = 64, SECTIONS_MAX = 1 << 20 };

static const char magic[8] = {'L', 'N', 'T', 'V', 'I', 'E', 'W', '\n'};

typedef enum section_kind {
  IDS,
  MEMBERS, /* offsets; the bytes follow as another section */
  MEMBER_BYTES,
  NUMBER,     /* a: lnti_number_column */
  WORD_CODES, /* a: lnti_word_column */
  WORD_OFFSETS,
  WORD_BYTES,
  META_CODES, /* id: key */
  META_OFFSETS,
  META_BYTES,
  QUESTION_CODES, /* id: question */
  QUESTION_NUMBERS,
  QUESTION_OPTIONS,
  QUESTION_CHECKS,
  CHECK_YES, /* a: place of the option among the checks */
  CHECK_NO,
  SECTION_KINDS
} section_kind;

typedef struct header {
  char magic[8];
  uint32_t byte_order, version;
  uint64_t file_bytes, n_rows, n_sections;
  lnti_store_position position;
  lnti_hash128 check; /* of this header with zeros here, and of the table */
} header;

typedef struct section {
  uint32_t kind, a;
  int64_t id;
  uint32_t width, reserved; /* bytes of an element */
  uint64_t n;               /* elements */
  uint64_t offset;
  lnti_hash128 check;
} section;

/* ---- what there is to save ---- */

typedef struct section_list {
  section *sections;
  const void **data; /* [n] */
  size_t n, capacity, data_capacity;
} section_list;

static lnt_status add(section_list *list, section_kind kind, uint32_t a, int64_t id, uint32_t width, const void *data,
                      size_t n, lnt_error *err) {
  lnt_status status = lnti_grow(&list->sections, &list->capacity, list->n + 1, sizeof *list->sections, err);
  if (!status) status = lnti_grow(&list->data, &list->data_capacity, list->n + 1, sizeof *list->data, err);
  if (status) return status;
  list->sections[list->n] = (section){.kind = kind, .a = a, .id = id, .width = width, .n = n};
  list->data[list->n++] = data;
  return LNT_OK;
}

static lnt_status add_column(section_list *list, section_kind kind, uint32_t a, int64_t id, const lnti_column *column,
                             size_t n, lnt_error *err) {
  return column->width ? add(list, kind, a, id, column->width, column->data, n, err) : LNT_OK;
}

/* The offsets, then the bytes. */
static lnt_status add_texts(section_list *list, section_kind offsets, uint32_t a, int64_t id, const lnti_texts *texts,
                            lnt_error *err) {
  if (!texts->n) return LNT_OK;
  lnt_status status = add(list, offsets, a, id, sizeof *texts->offset, texts->offset, texts->n, err);
  return status ? status : add(list, (section_kind)(offsets + 1), a, id, 1, texts->bytes, texts->n_bytes, err);
}

static lnt_status add_question(section_list *list, const lnti_question_rows *q, size_t n_rows, size_t n_padded,
                               lnt_error *err) {
  const int64_t id = q->question_id;
  const uint32_t id_bytes = sizeof *q->options.ids;
  lnt_status status = add(list, QUESTION_OPTIONS, 0, id, id_bytes, q->options.ids, q->options.n, err);
  if (!status) status = add(list, QUESTION_CHECKS, 0, id, id_bytes, q->checks.ids, q->checks.n, err);
  if (!status) status = add_column(list, QUESTION_CODES, 0, id, &q->codes, n_padded, err);
  if (!status) status = add_column(list, QUESTION_NUMBERS, 0, id, &q->numbers, n_padded, err);
  for (size_t i = 0; i < q->checks.n && !status; i++) {
    status = add_column(list, CHECK_YES, (uint32_t)i, id, &q->bits[i].yes, lnti_facet_words(n_rows), err);
    if (!status) status = add_column(list, CHECK_NO, (uint32_t)i, id, &q->bits[i].no, lnti_facet_words(n_rows), err);
  }
  return status;
}

static lnt_status list_sections(section_list *list, const lnti_rows *rows, lnt_error *err) {
  const size_t n = rows->n, padded = lnti_facet_words(n) * 64;
  lnt_status status = add(list, IDS, 0, 0, sizeof *rows->ids, rows->ids, n, err);
  if (!status) status = add_texts(list, MEMBERS, 0, 0, &rows->members, err);
  for (uint32_t i = 0; i < LNTI_NUMBERS && !status; i++) {
    status = add_column(list, NUMBER, i, 0, &rows->numbers[i], padded, err);
  }
  for (uint32_t i = 0; i < LNTI_WORD_COLUMNS && !status; i++) {
    status = add_column(list, WORD_CODES, i, 0, &rows->words[i].codes, padded, err);
    if (!status) status = add_texts(list, WORD_OFFSETS, i, 0, &rows->words[i].texts, err);
  }
  for (size_t i = 0; i < rows->n_meta && !status; i++) {
    const lnti_meta_rows *m = &rows->meta[i];
    status = add_column(list, META_CODES, 0, m->key_id, &m->words.codes, padded, err);
    if (!status) status = add_texts(list, META_OFFSETS, 0, m->key_id, &m->words.texts, err);
  }
  for (size_t i = 0; i < rows->question_ids.n && !status; i++) {
    status = add_question(list, &rows->questions[i], n, padded, err);
  }
  return status;
}

/* ---- saving ---- */

static uint64_t aligned(uint64_t bytes) {
  return (bytes + ALIGN - 1) / ALIGN * ALIGN;
}

static void hash_head(lnti_hash128 *out, const header *head, const section *table) {
  header plain = *head;
  lnti_hasher128 hasher;
  memset(&plain.check, 0, sizeof plain.check);
  lnti_hash128_begin(&hasher);
  lnti_hash128_update(&hasher, &plain, sizeof plain);
  lnti_hash128_update(&hasher, table, head->n_sections * sizeof *table);
  lnti_hash128_end(out, &hasher);
}

/* Gives every section its place and hash, and makes the header. */
static void settle(header *head, section_list *list, const lnti_view *view) {
  uint64_t offset = aligned(sizeof *head + list->n * sizeof *list->sections);
  memset(head, 0, sizeof *head); /* what lies between the fields is hashed too */
  memcpy(head->magic, magic, sizeof magic);
  head->byte_order = BYTE_ORDER_MARK;
  head->version = VERSION;
  head->n_rows = view->rows.n;
  head->n_sections = list->n;
  head->position.seq = view->position.seq;
  head->position.log_id = view->position.log_id;
  head->position.op_id = view->position.op_id;
  head->position.op_uuid = view->position.op_uuid;
  head->position.first_item = view->position.first_item;
  head->position.last_item = view->position.last_item;
  for (size_t i = 0; i < list->n; i++) {
    section *s = &list->sections[i];
    s->offset = offset;
    lnti_hash128_bytes(&s->check, list->data[i], s->n * s->width);
    offset = aligned(offset + s->n * s->width);
  }
  head->file_bytes = offset;
  hash_head(&head->check, head, list->sections);
}

static lnt_status write_padded(lnti_file_writer *file, const void *data, uint64_t n, lnt_error *err) {
  static const char zeros[ALIGN] = {0};
  lnt_status status = n ? lnti_file_write(file, data, n, err) : LNT_OK;
  uint64_t at = lnti_file_offset(file);
  return status ? status : lnti_file_write(file, zeros, aligned(at) - at, err);
}

static lnt_status write_file(const char *path, const header *head, const section_list *list, lnt_error *err) {
  lnti_file_writer *file = NULL;
  lnt_status status = lnti_file_create(&file, path, err);
  if (status) return status;
  status = lnti_file_write(file, head, sizeof *head, err);
  if (!status) status = write_padded(file, list->sections, list->n * sizeof *list->sections, err);
  for (size_t i = 0; i < list->n && !status; i++) {
    status = write_padded(file, list->data[i], list->sections[i].n * list->sections[i].width, err);
  }
  if (status) {
    lnti_file_discard(file);
    return status;
  }
  return lnti_file_commit(file, err);
}

lnt_status lnti_view_save(lnti_view *view, lnt_error *err) {
  section_list list = {0};
  header head;
  char *folder = NULL, *path = NULL;
  lnt_status status = lnti_project_path(&folder, view->project, err, "cache/view");
  if (!status) status = lnti_project_path(&path, view->project, err, "cache/view/snapshot");
  if (!status) status = lnti_folder_make(folder, err);
  if (!status) status = list_sections(&list, &view->rows, err);
  if (!status) {
    settle(&head, &list, view);
    status = write_file(path, &head, &list, err);
  }
  free(list.data);
  free(list.sections);
  free(path);
  free(folder);
  return status;
}

/* ---- loading ---- */

typedef struct loading {
  const char *map;
  const header *head;
  const section *table;
  lnti_rows rows;
} loading;

static bool sound_head(const char *map, size_t bytes) {
  header head;
  lnti_hash128 check;
  if (bytes < sizeof head) return false;
  memcpy(&head, map, sizeof head);
  if (memcmp(head.magic, magic, sizeof magic) != 0 || head.byte_order != BYTE_ORDER_MARK || head.version != VERSION ||
      head.file_bytes != bytes || head.n_rows > UINT32_MAX || head.n_sections > SECTIONS_MAX ||
      sizeof head + head.n_sections * sizeof(section) > bytes) {
    return false;
  }
  hash_head(&check, &head, (const section *)(const void *)(map + sizeof head));
  return memcmp(&check, &head.check, sizeof check) == 0;
}

typedef struct checking {
  const loading *in;
  _Atomic bool damaged;
} checking;

/* That sections lie in the file, and hold what was written. */
static lnt_status check_sections(void *payload, size_t begin, size_t end, unsigned worker, lnt_error *err) {
  checking *c = payload;
  (void)worker, (void)err;
  for (size_t i = begin; i < end; i++) {
    const section *s = &c->in->table[i];
    lnti_hash128 check;
    bool whole = s->kind < SECTION_KINDS && s->offset % ALIGN == 0 && s->offset <= c->in->head->file_bytes &&
                 s->width >= 1 && s->width <= 8 && s->n <= (c->in->head->file_bytes - s->offset) / s->width;
    if (whole) lnti_hash128_bytes(&check, c->in->map + s->offset, s->n * s->width);
    if (!whole || memcmp(&check, &s->check, sizeof check) != 0) c->damaged = true;
  }
  return LNT_OK;
}

/* The mapping may be written to; only the columns ever are. */
static void *data_of(const loading *in, const section *s) {
  union {
    const char *from;
    void *to;
  } at = {in->map + s->offset};
  return at.to;
}

/* A column of all rows; `real` ones hold doubles. */
static bool take_column(lnti_column *column, const loading *in, const section *s, bool codes) {
  size_t padded = lnti_facet_words(in->rows.n) * 64;
  bool width = s->width == 1 || s->width == 2 || s->width == 4 || (s->width == 8 && !codes);
  if (!width || (column->real && s->width != 8) || s->n != padded || column->width) return false;
  *column = (lnti_column){
      .data = data_of(in, s), .capacity = padded, .width = (uint8_t)s->width, .real = column->real, .mapped = true};
  return true;
}

static bool take_bits(lnti_column *bits, const loading *in, const section *s) {
  const uint64_t *words = data_of(in, s);
  size_t n = in->rows.n;
  if (s->width != 8 || s->n != lnti_facet_words(n) || bits->width) return false;
  if (n % 64 && words[n / 64] >> n % 64) return false; /* bits of rows that are not there */
  *bits = (lnti_column){.data = data_of(in, s), .capacity = s->n, .width = 8, .mapped = true};
  return true;
}

/* Texts from the section of their offsets and the next, that of their bytes. */
static bool take_texts(lnti_texts *texts, const loading *in, size_t i) {
  const section *offsets = &in->table[i], *bytes = offsets + 1;
  if (i + 1 >= in->head->n_sections || bytes->kind != offsets->kind + 1 || bytes->a != offsets->a ||
      bytes->id != offsets->id || offsets->width != sizeof(uint32_t) || bytes->width != 1 || texts->n ||
      bytes->n == 0 || bytes->n > UINT32_MAX || offsets->n > UINT32_MAX) {
    return false;
  }
  *texts = (lnti_texts){.bytes = data_of(in, bytes),
                        .n_bytes = bytes->n,
                        .byte_capacity = bytes->n,
                        .offset = data_of(in, offsets),
                        .n = offsets->n,
                        .capacity = offsets->n,
                        .mapped = true};
  if (texts->bytes[texts->n_bytes - 1] != '\0') return false;
  return texts->n == 0 || lnti_facet_largest(texts->offset, sizeof *texts->offset, texts->n) < texts->n_bytes;
}

static bool take_ids(lnti_rows *rows, const loading *in, const section *s) {
  if (s->width != sizeof *rows->ids || s->n != rows->n || rows->ids) return false;
  rows->ids = data_of(in, s);
  rows->ids_mapped = true;
  for (size_t i = 1; i < rows->n; i++) {
    if (rows->ids[i] <= rows->ids[i - 1]) return false;
  }
  return true;
}

static bool take_places(lnti_places *places, const loading *in, const section *s) {
  if (s->width != sizeof *places->ids || s->n > LNTI_ONTOLOGY_OPTIONS_MAX || places->ids) return false;
  *places = (lnti_places){.ids = data_of(in, s), .n = s->n, .capacity = s->n, .mapped = true};
  return true;
}

/* ---- from sections to rows ---- */

static lnti_words *words_of(loading *in, const section *s, lnt_status *status, lnt_error *err) {
  lnti_rows *rows = &in->rows;
  if (s->kind == WORD_CODES || s->kind == WORD_OFFSETS) {
    return s->a < LNTI_WORD_COLUMNS ? &rows->words[s->a] : NULL;
  }
  lnti_words *words = lnti_rows_meta(rows, s->id);
  if (words) return words;
  *status = lnti_grow(&rows->meta, &rows->meta_capacity, rows->n_meta + 1, sizeof *rows->meta, err);
  if (*status) return NULL;
  rows->meta[rows->n_meta] = (lnti_meta_rows){.key_id = s->id};
  return &rows->meta[rows->n_meta++].words;
}

/* The question of a section; the first of a new one is its options. */
static lnti_question_rows *question_of(loading *in, const section *s, lnt_status *status, lnt_error *err) {
  lnti_rows *rows = &in->rows;
  size_t n = rows->question_ids.n, place = 0;
  lnti_question_rows *last = n ? &rows->questions[n - 1] : NULL;
  if (s->kind != QUESTION_OPTIONS) return last && last->question_id == s->id ? last : NULL;
  *status = lnti_grow(&rows->questions, &rows->question_capacity, n + 1, sizeof *rows->questions, err);
  if (!*status) *status = lnti_places_add(&place, &rows->question_ids, s->id, err);
  if (*status || place != n) return NULL; /* twice the same */
  rows->questions[n] = (lnti_question_rows){.question_id = s->id, .numbers = {.real = true}};
  return &rows->questions[n];
}

static bool take_checks(lnti_question_rows *q, const loading *in, const section *s, lnt_status *status,
                        lnt_error *err) {
  if (!take_places(&q->checks, in, s)) return false;
  size_t n = q->checks.n;
  q->checks.n = 0; /* until there are bits for them */
  *status = lnti_alloc_zero(&q->bits, n, sizeof *q->bits, err);
  if (*status) return false;
  q->bit_capacity = n;
  q->checks.n = n;
  return true;
}

static bool take_of_question(loading *in, const section *s, lnt_status *status, lnt_error *err) {
  lnti_question_rows *q = question_of(in, s, status, err);
  if (!q) return false;
  switch (s->kind) {
    case QUESTION_OPTIONS:
      return take_places(&q->options, in, s);
    case QUESTION_CHECKS:
      return !q->bits && take_checks(q, in, s, status, err);
    case QUESTION_CODES:
      return take_column(&q->codes, in, s, true);
    case QUESTION_NUMBERS:
      return take_column(&q->numbers, in, s, false);
    default:
      if (s->a >= q->checks.n) return false;
      return take_bits(s->kind == CHECK_YES ? &q->bits[s->a].yes : &q->bits[s->a].no, in, s);
  }
}

static bool take_section(loading *in, size_t i, lnt_status *status, lnt_error *err) {
  const section *s = &in->table[i];
  lnti_words *words = NULL;
  switch (s->kind) {
    case IDS:
      return take_ids(&in->rows, in, s);
    case MEMBERS:
      return take_texts(&in->rows.members, in, i);
    case NUMBER:
      return s->a < LNTI_NUMBERS && take_column(&in->rows.numbers[s->a], in, s, false);
    case WORD_CODES:
    case META_CODES:
      words = words_of(in, s, status, err);
      return words && take_column(&words->codes, in, s, true);
    case WORD_OFFSETS:
    case META_OFFSETS:
      words = words_of(in, s, status, err);
      return words && take_texts(&words->texts, in, i);
    case MEMBER_BYTES: /* taken with their offsets */
    case WORD_BYTES:
    case META_BYTES:
      return i > 0 && in->table[i - 1].kind + 1 == s->kind;
    default:
      return take_of_question(in, s, status, err);
  }
}

/* ---- that codes mean something ---- */

static bool below(const lnti_column *codes, size_t limit) {
  return codes->width == 0 ||
         (codes->width < 8 && lnti_facet_largest(codes->data, codes->width, codes->capacity) < limit);
}

static bool sound_words(const lnti_words *words) {
  return below(&words->codes, lnti_words_count(words)) && (!words->texts.n || !*lnti_texts_get(&words->texts, 0));
}

static bool sound_rows(const lnti_rows *rows) {
  if ((rows->n && !rows->ids) || rows->members.n != rows->n) return false;
  if (!below(&rows->numbers[LNTI_NUMBER_KIND], 3) || !below(&rows->numbers[LNTI_NUMBER_DUPLICATE], 3) ||
      !below(&rows->numbers[LNTI_NUMBER_LABELLED], 2) || !below(&rows->numbers[LNTI_NUMBER_SKIPPED], 2)) {
    return false;
  }
  for (size_t i = 0; i < LNTI_WORD_COLUMNS; i++) {
    if (!sound_words(&rows->words[i])) return false;
  }
  for (size_t i = 0; i < rows->n_meta; i++) {
    if (!sound_words(&rows->meta[i].words)) return false;
  }
  for (size_t i = 0; i < rows->question_ids.n; i++) {
    const lnti_question_rows *q = &rows->questions[i];
    if (!below(&q->codes, LNTI_CODE_FIRST + (q->options.n ? q->options.n : 1))) return false;
  }
  return true;
}

/* *sound_out false: there is something in it that is not right. */
static lnt_status read_sections(bool *sound_out, loading *in, const lnti_context *context, lnt_error *err) {
  checking c = {in, false};
  lnt_status status = lnti_pool_for(context->pool, in->head->n_sections, 1, check_sections, &c, context->cancel, err);
  bool sound = !c.damaged;
  for (size_t i = 0; i < in->head->n_sections && sound && !status; i++) sound = take_section(in, i, &status, err);
  *sound_out = sound && sound_rows(&in->rows);
  return status;
}

/* ---- the file ---- */

void lnti_view_unmap(lnti_view *view) {
  if (view->map) munmap(view->map, view->map_bytes);
  view->map = NULL;
  view->map_bytes = 0;
}

/* *map_out NULL where there is no file that could be one. */
static void map_file(void **map_out, size_t *bytes_out, const char *path) {
  struct stat info;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  *map_out = NULL;
  if (fd < 0) return;
  if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size >= (off_t)sizeof(header)) {
    /* Populated while it is read-only: a private mapping that may be written to would be copied as a whole. */
    *bytes_out = (size_t)info.st_size;
    void *map = mmap(NULL, *bytes_out, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (map != MAP_FAILED && mprotect(map, *bytes_out, PROT_READ | PROT_WRITE) != 0) {
      munmap(map, *bytes_out);
      map = MAP_FAILED;
    }
    if (map != MAP_FAILED) *map_out = map;
  }
  close(fd);
}

static lnt_status load_map(bool *found_out, lnti_view *view, void *map, size_t bytes, lnt_error *err) {
  loading in = {.map = map, .head = map};
  bool sound = false, holds = false;
  if (!sound_head(in.map, bytes)) return LNT_OK;
  in.table = (const section *)(const void *)(in.map + sizeof *in.head);
  lnti_rows_init(&in.rows);
  lnt_status status = lnti_store_position_holds(&holds, view->project->store, &in.head->position, err);
  in.rows.n = in.head->n_rows;
  if (!status && holds) status = read_sections(&sound, &in, &view->project->context, err);
  if (status || !sound) {
    lnti_rows_clear(&in.rows);
    return status;
  }
  view->rows = in.rows;
  view->position = in.head->position;
  *found_out = true;
  return LNT_OK;
}

lnt_status lnti_view_load(bool *found_out, lnti_view *view, lnt_error *err) {
  char *path = NULL;
  void *map = NULL;
  size_t bytes = 0;
  *found_out = false;
  lnt_status status = lnti_project_path(&path, view->project, err, "cache/view/snapshot");
  if (status) return status;
  map_file(&map, &bytes, path);
  free(path);
  if (!map) return LNT_OK;
  status = load_map(found_out, view, map, bytes, err);
  view->map = map;
  view->map_bytes = bytes;
  if (!*found_out) lnti_view_unmap(view);
  return status;
}
