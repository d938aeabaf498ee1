# tcpdx_precompile(<target> library|json|test)
#
# The headers of others that nearly every file includes, compiled once and not in each of seven
# hundred: a build takes two thirds of the time. Off by default, since a file that forgets an
# #include compiles all the same, and ccache has to be told of it (sloppiness).
option(TCPDX_PRECOMPILE "Precompile the headers of others" OFF)

set(tcpdx_precompiled_library <algorithm> <array> <charconv> <chrono> <cstdint> <cstring> <functional>
  <map> <memory> <optional> <set> <span> <string> <string_view> <unordered_map> <utility> <vector>
  <tl/expected.hpp>)
set(tcpdx_precompiled_json ${tcpdx_precompiled_library} <nlohmann/json.hpp>)
set(tcpdx_precompiled_test ${tcpdx_precompiled_library} <gmock/gmock.h> <gtest/gtest.h>)

function(tcpdx_precompile target kind)
  if(NOT TCPDX_PRECOMPILE)
    return()
  endif()
  if(NOT TARGET precompiled_${kind})
    set(source ${PROJECT_BINARY_DIR}/precompiled/${kind}.cpp)
    file(CONFIGURE OUTPUT ${source} CONTENT "// What is precompiled has to belong to a source file.\n")
    add_library(precompiled_${kind} OBJECT ${source})
    target_link_libraries(precompiled_${kind} PRIVATE tcpdx_flags)
    if(kind STREQUAL test)
      target_link_libraries(precompiled_test PRIVATE GTest::gmock)
    endif()
    target_precompile_headers(precompiled_${kind} PRIVATE ${tcpdx_precompiled_${kind}})
  endif()
  target_precompile_headers(${target} REUSE_FROM precompiled_${kind})
endfunction()
