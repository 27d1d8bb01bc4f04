# cmake -DOUTPUT=file.c -DFOLDER=migrations -P EmbedSql.cmake
#
# Writes the numbered .sql files of FOLDER (0001_name.sql, 0002_..., without gaps) as a C table of byte arrays: arrays,
# because a string literal that long is more than C promises to take.
file(GLOB files ${FOLDER}/*.sql)
list(SORT files)
set(arrays "")
set(rows "")
set(expected 1)
foreach(file IN LISTS files)
  get_filename_component(name ${file} NAME_WE)
  if(NOT name MATCHES "^0*([0-9]+)_")
    message(FATAL_ERROR "${file}: a migration is named like 0001_first.sql")
  endif()
  set(number ${CMAKE_MATCH_1})
  if(NOT number EQUAL expected)
    message(FATAL_ERROR "${file}: migration ${expected} is missing")
  endif()
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "(................................)" "\\1\n  " hex "${hex}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
  string(APPEND arrays "static const char sql_${number}[] = {\n  ${hex}0};\n\n")
  string(APPEND rows "  {${number}, \"${name}\", sql_${number}},\n")
  math(EXPR expected "${expected} + 1")
endforeach()
file(WRITE ${OUTPUT} "/* Made from src/store/migrations by cmake/EmbedSql.cmake. */\n#include <store/internal.h>\n\n"
  "${arrays}const lnti_migration lnti_migrations[] = {\n${rows}  {0, 0, 0}};\n")
