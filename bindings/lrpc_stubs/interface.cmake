# bindings/lrpc_stubs/interface.cmake - the stub compiler, and how a target gets LRPC interfaces.

# Like tools/recording_file: what includes Cap'n Proto is C++17.
file(GLOB stub_compiler_sources CONFIGURE_DEPENDS bindings/lrpc_stubs/*.cpp)
add_executable(capnpc-lrpc ${stub_compiler_sources})
set_target_properties(capnpc-lrpc PROPERTIES CXX_STANDARD 17)
target_compile_options(capnpc-lrpc PRIVATE -O1 -g ${warnings})
target_link_libraries(capnpc-lrpc PRIVATE PkgConfig::CAPNP_LIBRARY)

# faultline_lrpc_interface(TARGET FILE.capnp...)
#
# Lets the sources of TARGET include "FILE.lrpc.hpp" (FILE is a path from the root, as in every
# include). Interfaces that import each other are named in one call.
function(faultline_lrpc_interface target)
  foreach(file ${ARGN})
    string(REGEX REPLACE "\\.capnp$" "" stem ${file})
    string(MAKE_C_IDENTIFIER ${stem} name)
    if(NOT TARGET lrpc-${name})
      list(TRANSFORM ARGN PREPEND ${CMAKE_SOURCE_DIR}/ OUTPUT_VARIABLE together)
      set(out ${CMAKE_BINARY_DIR}/generated/${stem})
      add_custom_command(OUTPUT ${out}.lrpc.hpp ${out}.lrpc.txt
        COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/generated
        COMMAND ${CMAKE_COMMAND} -E env LRPC_SOURCE_ROOT=${CMAKE_SOURCE_DIR}
                ${CAPNP} compile -I${CMAKE_SOURCE_DIR} --src-prefix=${CMAKE_SOURCE_DIR}
                -o$<TARGET_FILE:capnpc-lrpc>:${CMAKE_BINARY_DIR}/generated
                ${CMAKE_SOURCE_DIR}/${file}
        DEPENDS capnpc-lrpc ${CMAKE_SOURCE_DIR}/bindings/lrpc_stubs/lrpc.capnp ${together}
        VERBATIM)
      add_custom_target(lrpc-${name} DEPENDS ${out}.lrpc.hpp ${out}.lrpc.txt)
    endif()
    add_dependencies(${target} lrpc-${name})
  endforeach()
endfunction()
