# tcpdx_rule_pages(<target>): builds docs/rules/*.md and docs/rules/ko/*.md into the program, since
# `tcpdx explain RULE` has to work where only the binary was copied to.
function(tcpdx_rule_pages target)
  set(entries)
  foreach(language en ko)
    set(folder ${PROJECT_SOURCE_DIR}/docs/rules)
    if(NOT language STREQUAL en)
      string(APPEND folder /${language})
    endif()
    file(GLOB pages CONFIGURE_DEPENDS ${folder}/*.md)
    foreach(page IN LISTS pages)
      get_filename_component(id ${page} NAME_WE)
      file(READ ${page} text)
      string(APPEND entries "    {\"${id}\", \"${language}\", R\"~page~(${text})~page~\"},\n")
      # The text is copied when CMake runs, so a changed page has to make it run.
      set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${page})
    endforeach()
  endforeach()
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/rule_page_texts.h)
  # Not file(GENERATE) or configure_file(): both would act on `$<` or `@` in a page.
  file(WRITE ${generated}.new
    "#pragma once\n\n// Written by cmake/RulePages.cmake from docs/rules. Not for editing.\n"
    "constexpr RulePageText kRulePages[] = {\n${entries}};\n")
  file(COPY_FILE ${generated}.new ${generated} ONLY_IF_DIFFERENT)
  target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR})
endfunction()
