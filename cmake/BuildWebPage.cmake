# Runs at build time: copies web/ to PAGE, so that nothing is written into the sources, and builds it
# there with the locked versions. Where that fails with MODE=AUTO, there is no PAGE/dist afterwards.
file(REMOVE_RECURSE ${PAGE}/src ${PAGE}/public ${PAGE}/dist)
file(MAKE_DIRECTORY ${PAGE})
file(COPY ${SOURCE}/src ${SOURCE}/public ${SOURCE}/index.html ${SOURCE}/package.json
  ${SOURCE}/tsconfig.json ${SOURCE}/vite.config.ts DESTINATION ${PAGE})

function(run what)
  execute_process(COMMAND ${ARGN} WORKING_DIRECTORY ${PAGE}
    RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(result EQUAL 0)
    return()
  endif()
  file(REMOVE_RECURSE ${PAGE}/dist)
  if(MODE STREQUAL AUTO)
    # What is wrong with the page itself must not pass for a missing network.
    if(what STREQUAL "npm ci")
      message("The web page is left out: ${what} failed, is there a network?\n${output}")
      set(left_out TRUE PARENT_SCOPE)
      return()
    endif()
  endif()
  message(FATAL_ERROR "${what} failed:\n${output}")
endfunction()

# Installed anew only when the lock has changed, and marked last, so that a stopped npm starts again.
file(SHA256 ${SOURCE}/package-lock.json lock)
set(marker ${PAGE}/node_modules/.tcpdx-${lock})
if(NOT EXISTS ${marker})
  file(COPY ${SOURCE}/package-lock.json DESTINATION ${PAGE})
  run("npm ci" ${NPM} ci --ignore-scripts --no-audit --no-fund --prefer-offline)
  if(left_out)
    return()
  endif()
  file(TOUCH ${marker})
endif()
run("npm run build" ${NPM} run build)
