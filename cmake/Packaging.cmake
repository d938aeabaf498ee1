# A Debian package: `tools/package.sh`, which sets TCPDX_PACKAGE. Files outside of the prefix are for
# packages only, so that `make install` stays within its prefix.
option(TCPDX_PACKAGE "Install what belongs into a package of the system too" OFF)
set(packaging ${PROJECT_SOURCE_DIR}/packaging)
set(TCPDX_MAINTAINER "tcpdx maintainers <tcpdx@localhost>" CACHE STRING "Who answers for the package")
set(CPACK_PACKAGE_CONTACT "${TCPDX_MAINTAINER}")

install(FILES ${packaging}/completion/tcpdx.bash RENAME tcpdx DESTINATION share/bash-completion/completions)
install(FILES ${packaging}/completion/_tcpdx DESTINATION share/zsh/vendor-completions)
install(FILES ${packaging}/prometheus/tcpdx.rules.yml DESTINATION share/doc/tcpdx)
if(TCPDX_PACKAGE)
  install(FILES ${packaging}/tcpdx.conf DESTINATION /etc/tcpdx)
  install(FILES ${packaging}/systemd/tcpdx.service DESTINATION /lib/systemd/system)
  install(FILES ${packaging}/debian/sysusers.conf RENAME tcpdx.conf DESTINATION lib/sysusers.d)
  install(FILES ${packaging}/debian/copyright DESTINATION share/doc/tcpdx)
  # The time of SOURCE_DATE_EPOCH, where it is set.
  string(TIMESTAMP tcpdx_package_date "%a, %d %b %Y %H:%M:%S +0000" UTC)
  configure_file(${packaging}/debian/changelog.in ${PROJECT_BINARY_DIR}/packaging/changelog @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/packaging/changelog ${PROJECT_SOURCE_DIR}/CHANGELOG.md
    DESTINATION share/doc/tcpdx)
  find_program(GZIP gzip REQUIRED)
  install(CODE "file(GLOB pages \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/share/man/man1/tcpdx*.1\"
      \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/share/doc/tcpdx/changelog\"
      \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/share/doc/tcpdx/CHANGELOG.md\")
    execute_process(COMMAND ${GZIP} -9nf \${pages} COMMAND_ERROR_IS_FATAL ANY)")
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME tcpdx)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "tells what every TCP connection of a host is doing and why")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "Lists and traces TCP connections with their state, how long they
are in it, and whose they are; finds what is wrong and shows the
evidence. Keeps a history, and serves a page, an API and metrics.")
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${packaging}/debian/conffiles ${packaging}/debian/postinst
  ${packaging}/debian/prerm ${packaging}/debian/postrm)
include(CPack)
