# liblinnet, shared and static, for programs that classify images: every layer that opening a model file
# and classifying with it stands on, from the objects of the layers' own libraries; and what
# `cmake --install` puts where of it (the program and its man page: src/cli).
set(LINNET_LIBRARY_LAYERS base math graph media image feature eval model)
set(LINNET_LIBRARY_LINK PkgConfig::ARCHIVE PkgConfig::SODIUM PkgConfig::TURBOJPEG
    PkgConfig::XXHASH PkgConfig::ZLIB linnet_dnnl linnet_openblas linnet_vips gomp Threads::Threads m)

set(objects)
foreach(layer IN LISTS LINNET_LIBRARY_LAYERS)
  list(APPEND objects $<TARGET_OBJECTS:linnet_${layer}_objects>)
endforeach()
foreach(kind SHARED STATIC)
  string(TOLOWER linnet_${kind} target)
  add_library(${target} ${kind} ${objects})
  target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                             $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  set_target_properties(${target} PROPERTIES OUTPUT_NAME linnet LINKER_LANGUAGE C
                        LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR} ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
endforeach()
# Before 1.0 any minor version may change the interface, so it is part of the name that programs ask for.
set_target_properties(linnet_shared PROPERTIES VERSION ${PROJECT_VERSION}
                      SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
target_link_libraries(linnet_shared PRIVATE linnet_options ${LINNET_LIBRARY_LINK})
target_link_libraries(linnet_static PUBLIC ${LINNET_LIBRARY_LINK})
if(NOT LINNET_SANITIZE)
  target_link_options(linnet_shared PRIVATE LINKER:--no-undefined)
endif()

# The prefix is told by where linnet.pc lies, so that `cmake --install --prefix ANY` and a moved tree are right.
file(RELATIVE_PATH LINNET_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
# The static library's own needs are shared ones, so only they are named: "Requires.private: vips" would bring
# everything that libvips itself could be built from, and half a minute of linking.
set(LINNET_PC_LIBS "")
foreach(flags "${ARCHIVE_LDFLAGS}" "${TURBOJPEG_LDFLAGS}" "${SODIUM_LDFLAGS}" "${XXHASH_LDFLAGS}"
        "${ZLIB_LDFLAGS}" "-ldnnl;-lgomp;-lm;-lpthread")
  list(JOIN flags " " flags)
  string(APPEND LINNET_PC_LIBS " ${flags}")
endforeach()
configure_file(${PROJECT_SOURCE_DIR}/cmake/linnet.pc.in ${PROJECT_BINARY_DIR}/linnet.pc @ONLY)
# Component "library" is what a program that classifies images needs; the rest comes with a plain --install.
install(TARGETS linnet_shared linnet_static COMPONENT library)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/linnet DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT library)
install(FILES ${PROJECT_BINARY_DIR}/linnet.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT library)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/NOTICE DESTINATION ${CMAKE_INSTALL_DOCDIR})

# The example, against the library as a stranger's program would be.
add_executable(example_classify ${PROJECT_SOURCE_DIR}/examples/classify.c)
target_link_libraries(example_classify PRIVATE linnet_shared)
if(LINNET_SANITIZE)
  target_link_options(example_classify PRIVATE -fsanitize=${LINNET_SANITIZE}) # the library was built so
endif()
set_target_properties(example_classify PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/examples
                      OUTPUT_NAME classify)
