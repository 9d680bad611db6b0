# The text that `exo demo` counts, made again when a source or document changed.
file(GLOB_RECURSE demo_sources CONFIGURE_DEPENDS README.md */*.cpp */*.hpp */*.S */*.md)
list(FILTER demo_sources EXCLUDE REGEX "^${CMAKE_BINARY_DIR}/")
add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/demo.txt
  COMMAND ${CMAKE_SOURCE_DIR}/tools/command/demo_text.sh ${CMAKE_SOURCE_DIR}
          ${CMAKE_BINARY_DIR}/demo.txt
  DEPENDS ${demo_sources} ${CMAKE_SOURCE_DIR}/tools/command/demo_text.sh)
add_custom_target(demo-text ALL DEPENDS ${CMAKE_BINARY_DIR}/demo.txt)
