# cmake -DINPUT=file -DOUTPUT=file.c -DHEADER=flow/report/page.h -DNAME=lnti_report_css -P EmbedText.cmake
#
# Writes a file as the C array NAME with a NUL behind it, and NAME_bytes without that; HEADER declares both. An array,
# because a string literal that long is more than C promises to take.
file(READ ${INPUT} hex HEX)
string(REGEX REPLACE "(................................)" "\\1\n  " hex "${hex}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
get_filename_component(file ${INPUT} NAME)
file(WRITE ${OUTPUT} "/* Made from ${file} by cmake/EmbedText.cmake. */\n#include <${HEADER}>\n\n"
  "const char ${NAME}[] = {\n  ${hex}0};\nconst size_t ${NAME}_bytes = sizeof ${NAME} - 1;\n")
