# tools/viewer/page/embed.cmake - writes a page's files as strings into one C++ file: invoked as
#   cmake -DOUT=FILE -DFOLDER=tools/viewer/page -DNAMESPACE=viewer -DSCRIPTS=a.js,b.js -P embed.cmake
# NAMESPACE is that of tools/NAMESPACE/page.hpp, which declares them. The scripts become one, in the
# order given; a page may have none. Line comments and indentation stay out of the page: no
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
quoted(frame page.html)
quoted(style page.css)
string(REGEX REPLACE "([:,]) " "\\1" style "${style}") # blanks that say nothing
string(REPLACE " {" "{" style "${style}")
set(script "")
if(SCRIPTS)
  set(script "const std::string_view page_script = R\"page(${code})page\";\n")
endif()
file(WRITE ${OUT} "// Written by tools/viewer/page/embed.cmake.
#include \"tools/${NAMESPACE}/page.hpp\"

namespace ${NAMESPACE} {
const std::string_view page_frame = R\"page(${frame})page\";
const std::string_view page_style = R\"page(${style})page\";
${script}} // namespace ${NAMESPACE}
")
