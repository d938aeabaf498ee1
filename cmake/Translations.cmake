# tcpdx_translations(<target>): compiles po/*.po into share/locale beside the program's bin/, where
# the program looks, in the build tree as after installation.
function(tcpdx_translations target)
  find_program(TCPDX_MSGFMT NAMES msgfmt REQUIRED)
  file(GLOB catalogues CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/po/*.po)
  set(compiled)
  foreach(catalogue IN LISTS catalogues)
    get_filename_component(language ${catalogue} NAME_WE)
    set(folder ${PROJECT_BINARY_DIR}/share/locale/${language}/LC_MESSAGES)
    add_custom_command(
      OUTPUT ${folder}/tcpdx.mo
      COMMAND ${CMAKE_COMMAND} -E make_directory ${folder}
      COMMAND ${TCPDX_MSGFMT} --check -o ${folder}/tcpdx.mo ${catalogue}
      DEPENDS ${catalogue}
      COMMENT "Translation ${language}" VERBATIM)
    list(APPEND compiled ${folder}/tcpdx.mo)
    install(FILES ${folder}/tcpdx.mo
            DESTINATION share/locale/${language}/LC_MESSAGES)
  endforeach()
  add_custom_target(translations ALL DEPENDS ${compiled})
  add_dependencies(${target} translations)
endfunction()
