# tcpdx_web_page(<target>): builds web/ with npm and embeds the result, gzip'ed, into the target.
#
# TCPDX_WEB=AUTO (the default) leaves the page out, and says so, where npm is missing or cannot reach
# its registry: `tcpdx serve` then has the API and the metrics only. ON makes that an error, OFF does
# not try. TCPDX_WEB_DIST names a folder that `npm run build` has made elsewhere; then npm is not needed.
set(TCPDX_WEB AUTO CACHE STRING "Build the page of tcpdx serve with npm: AUTO, ON or OFF")
set_property(CACHE TCPDX_WEB PROPERTY STRINGS AUTO ON OFF)
set(TCPDX_WEB_DIST "" CACHE PATH "A page that npm has built elsewhere")

# That of Debian 12. Vite 7 and later need a newer one, so it stays at 6.
set(TCPDX_NODE_NEEDED 18)

function(tcpdx_why_no_page result)
  set(${result} "" PARENT_SCOPE)
  if(NOT NPM OR NOT NODE)
    set(${result} "npm and node were not found" PARENT_SCOPE)
    return()
  endif()
  execute_process(COMMAND ${NODE} --version OUTPUT_VARIABLE version OUTPUT_STRIP_TRAILING_WHITESPACE)
  string(REPLACE "v" "" version "${version}")
  if(version VERSION_LESS TCPDX_NODE_NEEDED)
    set(${result} "node is ${version}, and ${TCPDX_NODE_NEEDED} is needed" PARENT_SCOPE)
  endif()
endfunction()

function(tcpdx_web_page target)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  set(embed ${PROJECT_SOURCE_DIR}/tools/embed_web.py)
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/web_assets.cpp)
  set(sources)
  set(make_page)
  set(dist "")

  string(TOUPPER "${TCPDX_WEB}" mode)
  if(TCPDX_WEB_DIST)
    set(dist ${TCPDX_WEB_DIST})
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${dist}/*)
  elseif(mode STREQUAL AUTO OR mode)
    find_program(NPM npm)
    find_program(NODE NAMES node nodejs)
    mark_as_advanced(NPM NODE)
    tcpdx_why_no_page(why)
    if(NOT why)
      set(dist ${CMAKE_CURRENT_BINARY_DIR}/page/dist)
      file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/web/src/* ${PROJECT_SOURCE_DIR}/web/public/*)
      foreach(file index.html package.json package-lock.json tsconfig.json vite.config.ts)
        list(APPEND sources ${PROJECT_SOURCE_DIR}/web/${file})
      endforeach()
      set(make_page COMMAND ${CMAKE_COMMAND} -D MODE=${mode} -D NPM=${NPM} -D SOURCE=${PROJECT_SOURCE_DIR}/web
        -D PAGE=${CMAKE_CURRENT_BINARY_DIR}/page -P ${PROJECT_SOURCE_DIR}/cmake/BuildWebPage.cmake)
    elseif(mode STREQUAL AUTO)
      message(STATUS "The web page of tcpdx serve is left out: ${why} (TCPDX_WEB=AUTO)")
    else()
      message(FATAL_ERROR "TCPDX_WEB=ON, and ${why}; or set TCPDX_WEB_DIST")
    endif()
  endif()

  add_custom_command(
    OUTPUT ${generated}
    ${make_page}
    COMMAND ${Python3_EXECUTABLE} ${embed} "${dist}" ${generated}
    DEPENDS ${sources} ${embed} ${PROJECT_SOURCE_DIR}/cmake/BuildWebPage.cmake
    COMMENT "Embedding the web page"
    VERBATIM)
  target_sources(${target} PRIVATE ${generated})
endfunction()
