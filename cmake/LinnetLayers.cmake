# linnet_layer(NAME SOURCES file... [DEPENDS layer...] [LINK target...])
#
# Makes the static library linnet_NAME from objects that liblinnet takes as well. Sources named
# *_avx2.c, *_avx512.c, *_vnni.c and *_amx.c are compiled for that CPU level, and left out where the
# machine is no x86-64; everything else is compiled for the plain architecture.

set(LINNET_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes
    -Wpointer-arith -Wcast-qual -Wwrite-strings -Wformat=2 -Wundef -Wvla -Wimplicit-fallthrough)
set(LINNET_FLAGS_avx2 -mavx2 -mfma -mf16c -mbmi -mbmi2 -mlzcnt -mpopcnt)
set(LINNET_FLAGS_avx512 ${LINNET_FLAGS_avx2} -mavx512f -mavx512bw -mavx512dq -mavx512vl)
set(LINNET_FLAGS_vnni ${LINNET_FLAGS_avx512} -mavx512vnni)
set(LINNET_FLAGS_amx ${LINNET_FLAGS_vnni} -mavx512bf16 -mamx-tile -mamx-int8 -mamx-bf16)

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

add_library(linnet_options INTERFACE)
target_include_directories(linnet_options INTERFACE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
target_compile_definitions(linnet_options INTERFACE _GNU_SOURCE LINNET_VERSION="${PROJECT_VERSION}")
target_compile_options(linnet_options INTERFACE ${LINNET_WARNINGS} $<$<BOOL:${LINNET_WERROR}>:-Werror>)
# SQLite, libvips and OpenBLAS are never instrumented: what sanitizers say of them is in tests/sanitize.
if(LINNET_SANITIZE)
  target_compile_options(linnet_options INTERFACE -fsanitize=${LINNET_SANITIZE} -fno-omit-frame-pointer
                         -fno-sanitize-recover=all)
  target_link_options(linnet_options INTERFACE -fsanitize=${LINNET_SANITIZE})
endif()
if(LINNET_FUZZ)
  target_compile_options(linnet_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(LINNET_COVERAGE)
  target_compile_options(linnet_options INTERFACE -fprofile-instr-generate -fcoverage-mapping)
  target_link_options(linnet_options INTERFACE -fprofile-instr-generate)
endif()

function(linnet_layer name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPENDS;LINK")
  set(sources)
  foreach(source IN LISTS arg_SOURCES)
    if(source MATCHES "_(avx2|avx512|vnni|amx)\\.c$")
      set(level ${CMAKE_MATCH_1}) # the next match forgets it
      if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
        set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS "${LINNET_FLAGS_${level}}")
        list(APPEND sources ${source})
      endif()
    else()
      list(APPEND sources ${source})
    endif()
  endforeach()
  add_library(linnet_${name}_objects OBJECT ${sources})
  target_link_libraries(linnet_${name}_objects PUBLIC linnet_options ${arg_LINK})
  add_library(linnet_${name} STATIC $<TARGET_OBJECTS:linnet_${name}_objects>)
  target_link_libraries(linnet_${name} PUBLIC linnet_options ${arg_LINK})
  foreach(layer IN LISTS arg_DEPENDS)
    target_link_libraries(linnet_${name} PUBLIC linnet_${layer})
  endforeach()
  set_property(GLOBAL APPEND PROPERTY LINNET_LAYERS ${name})
endfunction()
