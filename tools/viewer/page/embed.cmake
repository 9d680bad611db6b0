# tools/viewer/page/embed.cmake - writes a page's files as strings into one C++ file: invoked as
#   cmake -DOUT=FILE -DFOLDER=tools/viewer/page -DNAMESPACE=viewer -DSCRIPTS=a.js,b.js -P embed.cmake
# NAMESPACE is that of tools/NAMESPACE/page.hpp, which declares them. The scripts become one, in the
# order given; a page may have none. -DPART=NAME adds NAME.js and NAME.css as NAME_script and NAME_style. Line comments and indentation stay out of the page: no
# string spans lines, or has two slashes between spaces.
function(quoted variable file)
  file(READ ${FOLDER}/${file} text)
  string(REGEX REPLACE "(^|\n)//[^\n]*" "\\1" text "${text}")
  string(REGEX REPLACE " +// [^\n]*" "" text "${text}")
  string(REGEX REPLACE "\n[ \n]+" "\n" text "${text}")
  set(${variable} "${${variable}}${text}" PARENT_SCOPE)
endfunction()

string(REPLACE "," ";" SCRIPTS "${SCRIPTS}")
foreach(script IN LISTS SCRIPTS)
  quoted(code ${script})
endforeach()
string(REGEX REPLACE "([,{(])\n" "\\1" code "${code}") # a statement goes on
string(REPLACE "\n}" "}" code "${code}")
quoted(frame page.html)
quoted(style page.css)
function(tightened variable) # without blanks that say nothing
  string(REGEX REPLACE "([:,;{}]) " "\\1" style "${${variable}}")
  string(REGEX REPLACE " ([{>]) ?" "\\1" style "${style}")
  string(REPLACE "\n" "" style "${style}")
  string(REPLACE "\;}" "}" style "${style}")
  set(${variable} "${style}" PARENT_SCOPE)
endfunction()
tightened(style)
set(script "")
if(SCRIPTS)
  set(script "const std::string_view page_script = R\"page(${code})page\";\n")
endif()
if(PART)
  quoted(part_script ${PART}.js)
  quoted(part_style ${PART}.css)
  tightened(part_style)
  string(APPEND script "const std::string_view ${PART}_script = R\"page(${part_script})page\";\n"
    "const std::string_view ${PART}_style = R\"page(${part_style})page\";\n")
endif()
file(WRITE ${OUT} "// Written by tools/viewer/page/embed.cmake.
#include \"tools/${NAMESPACE}/page.hpp\"

namespace ${NAMESPACE} {
const std::string_view page_frame = R\"page(${frame})page\";
const std::string_view page_style = R\"page(${style})page\";
${script}} // namespace ${NAMESPACE}
")
